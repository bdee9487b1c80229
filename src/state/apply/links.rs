//! The one place where a link changes, in both directions.

use std::collections::BTreeMap;

use super::{Fit, Made, Misfit, there};
use crate::model::change_record::{Holds, LinksChange, RemovedLinks};
use crate::model::key::ViewKey;
use crate::model::resource::ResourceType;
use crate::state::link_set::{Entry, Portion};
use crate::state::names::{Name, Names};
use crate::state::postings::Removed;
use crate::state::project::ProjectState;

impl ProjectState {
    /// Makes and removes links, part after part.
    pub(super) fn change_links(&mut self, parts: &[LinksChange], made: Made) -> Fit {
        let mut portions = BTreeMap::<(&ViewKey, ResourceType), Portion>::new();
        for part in parts {
            portions.entry((&part.view, part.resource_type)).or_default().rest += part.linked.len();
        }
        for part in parts {
            let slot = there(self.views.slot(&part.view), "there is no such view")?;
            self.unlink(slot, part.resource_type, &part.unlinked, made)?;
            let portion = portions.entry((&part.view, part.resource_type)).or_default();
            self.link(slot, part, *portion, made)?;
            portion.pass(part.linked.len());
            self.change_holds(slot, part, made)?;
        }
        Ok(())
    }

    /// Changes who holds links that stay.
    fn change_holds(&mut self, slot: u32, part: &LinksChange, made: Made) -> Fit {
        let Holds { held, released, .. } = &part.holds;
        for (names, hold) in [(held, true), (released, false)] {
            if names.is_empty() {
                continue;
            }
            let resources = self.resources.get(part.resource_type);
            let view = there(self.views.get_mut(slot), "there is no such view")?;
            view.change = made.id;
            let standing =
                there(view.standing_mut(part.resource_type), "the view follows nothing")?;
            for name in names.iter() {
                let name = there(resources.names.find(name), "a link is not there")?;
                let linked = resources.postings.contains(name.id, slot);
                let changes = if hold { standing.hold(name.id) } else { standing.release(name.id) };
                if !linked || !changes {
                    return Err(Misfit("who holds a link is as it was"));
                }
            }
        }
        Ok(())
    }

    /// Makes the links of a part.
    fn link(&mut self, slot: u32, part: &LinksChange, portion: Portion, made: Made) -> Fit {
        if part.linked.is_empty() {
            return Ok(());
        }
        let resources = self.resources.get_mut(part.resource_type);
        let mut found = Vec::with_capacity(part.linked.len());
        resources.names.find_all(part.linked.iter(), &mut found);
        if !resources.names.has_room(part.linked.len()) {
            return Err(Misfit("the project has too many names"));
        }
        let names = part.linked.iter().zip(found);
        let names: Vec<Name> =
            names.map(|(text, found)| found.unwrap_or_else(|| resources.names.add(text))).collect();
        let ids: Vec<u32> = names.iter().map(|name| name.id).collect();
        if !resources.postings.insert_all(&ids, slot) {
            return Err(Misfit("a link already exists"));
        }
        // After all names were added: what they begin with alike is known only then.
        let entries = entries(&resources.names, &names);
        let view = there(self.views.get_mut(slot), "there is no such view")?;
        let links = view.links_mut(part.resource_type);
        if !links.has_room(portion.rest) {
            return Err(Misfit("the view has too many links"));
        }
        links.link(&resources.names, &entries, part.request_order(), portion, made.stamp);
        view.change = made.id;
        match view.standing_mut(part.resource_type) {
            Some(standing) if !part.holds.by_filter => {
                for id in &ids {
                    standing.hold(*id);
                }
            }
            None if part.holds.by_filter => return Err(Misfit("the view follows nothing")),
            _ => {}
        }
        Ok(())
    }

    /// Removes links, which are given by the names of their resources.
    fn unlink(
        &mut self,
        slot: u32,
        resource_type: ResourceType,
        removed: &RemovedLinks,
        made: Made,
    ) -> Fit {
        if removed.names.is_empty() {
            return Ok(());
        }
        let mut found = Vec::with_capacity(removed.names.len());
        self.of(resource_type).names.find_all(removed.names.iter(), &mut found);
        let found: Option<Vec<Name>> = found.into_iter().collect();
        self.unlink_names(slot, resource_type, &there(found, "a link is not there")?, made)
    }

    /// Removes links to names that are there, given in key order.
    pub(super) fn unlink_names(
        &mut self,
        slot: u32,
        resource_type: ResourceType,
        gone: &[Name],
        made: Made,
    ) -> Fit {
        let resources = self.resources.get_mut(resource_type);
        let entries = entries(&resources.names, gone);
        let view = there(self.views.get_mut(slot), "there is no such view")?;
        let links = view.links_mut(resource_type);
        there(links.unlink(&resources.names, &entries), "a link is not there")?;
        view.drop_empty(resource_type);
        view.change = made.id;
        let ids: Vec<u32> = gone.iter().map(|name| name.id).collect();
        if let Some(standing) = view.standing_mut(resource_type) {
            for id in &ids {
                standing.release(*id);
            }
        }
        let (mut absent, mut last) = (false, Vec::<Name>::new());
        resources.postings.remove_all(&ids, slot, |at, removed| match removed {
            Removed::Absent => absent = true,
            Removed::Others => {}
            Removed::Last => last.extend(gone.get(at)),
        });
        last.iter().for_each(|name| resources.names.remove(name.place));
        resources.reset_if_empty();
        if absent { Err(Misfit("a posting is not there")) } else { Ok(()) }
    }
}

fn entries(names: &Names, of: &[Name]) -> Vec<Entry> {
    of.iter().map(|name| Entry::new(names, name.place)).collect()
}
