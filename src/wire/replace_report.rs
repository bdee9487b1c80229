//! The answer to a replacement.

use serde::Serialize;

use super::changes::Name;
use super::link_report::LinkReport;
use crate::model::{KeyOutcome, Report};

/// The answer to a replacement: the answer to a link, with the unlinked resources.
///
/// The original API has no replacement, so this crate defines the additions.
///
/// ```
/// use viewlink::{Batch, NewView, Options, wire::ReplaceReport};
///
/// let project = Options::new().open_in_memory()?.project("default")?;
/// project.create_view(NewView::new("v", "V"))?;
/// project.link("v", Batch::flags(["a", "b"]))?.all_ok()?;
/// let report = project.replace("v", Batch::flags(["b", "c"]))?;
/// let answer = ReplaceReport::new(&report);
/// assert_eq!((answer.linked_count, answer.unchanged_count), (1, 1));
/// assert_eq!(answer.unlinked_resources[0].resource_key, "a");
/// # Ok::<(), viewlink::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplaceReport<'a> {
    /// The answer of a link, for the keys and the unlinked resources.
    #[serde(flatten)]
    pub report: LinkReport<'a>,
    /// How many were linked.
    pub linked_count: usize,
    /// How many requested ones were already linked.
    pub unchanged_count: usize,
    /// The unlinked resources, in key order.
    pub unlinked_resources: Vec<Name<'a>>,
}

impl<'a> ReplaceReport<'a> {
    /// The answer for the report of a replacement.
    ///
    /// Cost: O(keys and links of the view).
    #[must_use]
    pub fn new(report: &'a Report) -> Self {
        let count = |of: &KeyOutcome| report.outcomes().filter(|(_, is)| *is == of).count();
        let unlinked = report.outcomes().filter(|(_, is)| **is == KeyOutcome::Unlinked);
        Self {
            report: LinkReport::new(report),
            linked_count: count(&KeyOutcome::Linked),
            unchanged_count: count(&KeyOutcome::AlreadyLinked),
            unlinked_resources: unlinked.map(|(resource, _)| resource.into()).collect(),
        }
    }
}
