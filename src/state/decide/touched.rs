//! What steps that take something back touched, as far as filters may look at it.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::LinkRecord;
use crate::model::key::ViewKey;
use crate::model::resource::ResourceType;

/// What steps touched that filters may look at.
#[derive(Default)]
pub(super) struct Touched {
    /// The views whose filters are asked of a resource first, by their slots.
    pub(super) asked: BTreeMap<(ResourceType, Box<str>), BTreeSet<u32>>,
    /// When links were made that filters alone held: they come back with these times.
    pub(super) times: BTreeMap<FilterLink, LinkRecord>,
    /// The views that are the ones that had such links, by key, with their ids: others get none of these times.
    pub(super) same_views: Option<BTreeMap<ViewKey, u32>>,
    /// Links that are as the reverted change left them: if only a filter holds one in the end, it gets its time back.
    pub(super) left: BTreeMap<FilterLink, LinkRecord>,
    /// Links that keys are to hold, too, once the filter of their view let them come back.
    pub(super) held_then: BTreeSet<FilterLink>,
}

/// A link that the filter of a view alone held, by the name of its resource.
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
