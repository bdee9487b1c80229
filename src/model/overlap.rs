//! The resources that two views share.

use super::key::ViewKey;
use super::type_counts::TypeCounts;

/// How many resources two views share.
///
/// ```
/// # use viewlink::{Batch, NewView, Options};
/// # let project = Options::new().open_in_memory()?.project("default")?;
/// # for view in ["v", "w"] { project.create_view(NewView::new(view, view))?; }
/// project.link("v", Batch::flags(["a", "b", "c"]))?.all_ok()?;
/// project.link("w", Batch::flags(["b", "c", "d"]))?.all_ok()?;
/// let overlap = project.read()?.overlap("v", "w")?;
/// assert_eq!((overlap.both.total(), overlap.either()), (2, 4));
/// assert_eq!(overlap.jaccard(), 0.5);
/// # Ok::<(), viewlink::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Overlap {
    /// How many resources of each type the first view has.
    pub first: TypeCounts,
    /// How many the second one has.
    pub second: TypeCounts,
    /// How many both have.
    pub both: TypeCounts,
}

impl Overlap {
    /// How many resources one of the views has, or both.
    #[must_use]
    pub const fn either(&self) -> u64 {
        self.first.total().saturating_add(self.second.total()).saturating_sub(self.both.total())
    }

    /// The Jaccard index: the resources in both views divided by the resources in at least one. From 0 (nothing shared)
    /// to 1 (the same resources); also 1 for two views without links.
    #[must_use]
    pub fn jaccard(&self) -> f64 {
        match self.either() {
            0 => 1.0,
            // Numbers of links are far below 2^52.
            either => self.both.total() as f64 / either as f64,
        }
    }
}

/// A view that shares many resources with another one. Example: at [`near_views`](crate::ProjectSnapshot::near_views).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NearView {
    /// The key of the view.
    pub key: ViewKey,
    /// The overlap of the other view (`first`) with this one.
    pub overlap: Overlap,
}
