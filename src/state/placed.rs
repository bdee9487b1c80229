//! Links as they were written down, and what must hold of what is loaded.

use crate::model::Stamp;

/// Something that holds, or what does not.
pub(crate) type Sound<T> = Result<T, &'static str>;

/// Requires that something holds.
pub(super) const fn require(holds: bool, otherwise: &'static str) -> Sound<()> {
    if holds { Ok(()) } else { Err(otherwise) }
}

/// The links of a view and type in key order, as they were written down.
#[derive(Default)]
pub(crate) struct PlacedLinks {
    /// The changes that made them, the oldest first.
    pub(crate) changes: Vec<Stamp>,
    /// For each link the rank of its name, its change among those, and its place in that change.
    pub(crate) links: Vec<PlacedLink>,
}

/// A link as it was written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PlacedLink {
    pub(crate) rank: u32,
    pub(crate) change: u32,
    pub(crate) request_index: u32,
    /// Whether the filter that the view follows alone holds it.
    pub(crate) by_filter: bool,
}
