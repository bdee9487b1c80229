//! Links that come back when a change is taken back.

use std::collections::BTreeMap;

use crate::model::LinkRecord;
use crate::model::key::ViewKey;
use crate::model::resource::ResourceType;

/// Links that come back, by view and type, each with the time it was made.
///
/// Putting links back costs O(links of the view), however few they are. So those of all parts of a change are gathered,
/// and one that an earlier part made goes again without having come back.
#[derive(Default)]
pub(super) struct ReturnedLinks(BTreeMap<(ViewKey, ResourceType), Links>);

/// By the names of the resources.
pub(super) type Links = BTreeMap<Box<str>, LinkRecord>;

impl ReturnedLinks {
    /// The links of a view and type that come back.
    pub(super) fn of(&mut self, view: &ViewKey, resource_type: ResourceType) -> &mut Links {
        self.0.entry((view.clone(), resource_type)).or_default()
    }

    /// All of them, in order.
    pub(super) fn into_parts(self) -> impl Iterator<Item = ((ViewKey, ResourceType), Links)> {
        self.0.into_iter()
    }
}

/// Takes a link out that would have come back, if it would and is the one that was made.
pub(super) fn take(links: &mut Links, name: &str, is_made: impl Fn(LinkRecord) -> bool) -> bool {
    let found = links.get(name).is_some_and(|record| is_made(*record));
    found && links.remove(name).is_some()
}
