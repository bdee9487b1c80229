//! The result of reverting a change.

use std::fmt;

use super::change::ChangedLinks;
use super::change_id::ChangeId;
use super::key::ViewKey;
use super::key_outcome::FailureReason;
use super::resource::Resource;

/// The result of [`Project::revert`](crate::Project::revert) or [`Project::revert_to`](crate::Project::revert_to).
/// Example: there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "some items may not have been reverted: look at the failures"]
pub struct Reverted {
    /// The change that was made; `None` if there was nothing to revert, and on a dry run.
    pub change: Option<ChangeId>,
    /// How many views, links, filters that views follow, and registrations were reverted. The effects of filters are
    /// reverted by the filters, and not counted.
    pub success_count: u64,
    /// The items that were not reverted, in the order in which they were tried.
    pub failures: Vec<NotReverted>,
    /// The links that filters of views changed because of it, in the same change; see
    /// [`Report::followed`](crate::Report::followed).
    pub followed: Vec<ChangedLinks>,
}

impl Reverted {
    pub(crate) fn new(result: RevertResult, change: Option<ChangeId>) -> Self {
        let RevertResult { success_count, failures, followed } = result;
        Self { change, success_count, failures, followed }
    }

    /// The revision of the change that was made; `None` if there was nothing to revert, and on a dry run.
    #[must_use]
    pub const fn revision(&self) -> Option<u64> {
        match self.change {
            Some(change) => Some(change.revision()),
            None => None,
        }
    }
}

/// An item that was not reverted; displayed as `item: reason (code)`.
///
/// ```
/// # use viewlink::{Batch, NewView, Options};
/// # let project = Options::new().open_in_memory()?.project("default")?;
/// # project.create_view(NewView::new("v", "V"))?;
/// let linked = project.link("v", Batch::flags(["a"]))?.all_ok()?.expect("it changed");
/// project.unlink("v", Batch::flags(["a"]))?.all_ok()?; // another caller
/// let reverted = project.revert(linked)?;
/// assert_eq!(reverted.failures[0].to_string(), "link of a to v: changed again later (changed_since)");
/// # Ok::<(), viewlink::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotReverted {
    /// The item.
    pub item: RevertedItem,
    /// Why it was not reverted.
    pub reason: FailureReason,
}

/// A part of a change that is reverted on its own. Example: at [`NotReverted`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RevertedItem {
    /// A view that was created, changed or deleted; restoring a deleted view also restores its links.
    View(ViewKey),
    /// A link that was made or removed.
    Link {
        /// The key of the view.
        view: ViewKey,
        /// The resource.
        resource: Resource,
    },
    /// The registration of a resource.
    Resource(Resource),
    /// The settings of the project.
    Project,
}

impl fmt::Display for RevertedItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::View(view) => write!(f, "view {view}"),
            Self::Link { view, resource } => write!(f, "link of {resource} to {view}"),
            Self::Resource(resource) => write!(f, "resource {resource}"),
            Self::Project => f.write_str("project"),
        }
    }
}

impl fmt::Display for NotReverted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.item, self.reason, self.reason.code())
    }
}

/// The result of reverting a change, as it is decided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RevertResult {
    pub(crate) success_count: u64,
    pub(crate) failures: Vec<NotReverted>,
    pub(crate) followed: Vec<ChangedLinks>,
}
