//! Links as they are stored, and checks of loaded data.

use crate::model::Stamp;

/// A valid value, or the reason why it is invalid.
pub(crate) type Sound<T> = Result<T, &'static str>;

/// Returns an error if a condition does not hold.
pub(super) const fn require(holds: bool, otherwise: &'static str) -> Sound<()> {
    if holds { Ok(()) } else { Err(otherwise) }
}

/// The links of a view and type in key order, as they are stored.
#[derive(Default)]
pub(crate) struct PlacedLinks {
    /// The changes that made them, the oldest first.
    pub(crate) changes: Vec<Stamp>,
    /// For each link the rank of its name, the index of its change in `changes`, and its request index.
    pub(crate) links: Vec<PlacedLink>,
}

/// A stored link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PlacedLink {
    pub(crate) rank: u32,
    pub(crate) change: u32,
    pub(crate) request_index: u32,
    /// Whether only the filter that the view follows holds it.
    pub(crate) by_filter: bool,
}
