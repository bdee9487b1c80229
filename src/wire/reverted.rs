//! The answer to a revert.

use serde::Serialize;

use super::changes::{Links, Name};
use crate::model::reverted::{self, RevertedItem};

/// What came of taking a change back, or a view to what it was.
///
/// The API this comes from has no undo, so the shape is of this crate.
///
/// ```
/// use viewlink::{Batch, NewView, Options, wire::Reverted};
///
/// let store = Options::new().open_in_memory()?;
/// let project = store.project("p")?;
/// project.create_view(NewView::new("v", "V"))?;
/// let linked = project.link("v", Batch::flags(["f"]))?.all_ok()?.expect("it changed");
/// project.unlink("v", Batch::flags(["f"]))?.all_ok()?;
/// let reverted = project.revert(linked)?;
/// let json = serde_json::to_value(Reverted::new(&reverted)).unwrap();
/// assert_eq!((&json["successCount"], &json["failureCount"]), (&0.into(), &1.into()));
/// assert_eq!(json["failures"][0]["kind"], "link");
/// assert_eq!(json["failures"][0]["code"], "changed_since");
/// # Ok::<(), viewlink::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reverted<'a> {
    /// How many views, links, filters that views follow, and registrations were taken back.
    pub success_count: u64,
    /// How many were not.
    pub failure_count: usize,
    /// Those that were not.
    pub failures: Vec<NotReverted<'a>>,
    /// The revision of the change that was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// What filters that views follow linked and unlinked because of it; not there where nothing followed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub followed: Vec<Links<'a>>,
}

/// Something that was not taken back. Example: at [`Reverted`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NotReverted<'a> {
    /// What it is: `view`, `link`, `resource` or `project`.
    pub kind: &'static str,
    /// The key of the view, or of that of the link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view_key: Option<&'a str>,
    /// The resource, or that of the link.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub resource: Option<Name<'a>>,
    /// Why it was not taken back, for people.
    pub error_message: String,
    /// Why it was not taken back, for programs: the text of a [`FailureCode`](crate::FailureCode).
    pub code: &'static str,
}

impl<'a> Reverted<'a> {
    /// The answer that tells what was taken back.
    ///
    /// Cost: O(failures).
    #[must_use]
    pub fn new(reverted: &'a reverted::Reverted) -> Self {
        Self {
            success_count: reverted.taken_back,
            failure_count: reverted.failures.len(),
            failures: reverted.failures.iter().map(NotReverted::new).collect(),
            revision: reverted.revision(),
            followed: reverted.followed.iter().map(Links::of_part).collect(),
        }
    }
}

impl<'a> NotReverted<'a> {
    fn new(failure: &'a reverted::NotReverted) -> Self {
        let (kind, view_key, resource) = match &failure.item {
            RevertedItem::View(view) => ("view", Some(view.as_str()), None),
            RevertedItem::Link { view, resource } => {
                ("link", Some(view.as_str()), Some(resource.into()))
            }
            RevertedItem::Resource(resource) => ("resource", None, Some(resource.into())),
            RevertedItem::Project => ("project", None, None),
        };
        let (error_message, code) = (failure.reason.to_string(), failure.reason.code().as_str());
        Self { kind, view_key, resource, error_message, code }
    }
}
