//! What the steps of a revert record for the evaluation of filters after them: see [`settling`](super::settling).

use std::collections::{BTreeMap, BTreeSet};

use crate::model::LinkRecord;
use crate::model::key::ViewKey;
use crate::model::resource::ResourceType;

/// Records of the steps of a revert, for the evaluation of filters.
#[derive(Default)]
pub(super) struct Touched {
    /// For each resource, the slots of the views whose filters are evaluated first. The evaluation then finds the
    /// filters that depend on them.
    pub(super) to_evaluate: BTreeMap<(ResourceType, Box<str>), BTreeSet<u32>>,
    /// When links that only filters held were made before the reverted change. If a filter makes such a link again, it
    /// gets this time.
    pub(super) previous_times: BTreeMap<FilterLink, LinkRecord>,
    /// The views that had such links and still exist, by their current keys, with their ids. Only their links get these
    /// times. `None` if the view is known to be the same.
    pub(super) same_views: Option<BTreeMap<ViewKey, u32>>,
    /// Links that are as the reverted change left them. If only a filter holds such a link at the end, it gets its
    /// previous time.
    pub(super) unchanged: BTreeMap<FilterLink, LinkRecord>,
    /// Links that keys will hold, too, after the filter of their view has restored them.
    pub(super) hold_when_restored: BTreeSet<FilterLink>,
}

/// A link that only the filter of a view held, by the name of its resource.
pub(super) type FilterLink = (ViewKey, ResourceType, Box<str>);

impl Touched {
    /// Records that the filters of these views must be evaluated for resources.
    pub(super) fn evaluate_later<'n>(
        &mut self,
        resource_type: ResourceType,
        names: impl Iterator<Item = &'n str>,
        first: &BTreeSet<u32>,
    ) {
        if first.is_empty() {
            return;
        }
        for name in names {
            self.to_evaluate.entry((resource_type, name.into())).or_default().extend(first);
        }
    }
}
