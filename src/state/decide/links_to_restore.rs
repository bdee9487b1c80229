//! Collects the links to be restored when a change is reverted.

use std::collections::BTreeMap;

use crate::model::LinkRecord;
use crate::model::key::ViewKey;
use crate::model::resource::ResourceType;

/// Links to be restored, by view and type, each with its time.
///
/// Restoring links costs O(links of the view), however few they are. So the links of all parts of a change are
/// collected first. Parts are reverted from the last one on: if a part made a link that a later part removed, the link
/// is removed from the collection again.
#[derive(Default)]
pub(super) struct LinksToRestore(BTreeMap<(ViewKey, ResourceType), Links>);

/// By the names of the resources.
pub(super) type Links = BTreeMap<Box<str>, LinkRecord>;

impl LinksToRestore {
    /// The links of a view and type to be restored.
    pub(super) fn of(&mut self, view: &ViewKey, resource_type: ResourceType) -> &mut Links {
        self.0.entry((view.clone(), resource_type)).or_default()
    }

    /// All of them, in order.
    pub(super) fn into_parts(self) -> impl Iterator<Item = ((ViewKey, ResourceType), Links)> {
        self.0.into_iter()
    }
}

/// Removes a collected link if `is_made` is true for its time; returns whether it was removed.
pub(super) fn remove_if(
    links: &mut Links,
    name: &str,
    is_made: impl Fn(LinkRecord) -> bool,
) -> bool {
    let found = links.get(name).is_some_and(|record| is_made(*record));
    found && links.remove(name).is_some()
}
