//! Beginning, changing and ending a standing filter.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Fit, Made, Misfit, there};
use crate::model::NameList;
use crate::model::change_record::FilterChange;
use crate::model::resource::ResourceType;
use crate::state::project::ProjectState;
use crate::state::standing::Standing;

impl ProjectState {
    /// Lets a view follow a filter, another one, or none.
    pub(super) fn change_filter(&mut self, change: &FilterChange, made: Made) -> Fit {
        let FilterChange { view: key, resource_type, before, filter, links, by_filter } = change;
        let resource_type = *resource_type;
        let slot = there(self.views.slot(key), "there is no such view")?;
        let standing = self.standing(slot, resource_type);
        if standing.map(|standing| &*standing.filter) != before.as_ref() {
            return Err(Misfit("the view followed another filter"));
        }
        let keys = match standing {
            Some(standing) => standing.keys().collect(),
            None => self.held_by_keys(slot, resource_type, by_filter.as_ref())?,
        };
        let view = there(self.views.get_mut(slot), "there is no such view")?;
        let linked = view.links(resource_type).map_or(0, |links| links.len());
        if *links != linked && (before.is_none() || filter.is_none()) {
            return Err(Misfit("the view had other links"));
        }
        let following = filter.clone().map(|filter| Standing::new(Arc::new(filter), &keys));
        view.follow(resource_type, following);
        view.change = made.id;
        let index = Arc::make_mut(&mut self.standing);
        before.iter().for_each(|filter| index.remove(slot, resource_type, filter));
        filter.iter().for_each(|filter| index.add(slot, resource_type, filter));
        Ok(())
    }

    /// The ids of the names whose links keys hold when a filter begins, in order: all but those that it alone holds.
    fn held_by_keys(
        &self,
        slot: u32,
        resource_type: ResourceType,
        by_filter: Option<&NameList>,
    ) -> Result<Vec<u32>, Misfit> {
        let names = &self.of(resource_type).names;
        let links = self.views.get(slot).and_then(|view| view.links(resource_type)).into_iter();
        let linked = links.flat_map(|links| links.by_key(names, None, 0));
        let mut ids: BTreeSet<u32> = linked.map(|link| names.id(link.place)).collect();
        for name in by_filter.into_iter().flat_map(NameList::iter) {
            let name = there(names.find(name), "a link is not there")?;
            if !ids.remove(&name.id) {
                return Err(Misfit("a link is not there"));
            }
        }
        Ok(ids.into_iter().collect())
    }

    /// Forgets the filters of a view that is deleted.
    pub(super) fn forget_filters(&mut self, slot: u32) {
        let Some(view) = self.views.get(slot) else { return };
        for following in view.filters() {
            let index = Arc::make_mut(&mut self.standing);
            index.remove(slot, following.resource_type, &following.filter);
        }
    }
}
