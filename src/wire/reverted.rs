//! The answer to a revert.

use serde::Serialize;

use super::changes::{Links, Name};
use crate::model::reverted::{self, RevertedItem};

/// The result of reverting a change, or of reverting a view.
///
/// The original API has no undo, so this crate defines the shape.
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
    /// How many views, links, filters that views follow, and registrations were reverted.
    pub success_count: u64,
    /// How many were not.
    pub failure_count: usize,
    /// The items that were not.
    pub failures: Vec<NotReverted<'a>>,
    /// The revision of the change that was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// The links that standing filters made and removed because of it; absent if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub followed: Vec<Links<'a>>,
}

/// An item that was not reverted. Example: at [`Reverted`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NotReverted<'a> {
    /// Its kind: `view`, `link`, `resource` or `project`.
    pub kind: &'static str,
    /// The key of the view, or of the view of the link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view_key: Option<&'a str>,
    /// The resource, or the resource of the link.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub resource: Option<Name<'a>>,
    /// Why it was not reverted, for people.
    pub error_message: String,
    /// Why it was not reverted, for programs: the text of a [`FailureCode`](crate::FailureCode).
    pub code: &'static str,
}

impl<'a> Reverted<'a> {
    /// The answer for a reverted change.
    ///
    /// Cost: O(failures).
    #[must_use]
    pub fn new(reverted: &'a reverted::Reverted) -> Self {
        Self {
            success_count: reverted.success_count,
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
