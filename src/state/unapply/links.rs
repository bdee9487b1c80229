//! Undoing changes of links: links that were made are removed, and links that were removed are restored at their
//! positions.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use crate::model::change_record::{FilterChange, Holds, LastChange, LinksChange, RemovedLinks};
use crate::model::resource::ResourceType;
use crate::model::{LinkRecord, NameList, Stamp};
use crate::state::State;
use crate::state::misfit::{Fit, Misfit, present};
use crate::state::names::Name;
use crate::state::project::ProjectState;
use crate::state::standing::Standing;

/// The id of a project, the slot of a view in it, and a type.
type Place = (u32, u32, ResourceType);

/// A link to be restored: when it was made, and whether keys hold it. If the view follows no filter, keys hold it.
#[derive(Clone, Copy, Debug)]
struct LinkToRestore {
    record: LinkRecord,
    by_keys: bool,
}

/// Links to be restored, by view and type.
///
/// They are restored at the end, in one pass over the links of each view. If an earlier change had made such a link,
/// it is only removed from this collection.
#[derive(Clone, Debug, Default)]
pub(super) struct LinksToRestore(BTreeMap<Place, BTreeMap<Box<str>, LinkToRestore>>);

impl LinksToRestore {
    /// Adds links; `by_filter` is whether only a filter held all of them.
    pub(super) fn add(&mut self, place: Place, links: &RemovedLinks, by_filter: bool) -> Fit {
        let of = self.0.entry(place).or_default();
        let mut of_filter = links.by_filter.iter().peekable();
        for (name, record) in links.names.iter().zip(links.times.iter()) {
            let by_keys = of_filter.next_if_eq(&name).is_none() && !by_filter;
            match of.entry(name.into()) {
                Entry::Vacant(entry) => drop(entry.insert(LinkToRestore { record, by_keys })),
                Entry::Occupied(_) => return Err(Misfit("a removed link exists")),
            }
        }
        Ok(())
    }

    /// Removes a link from the collection; returns whether it was in it.
    fn remove(&mut self, place: Place, name: &str) -> bool {
        self.0.get_mut(&place).is_some_and(|of| of.remove(name).is_some())
    }

    /// Sets the holder of a link in the collection; returns whether it is in it.
    fn set_holder(&mut self, place: Place, name: &str, by_keys: bool) -> bool {
        let link = self.0.get_mut(&place).and_then(|of| of.get_mut(name));
        link.map(|link| link.by_keys = by_keys).is_some()
    }

    /// Sets keys as holders of all collected links of a view: it follows no filter.
    fn set_held(&mut self, place: Place) {
        let links = self.0.get_mut(&place).into_iter().flat_map(BTreeMap::values_mut);
        links.for_each(|link| link.by_keys = true);
    }

    /// The number of collected links of a view.
    fn count(&self, place: Place) -> u64 {
        self.0.get(&place).map_or(0, |of| of.len() as u64)
    }

    /// Whether there are collected links of a view.
    pub(super) fn has_any(&self, project: u32, slot: u32) -> bool {
        let place = |resource_type| (project, slot, resource_type);
        let of = ResourceType::ALL.into_iter().filter_map(|of| self.0.get(&place(of)));
        of.into_iter().any(|links| !links.is_empty())
    }

    /// Restores all collected links.
    pub(super) fn restore_all(self, state: &mut State) -> Fit {
        let mut projects = BTreeMap::new();
        for (key, project) in &state.projects {
            projects.insert(project.id, key.clone());
        }
        for ((project, slot, resource_type), links) in self.0 {
            if links.is_empty() {
                continue;
            }
            let key = present(projects.get(&project), "there is no such project")?;
            let until = Stamp { revision: state.head.revision, time: state.head.time };
            let project = state.project_mut(key)?;
            project.restore_collected(slot, resource_type, &links, until)?;
        }
        Ok(())
    }
}

impl ProjectState {
    /// Restores links of a view, and records their holders.
    fn restore_collected(
        &mut self,
        slot: u32,
        resource_type: ResourceType,
        links: &BTreeMap<Box<str>, LinkToRestore>,
        until: Stamp,
    ) -> Fit {
        let records: Vec<_> = links.iter().map(|(name, link)| (&**name, link.record)).collect();
        let entries = self.restore_links(slot, resource_type, &records, until)?;
        for by_filter in [false, true] {
            let held = entries.iter().zip(links.values());
            let held = held.filter(|(_, link)| link.by_keys != by_filter);
            let held: Vec<_> = held.map(|(entry, _)| *entry).collect();
            self.note_holder(slot, resource_type, &held, by_filter)?;
        }
        Ok(())
    }

    /// Undoes a part of a change: links that it made are removed, and links that it removed are restored.
    pub(super) fn undo_links(
        &mut self,
        part: &LinksChange,
        to_restore: &mut LinksToRestore,
    ) -> Fit {
        let slot = present(self.views.slot(&part.view), "there is no such view")?;
        let place = (self.id, slot, part.resource_type);
        let Holds { by_filter, held, released } = &part.holds;
        let mut rest = |names: &NameList, by_keys: bool| -> Vec<Box<str>> {
            let names = names.iter().filter(|name| !to_restore.set_holder(place, name, by_keys));
            names.map(Box::from).collect()
        };
        let (held, released) = (rest(held, false), rest(released, true));
        let of = part.resource_type;
        self.change_holds(slot, of, held.iter().map(|name| &**name), Standing::release)?;
        self.change_holds(slot, of, released.iter().map(|name| &**name), Standing::hold)?;
        let still = part.linked.iter().filter(|name| !to_restore.remove(place, name));
        let still: Vec<&str> = still.collect();
        let names = &self.of(part.resource_type).names;
        let mut found = Vec::with_capacity(still.len());
        names.find_all(still.iter().copied(), &mut found);
        let found: Option<Vec<Name>> = found.into_iter().collect();
        let found = present(found, "a link that was made does not exist")?;
        if !found.is_empty() {
            self.unlink_names(slot, part.resource_type, &found)?;
        }
        to_restore.add(place, &part.unlinked, *by_filter)?;
        self.restore_last_change(slot, part.last_change)
    }

    /// Restores the filter that a view followed before a change.
    pub(super) fn restore_filter(
        &mut self,
        change: &FilterChange,
        to_restore: &mut LinksToRestore,
    ) -> Fit {
        let FilterChange { view, last_change, resource_type, before, filter, links, by_filter } =
            change;
        let (slot, view) = present(self.views.find(view), "there is no such view")?;
        let place = (self.id, slot, *resource_type);
        let standing = view.standing(*resource_type);
        if standing.map(|standing| &*standing.filter) != filter.as_ref() {
            return Err(Misfit("the view follows another filter"));
        }
        let linked = view.links(*resource_type).map_or(0, |links| links.len());
        let linked = linked + to_restore.count(place);
        if *links != linked && (before.is_none() || filter.is_none()) {
            return Err(Misfit("the view had other links"));
        }
        let keys = match (before, standing) {
            (Some(_), Some(standing)) => standing.keys().collect(),
            (None, _) => {
                to_restore.set_held(place);
                Vec::new()
            }
            (Some(_), None) => {
                let by_filter = present(by_filter.as_ref(), "it has only counts")?.iter();
                let here = by_filter.filter(|name| !to_restore.set_holder(place, name, false));
                self.held_by_keys(slot, *resource_type, here)?
            }
        };
        let before = before.clone().map(|filter| Standing::new(Arc::new(filter), &keys));
        self.set_filter(slot, *resource_type, before)?;
        self.restore_last_change(slot, *last_change)
    }

    /// Restores the last change of a view. `None` means that the undone change created the view, or changed it also in
    /// an earlier part. Then the last change stays until that part is undone.
    pub(super) fn restore_last_change(&mut self, slot: u32, last_change: LastChange) -> Fit {
        let view = present(self.views.get_mut(slot), "there is no such view")?;
        view.change = last_change.unwrap_or(view.change);
        Ok(())
    }
}
