//! The answer to a replacement.

use serde::Serialize;

use super::changes::Name;
use super::link_report::LinkReport;
use crate::batch::{KeyOutcome, Report};

/// The answer to a replacement: that of a link, and what became of the rest.
///
/// The API this comes from has no replacement, so what is added is of this crate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplaceReport<'a> {
    /// What a link answers, of the keys and of what was taken out.
    #[serde(flatten)]
    pub report: LinkReport<'a>,
    /// How many were linked.
    pub linked_count: usize,
    /// How many were linked before, and asked for.
    pub unchanged_count: usize,
    /// What was taken out, in key order.
    pub unlinked_resources: Vec<Name<'a>>,
}

impl<'a> ReplaceReport<'a> {
    /// The answer that tells the report of a replacement.
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
