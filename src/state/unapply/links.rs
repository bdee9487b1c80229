//! Links that were made go, and links that were removed come back to their places.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::model::change_record::{LastChange, LinksChange, RemovedLinks};
use crate::model::resource::ResourceType;
use crate::model::{LinkRecord, Stamp};
use crate::state::State;
use crate::state::misfit::{Fit, Misfit, there};
use crate::state::names::Name;
use crate::state::project::ProjectState;

/// The id of a project, the slot of a view in it, and a type.
type Place = (u32, u32, ResourceType);

/// Links that come back, by view and type: when each was made.
///
/// They are put into their places at the end, in one pass over the links of each view: one that a change before
/// made goes again without that.
#[derive(Clone, Debug, Default)]
pub(super) struct ReturnedLinks(BTreeMap<Place, BTreeMap<Box<str>, LinkRecord>>);

impl ReturnedLinks {
    pub(super) fn add(&mut self, place: Place, links: &RemovedLinks) -> Fit {
        let of = self.0.entry(place).or_default();
        for (name, record) in links.names.iter().zip(links.times.iter()) {
            match of.entry(name.into()) {
                Entry::Vacant(entry) => drop(entry.insert(record)),
                Entry::Occupied(_) => return Err(Misfit("a link that was removed is there")),
            }
        }
        Ok(())
    }

    /// Takes out a link that would have come back, if it would.
    fn remove(&mut self, place: Place, name: &str) -> bool {
        self.0.get_mut(&place).is_some_and(|of| of.remove(name).is_some())
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
            let links: Vec<_> = links.iter().map(|(name, record)| (&**name, *record)).collect();
            let until = Stamp { revision: state.head.revision, time: state.head.time };
            state.project_mut(key)?.put_back_links(slot, resource_type, &links, until)?;
        }
        Ok(())
    }
}

impl ProjectState {
    /// Takes a part of a change back: what it linked goes, what it unlinked comes back.
    pub(super) fn unchange_links(
        &mut self,
        part: &LinksChange,
        returned: &mut ReturnedLinks,
    ) -> Fit {
        let slot = there(self.views.slot(&part.view), "there is no such view")?;
        let place = (self.id, slot, part.resource_type);
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
        returned.add(place, &part.unlinked)?;
        self.return_last_change(slot, part.last_change)
    }

    /// Lets a change be the last one of a view again; where the change that is taken back made the view, or changed
    /// it before, that one stays it for now.
    pub(super) fn return_last_change(&mut self, slot: u32, last_change: LastChange) -> Fit {
        let view = there(self.views.get_mut(slot), "there is no such view")?;
        view.change = last_change.unwrap_or(view.change);
        Ok(())
    }
}
