//! The data that a revert changed and that filters may read.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::LinkRecord;
use crate::model::key::ViewKey;
use crate::model::resource::ResourceType;

/// Data of steps that filters may read.
#[derive(Default)]
pub(super) struct Touched {
    /// For each resource, the slots of the views whose filters are evaluated first.
    pub(super) asked: BTreeMap<(ResourceType, Box<str>), BTreeSet<u32>>,
    /// The times of links that only filters held: restored links get these times.
    pub(super) times: BTreeMap<FilterLink, LinkRecord>,
    /// The views that are still the ones that had such links, by key, with their ids. Only they get these times.
    pub(super) same_views: Option<BTreeMap<ViewKey, u32>>,
    /// Links that are as the reverted change left them. If only a filter holds such a link at the end, it gets its
    /// previous time.
    pub(super) left: BTreeMap<FilterLink, LinkRecord>,
    /// Links that keys will hold, too, after the filter of their view has restored them.
    pub(super) held_then: BTreeSet<FilterLink>,
}

/// A link that only the filter of a view held, by the name of its resource.
pub(super) type FilterLink = (ViewKey, ResourceType, Box<str>);

impl Touched {
    pub(super) fn ask<'n>(
        &mut self,
        resource_type: ResourceType,
        names: impl Iterator<Item = &'n str>,
        first: &BTreeSet<u32>,
    ) {
        if first.is_empty() {
            return;
        }
        for name in names {
            self.asked.entry((resource_type, name.into())).or_default().extend(first);
        }
    }
}
