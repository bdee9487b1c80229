//! Starting, replacing and ending a standing filter, and the holders of links.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Made;
use crate::model::NameList;
use crate::model::change_record::FilterChange;
use crate::model::resource::ResourceType;
use crate::state::link_set::Entry;
use crate::state::misfit::{Fit, Misfit, present};
use crate::state::project::ProjectState;
use crate::state::standing::Standing;

impl ProjectState {
    /// Sets, replaces or ends the filter that a view follows.
    pub(super) fn change_filter(&mut self, change: &FilterChange, made: Made) -> Fit {
        let FilterChange { view, last_change, resource_type, before, filter, links, by_filter } =
            change;
        let resource_type = *resource_type;
        let (slot, view) = present(self.views.find(view), "there is no such view")?;
        made.check_last_change(view.change, *last_change)?;
        let standing = view.standing(resource_type);
        if standing.map(|standing| &*standing.filter) != before.as_ref() {
            return Err(Misfit("the view followed another filter"));
        }
        let linked = view.links(resource_type).map_or(0, |links| links.len());
        if *links != linked && (before.is_none() || filter.is_none()) {
            return Err(Misfit("the view had other links"));
        }
        let keys = match standing {
            Some(standing) => standing.keys().collect(),
            None => {
                let by_filter = by_filter.iter().flat_map(NameList::iter);
                self.held_by_keys(slot, resource_type, by_filter)?
            }
        };
        let following = filter.clone().map(|filter| Standing::new(Arc::new(filter), &keys));
        self.set_filter(slot, resource_type, following)?;
        present(self.views.get_mut(slot), "there is no such view")?.change = made.id;
        Ok(())
    }

    /// Sets or ends the filter that a view follows for a type, and updates the index.
    pub(in crate::state) fn set_filter(
        &mut self,
        slot: u32,
        resource_type: ResourceType,
        standing: Option<Standing>,
    ) -> Fit {
        let filter = standing.as_ref().map(|standing| Arc::clone(&standing.filter));
        let view = present(self.views.get_mut(slot), "there is no such view")?;
        let before = view.follow(resource_type, standing);
        let index = Arc::make_mut(&mut self.standing);
        before.iter().for_each(|standing| index.remove(slot, resource_type, &standing.filter));
        filter.iter().for_each(|filter| index.add(slot, resource_type, filter));
        Ok(())
    }

    /// The ids of the names whose links keys hold, in order: all except those that only a filter holds.
    pub(in crate::state) fn held_by_keys<'n>(
        &self,
        slot: u32,
        resource_type: ResourceType,
        by_filter: impl Iterator<Item = &'n str>,
    ) -> Fit<Vec<u32>> {
        let names = &self.of(resource_type).names;
        let links = self.views.get(slot).and_then(|view| view.links(resource_type)).into_iter();
        let linked = links.flat_map(|links| links.by_key(names, None, 0));
        let mut ids: BTreeSet<u32> = linked.map(|link| names.id(link.place)).collect();
        for name in by_filter {
            let name = present(names.find(name), "a link does not exist")?;
            if !ids.remove(&name.id) {
                return Err(Misfit("a link does not exist"));
            }
        }
        Ok(ids.into_iter().collect())
    }

    /// Records the holder of links that were made: keys, or only the filter of the view.
    pub(in crate::state) fn note_holder(
        &mut self,
        slot: u32,
        resource_type: ResourceType,
        made: &[Entry],
        by_filter: bool,
    ) -> Fit {
        let names = &self.resources.get(resource_type).names;
        let view = present(self.views.get_mut(slot), "there is no such view")?;
        match view.standing_mut(resource_type) {
            None if by_filter && !made.is_empty() => Err(Misfit("the view follows no filter")),
            Some(standing) if !by_filter => {
                for entry in made {
                    standing.hold(names.id(entry.place()));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Changes the holders of links that stay; `change` returns whether it changed something.
    pub(in crate::state) fn change_holds<'n>(
        &mut self,
        slot: u32,
        resource_type: ResourceType,
        held: impl Iterator<Item = &'n str>,
        change: fn(&mut Standing, u32) -> bool,
    ) -> Fit {
        let resources = self.resources.get(resource_type);
        for name in held {
            let view = present(self.views.get_mut(slot), "there is no such view")?;
            let standing = present(view.standing_mut(resource_type), "the view follows no filter")?;
            let name = present(resources.names.find(name), "a link does not exist")?;
            if !resources.postings.contains(name.id, slot) || !change(standing, name.id) {
                return Err(Misfit("the holder of a link does not change"));
            }
        }
        Ok(())
    }

    /// Removes the filters of a view that is deleted from the index.
    pub(super) fn forget_filters(&mut self, slot: u32) {
        let Some(view) = self.views.get(slot) else { return };
        for following in view.filters() {
            let index = Arc::make_mut(&mut self.standing);
            index.remove(slot, following.resource_type, &following.filter);
        }
    }
}
