//! The effects of a group's changes on links before they are applied.

use std::collections::BTreeMap;

use foldhash::{HashMap, HashMapExt};

use crate::model::chain_hash::ChainHash;
use crate::model::change_id::ChangeId;
use crate::model::change_record::{Holds, LastChange, LinksChange};
use crate::model::resource::ResourceType;
use crate::model::time::Timestamp;
use crate::model::{ChangeRecord, Effect, LinkRecord, Stamp};
use crate::state::State;
use crate::state::names::Name;
use crate::state::project::ProjectState;

/// The changes that were decided and are not applied yet: links by view, type and name.
///
/// No result depends on the order of a hash table.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    changes: usize,
    time: Timestamp,
    /// By project id, type and slot of the view.
    views: BTreeMap<(u32, ResourceType, u32), PendingLinks>,
    /// The last change of each view, by project id and slot; `None` if it is the change that is being decided.
    last_changes: BTreeMap<(u32, u32), LastChange>,
    /// The number of links that were made in each project, by its id.
    made: BTreeMap<u32, usize>,
}

/// The pending links of one view and type.
#[derive(Debug, Default)]
struct PendingLinks {
    /// For each name, when it is linked; `None` if it is unlinked.
    links: HashMap<Box<str>, Option<LinkRecord>>,
    /// For each name, whether keys hold its link, if the view follows a filter.
    held: HashMap<Box<str>, bool>,
    /// The newest change that made links, and how many it made.
    revision: u64,
    linked: u32,
    /// The number of links that all changes made.
    made: usize,
}

impl Pending {
    pub(crate) const fn is_empty(&self) -> bool {
        self.changes == 0
    }

    /// The number of changes.
    pub(crate) const fn changes(&self) -> usize {
        self.changes
    }

    /// The revision and time of the next change. Times never go backwards.
    pub(crate) fn next_stamp(&self, state: &State, now: Timestamp) -> Stamp {
        let revision = state.head.revision.saturating_add(self.changes as u64).saturating_add(1);
        Stamp { revision, time: now.max(state.head.time).max(self.time) }
    }

    /// Adds a change that was decided; `hash` is the chain hash after it.
    ///
    /// Cost: O(its links).
    pub(crate) fn add(&mut self, state: &State, change: &ChangeRecord, hash: ChainHash) {
        self.changes += 1;
        self.time = change.stamp.time;
        let [Effect::ChangeLinks(parts)] = change.effects.as_slice() else {
            debug_assert_eq!(self.changes, 1, "only link changes share a group");
            return;
        };
        let Some(project) = state.projects.get(&change.project) else { return };
        for part in parts {
            if let Some(slot) = project.views.slot(&part.view) {
                let id = ChangeId::new(change.stamp.revision, hash);
                self.add_links(project, slot, part, change.stamp, Some(id));
            }
        }
    }

    /// Adds the effects of a part of a change on the links of one view and type.
    fn add_links(
        &mut self,
        project: &ProjectState,
        slot: u32,
        part: &LinksChange,
        stamp: Stamp,
        id: LastChange,
    ) {
        self.last_changes.insert((project.id, slot), id);
        let of = self.views.entry((project.id, part.resource_type, slot)).or_default();
        if of.links.is_empty() {
            of.links = HashMap::with_capacity(part.linked.len() + part.unlinked.names.len());
        }
        let Stamp { revision, time: linked_at } = stamp;
        if of.revision != revision {
            (of.revision, of.linked) = (revision, 0);
        }
        for (name, order) in part.linked.iter().zip(part.request_order()) {
            let request_index = of.linked.saturating_add(order);
            of.links.insert(name.into(), Some(LinkRecord { linked_at, revision, request_index }));
        }
        // A change has fewer than 2^32 links.
        of.linked += part.linked.len() as u32;
        of.made += part.linked.len();
        *self.made.entry(project.id).or_default() += part.linked.len();
        of.links.extend(part.unlinked.names.iter().map(|name| (name.into(), None)));
        if project.standing(slot, part.resource_type).is_some() {
            of.add_holds(part);
        }
    }
}

impl PendingLinks {
    /// Adds the new holders of links.
    fn add_holds(&mut self, part: &LinksChange) {
        let Holds { by_filter, held, released } = &part.holds;
        if !by_filter {
            self.held.extend(part.linked.iter().map(|name| (name.into(), true)));
        }
        self.held.extend(held.iter().map(|name| (name.into(), true)));
        let gone = part.unlinked.names.iter().chain(released.iter());
        self.held.extend(gone.map(|name| (name.into(), false)));
    }
}

/// Slots of views by type and name.
type SlotsOfName = HashMap<(ResourceType, Box<str>), Vec<u32>>;

/// The pending changes that a command sees: the changes of its group, and the earlier parts of the command itself.
pub(super) struct Overlay<'p> {
    group: &'p Pending,
    own: Pending,
    /// The views to which parts of the command linked a name. It is recorded only if a part must keep last views; such
    /// a command is alone in its group.
    linked_to: Option<SlotsOfName>,
}

impl<'p> Overlay<'p> {
    pub(super) fn new(group: &'p Pending, last_views: bool) -> Self {
        debug_assert!(!last_views || group.is_empty(), "a command that keeps last views is alone");
        Self { group, own: Pending::default(), linked_to: last_views.then(HashMap::default) }
    }

    /// Adds a part of the command itself.
    pub(super) fn add(
        &mut self,
        project: &ProjectState,
        slot: u32,
        part: &LinksChange,
        stamp: Stamp,
    ) {
        self.own.add_links(project, slot, part, stamp, None);
        if let Some(linked_to) = &mut self.linked_to {
            for name in part.linked.iter() {
                linked_to.entry((part.resource_type, name.into())).or_default().push(slot);
            }
        }
    }

    /// The pending change of a link: when it is made, or `Some(None)` if it is removed.
    pub(super) fn get(
        &self,
        project: u32,
        resource_type: ResourceType,
        slot: u32,
        name: &str,
    ) -> Option<Option<LinkRecord>> {
        let place = (project, resource_type, slot);
        let mut found = [&self.own, self.group]
            .into_iter()
            .filter_map(|pending| pending.views.get(&place)?.links.get(name).copied());
        found.next()
    }

    /// The last change of a view; `in_state` if none is pending.
    pub(super) fn last_change(&self, project: u32, slot: u32, in_state: ChangeId) -> LastChange {
        let mut pending = [&self.own, self.group].into_iter();
        let found = pending.find_map(|pending| pending.last_changes.get(&(project, slot)));
        found.copied().unwrap_or(Some(in_state))
    }

    /// Whether keys hold the link of a name to a view that follows a filter; `found` is the name in the state.
    pub(super) fn keys_hold(
        &self,
        project: &ProjectState,
        resource_type: ResourceType,
        slot: u32,
        name: &str,
        found: Option<Name>,
    ) -> bool {
        let place = (project.id, resource_type, slot);
        let mut pending = [&self.own, self.group]
            .into_iter()
            .filter_map(|pending| pending.views.get(&place)?.held.get(name).copied());
        pending.next().unwrap_or_else(|| {
            let standing = project.standing(slot, resource_type);
            standing.zip(found).is_some_and(|(standing, found)| standing.keys_hold(found.id))
        })
    }

    /// Whether a resource is linked to a view; `found` is its name in the state.
    #[inline]
    pub(super) fn is_linked(
        &self,
        project: &ProjectState,
        resource_type: ResourceType,
        slot: u32,
        name: &str,
        found: Option<Name>,
    ) -> bool {
        match self.get(project.id, resource_type, slot, name) {
            Some(pending) => pending.is_some(),
            None => found
                .is_some_and(|found| project.of(resource_type).postings.contains(found.id, slot)),
        }
    }

    /// The number of links of a view that were made and are not applied yet, including those that were removed again.
    pub(super) fn made(&self, project: u32, resource_type: ResourceType, slot: u32) -> usize {
        let place = (project, resource_type, slot);
        let views = [&self.own, self.group].into_iter();
        views.filter_map(|pending| pending.views.get(&place)).map(|of| of.made).sum()
    }

    /// The number of links of a project that were made and are not applied yet.
    pub(super) fn made_in(&self, project: u32) -> usize {
        let pending = [&self.own, self.group].into_iter();
        pending.filter_map(|pending| pending.made.get(&project)).sum()
    }

    /// The names that are linked to a view and not applied yet, unordered.
    pub(super) fn linked(
        &self,
        project: u32,
        resource_type: ResourceType,
        slot: u32,
    ) -> impl Iterator<Item = &str> {
        let place = (project, resource_type, slot);
        let pending = [&self.own, self.group].into_iter();
        let names = pending.filter_map(move |pending| pending.views.get(&place));
        names
            .flat_map(|of| of.links.iter())
            .filter(|(_, link)| link.is_some())
            .map(|(name, _)| &**name)
    }

    /// The views to which earlier parts linked a name, including those from which it was unlinked again.
    pub(super) fn linked_to(&self, resource_type: ResourceType, name: &str) -> &[u32] {
        let linked_to = self.linked_to.as_ref();
        let found = linked_to.and_then(|linked_to| linked_to.get(&(resource_type, name.into())));
        found.map_or(&[], Vec::as_slice)
    }
}
