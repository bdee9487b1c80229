//! Links that were made go, and links that were removed come back to their places.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use crate::model::change_record::{FilterChange, Holds, LastChange, LinksChange, RemovedLinks};
use crate::model::resource::ResourceType;
use crate::model::{LinkRecord, NameList, Stamp};
use crate::state::State;
use crate::state::misfit::{Fit, Misfit, there};
use crate::state::names::Name;
use crate::state::project::ProjectState;
use crate::state::standing::Standing;

/// The id of a project, the slot of a view in it, and a type.
type Place = (u32, u32, ResourceType);

/// A link that comes back: when it was made, and whether keys hold it; where the view follows no filter they do.
#[derive(Clone, Copy, Debug)]
struct Returned {
    record: LinkRecord,
    by_keys: bool,
}

/// Links that come back, by view and type.
///
/// They are put into their places at the end, in one pass over the links of each view: one that a change before
/// made goes again without that.
#[derive(Clone, Debug, Default)]
pub(super) struct ReturnedLinks(BTreeMap<Place, BTreeMap<Box<str>, Returned>>);

impl ReturnedLinks {
    /// Lets links come back; `by_filter` tells whether a filter alone held all of them.
    pub(super) fn add(&mut self, place: Place, links: &RemovedLinks, by_filter: bool) -> Fit {
        let of = self.0.entry(place).or_default();
        let mut of_filter = links.by_filter.iter().peekable();
        for (name, record) in links.names.iter().zip(links.times.iter()) {
            let by_keys = of_filter.next_if_eq(&name).is_none() && !by_filter;
            match of.entry(name.into()) {
                Entry::Vacant(entry) => drop(entry.insert(Returned { record, by_keys })),
                Entry::Occupied(_) => return Err(Misfit("a link that was removed is there")),
            }
        }
        Ok(())
    }

    /// Takes out a link that would have come back, if it would.
    fn remove(&mut self, place: Place, name: &str) -> bool {
        self.0.get_mut(&place).is_some_and(|of| of.remove(name).is_some())
    }

    /// Says who holds a link that comes back, if it does.
    fn set_holder(&mut self, place: Place, name: &str, by_keys: bool) -> bool {
        let link = self.0.get_mut(&place).and_then(|of| of.get_mut(name));
        link.map(|link| link.by_keys = by_keys).is_some()
    }

    /// Lets keys hold all links that come back to a view: it follows no filter.
    fn set_held(&mut self, place: Place) {
        let links = self.0.get_mut(&place).into_iter().flat_map(BTreeMap::values_mut);
        links.for_each(|link| link.by_keys = true);
    }

    /// How many links come back to a view.
    fn count(&self, place: Place) -> u64 {
        self.0.get(&place).map_or(0, |of| of.len() as u64)
    }

    /// Whether any link comes back to a view.
    pub(super) fn has_any(&self, project: u32, slot: u32) -> bool {
        let place = |resource_type| (project, slot, resource_type);
        let of = ResourceType::ALL.into_iter().filter_map(|of| self.0.get(&place(of)));
        of.into_iter().any(|links| !links.is_empty())
    }

    /// Puts all of them into their places.
    pub(super) fn put_back(self, state: &mut State) -> Fit {
        let mut projects = BTreeMap::new();
        for (key, project) in &state.projects {
            projects.insert(project.id, key.clone());
        }
        for ((project, slot, resource_type), links) in self.0 {
            if links.is_empty() {
                continue;
            }
            let key = there(projects.get(&project), "there is no such project")?;
            let until = Stamp { revision: state.head.revision, time: state.head.time };
            let project = state.project_mut(key)?;
            project.put_back(slot, resource_type, &links, until)?;
        }
        Ok(())
    }
}

impl ProjectState {
    /// Puts links of a view into their places, and notes who holds them.
    fn put_back(
        &mut self,
        slot: u32,
        resource_type: ResourceType,
        links: &BTreeMap<Box<str>, Returned>,
        until: Stamp,
    ) -> Fit {
        let records: Vec<_> = links.iter().map(|(name, link)| (&**name, link.record)).collect();
        let entries = self.put_back_links(slot, resource_type, &records, until)?;
        for by_filter in [false, true] {
            let held = entries.iter().zip(links.values());
            let held = held.filter(|(_, link)| link.by_keys != by_filter);
            let held: Vec<_> = held.map(|(entry, _)| *entry).collect();
            self.note_holder(slot, resource_type, &held, by_filter)?;
        }
        Ok(())
    }

    /// Takes a part of a change back: what it linked goes, what it unlinked comes back.
    pub(super) fn unchange_links(
        &mut self,
        part: &LinksChange,
        returned: &mut ReturnedLinks,
    ) -> Fit {
        let slot = there(self.views.slot(&part.view), "there is no such view")?;
        let place = (self.id, slot, part.resource_type);
        let Holds { by_filter, held, released } = &part.holds;
        let mut rest = |names: &NameList, by_keys: bool| -> Vec<Box<str>> {
            let names = names.iter().filter(|name| !returned.set_holder(place, name, by_keys));
            names.map(Box::from).collect()
        };
        let (held, released) = (rest(held, false), rest(released, true));
        let of = part.resource_type;
        self.change_holds(slot, of, held.iter().map(|name| &**name), Standing::release)?;
        self.change_holds(slot, of, released.iter().map(|name| &**name), Standing::hold)?;
        let still = part.linked.iter().filter(|name| !returned.remove(place, name));
        let still: Vec<&str> = still.collect();
        let names = &self.of(part.resource_type).names;
        let mut found = Vec::with_capacity(still.len());
        names.find_all(still.iter().copied(), &mut found);
        let found: Option<Vec<Name>> = found.into_iter().collect();
        let found = there(found, "a link that was made is not there")?;
        if !found.is_empty() {
            self.unlink_names(slot, part.resource_type, &found)?;
        }
        returned.add(place, &part.unlinked, *by_filter)?;
        self.return_last_change(slot, part.last_change)
    }

    /// Lets a view follow what it followed before a change.
    pub(super) fn return_filter(
        &mut self,
        change: &FilterChange,
        returned: &mut ReturnedLinks,
    ) -> Fit {
        let FilterChange { view, last_change, resource_type, before, filter, links, by_filter } =
            change;
        let (slot, view) = there(self.views.find(view), "there is no such view")?;
        let place = (self.id, slot, *resource_type);
        let standing = view.standing(*resource_type);
        if standing.map(|standing| &*standing.filter) != filter.as_ref() {
            return Err(Misfit("the view follows another filter"));
        }
        let linked = view.links(*resource_type).map_or(0, |links| links.len());
        let linked = linked + returned.count(place);
        if *links != linked && (before.is_none() || filter.is_none()) {
            return Err(Misfit("the view had other links"));
        }
        let keys = match (before, standing) {
            (Some(_), Some(standing)) => standing.keys().collect(),
            (None, _) => {
                returned.set_held(place);
                Vec::new()
            }
            (Some(_), None) => {
                let by_filter = there(by_filter.as_ref(), "it has counts alone")?.iter();
                let here = by_filter.filter(|name| !returned.set_holder(place, name, false));
                self.held_by_keys(slot, *resource_type, here)?
            }
        };
        let before = before.clone().map(|filter| Standing::new(Arc::new(filter), &keys));
        self.set_filter(slot, *resource_type, before)?;
        self.return_last_change(slot, *last_change)
    }

    /// Lets a change be the last one of a view again; where the change that is taken back made the view, or changed
    /// it before, that one stays it for now.
    pub(super) fn return_last_change(&mut self, slot: u32, last_change: LastChange) -> Fit {
        let view = there(self.views.get_mut(slot), "there is no such view")?;
        view.change = last_change.unwrap_or(view.change);
        Ok(())
    }
}
