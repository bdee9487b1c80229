//! Making and removing links: the links of views and the postings of resources change only here, always together.

use std::collections::BTreeMap;

use super::Made;
use crate::model::change_record::{Holds, LinksChange, RemovedLinks};
use crate::model::key::ViewKey;
use crate::model::resource::ResourceType;
use crate::model::{LinkRecord, Stamp};
use crate::state::link_set::{Entry, Portion};
use crate::state::misfit::{Fit, Misfit, present};
use crate::state::names::{Name, Names};
use crate::state::postings::Removed;
use crate::state::project::{ProjectState, Resources};
use crate::state::standing::Standing;

impl ProjectState {
    /// Makes and removes links, one part after another.
    pub(super) fn change_links(&mut self, parts: &[LinksChange], made: Made) -> Fit {
        let mut portions = BTreeMap::<(&ViewKey, ResourceType), Portion>::new();
        let made_now = || parts.iter().filter(|part| part.restored.is_none());
        for part in made_now() {
            portions.entry((&part.view, part.resource_type)).or_default().rest += part.linked.len();
        }
        for part in parts {
            let (slot, view) = present(self.views.find(&part.view), "there is no such view")?;
            made.check_last_change(view.change, part.last_change)?;
            self.unlink(slot, part.resource_type, &part.unlinked)?;
            if let Some(times) = &part.restored {
                let links: Vec<_> = part.linked.iter().zip(times.iter()).collect();
                let entries = self.restore_links(slot, part.resource_type, &links, made.stamp)?;
                self.note_holder(slot, part.resource_type, &entries, part.holds.by_filter)?;
            } else {
                let portion = portions.entry((&part.view, part.resource_type)).or_default();
                self.link(slot, part, *portion, made)?;
                portion.pass(part.linked.len());
            }
            let Holds { held, released, .. } = &part.holds;
            self.change_holds(slot, part.resource_type, held.iter(), Standing::hold)?;
            self.change_holds(slot, part.resource_type, released.iter(), Standing::release)?;
            present(self.views.get_mut(slot), "there is no such view")?.change = made.id;
        }
        Ok(())
    }

    /// Makes the links of a part.
    fn link(&mut self, slot: u32, part: &LinksChange, portion: Portion, made: Made) -> Fit {
        if part.linked.is_empty() {
            return Ok(());
        }
        let entries = self.add_postings(part.resource_type, part.linked.iter(), slot)?;
        let names = &self.resources.get(part.resource_type).names;
        let view = present(self.views.get_mut(slot), "there is no such view")?;
        let links = view.links_mut(part.resource_type);
        if !links.has_room(portion.rest) {
            return Err(Misfit("the view has too many links"));
        }
        links.link(names, &entries, part.request_order(), portion, made.stamp);
        self.note_holder(slot, part.resource_type, &entries, part.holds.by_filter)
    }

    /// Restores links with their times; none is later than `until`. They are in key order. Their holders are not
    /// recorded here.
    pub(in crate::state) fn restore_links(
        &mut self,
        slot: u32,
        resource_type: ResourceType,
        links: &[(&str, LinkRecord)],
        until: Stamp,
    ) -> Fit<Vec<Entry>> {
        let later = |(_, record): &(&str, LinkRecord)| {
            record.revision > until.revision || record.linked_at > until.time
        };
        if links.iter().any(later) {
            return Err(Misfit("a restored link is newer than the change"));
        }
        if links.is_empty() {
            return Ok(Vec::new());
        }
        let entries =
            self.add_postings(resource_type, links.iter().map(|(name, _)| *name), slot)?;
        let names = &self.resources.get(resource_type).names;
        let records = links.iter().map(|(_, record)| *record);
        let links: Vec<(Entry, LinkRecord)> = entries.iter().copied().zip(records).collect();
        let view = present(self.views.get_mut(slot), "there is no such view")?;
        let set = view.links_mut(resource_type);
        present(set.restore(names, &links), "links cannot be restored")?;
        Ok(entries)
    }

    /// Removes links, given by the names of their resources.
    fn unlink(&mut self, slot: u32, resource_type: ResourceType, removed: &RemovedLinks) -> Fit {
        if removed.names.is_empty() {
            return Ok(());
        }
        let mut found = Vec::with_capacity(removed.names.len());
        self.of(resource_type).names.find_all(removed.names.iter(), &mut found);
        let found: Option<Vec<Name>> = found.into_iter().collect();
        self.unlink_names(slot, resource_type, &present(found, "a link does not exist")?)
    }

    /// Removes links to existing names, which are in key order.
    pub(in crate::state) fn unlink_names(
        &mut self,
        slot: u32,
        resource_type: ResourceType,
        gone: &[Name],
    ) -> Fit {
        let resources = self.resources.get_mut(resource_type);
        let entries = entries(&resources.names, gone);
        let view = present(self.views.get_mut(slot), "there is no such view")?;
        let links = view.links_mut(resource_type);
        present(links.unlink(&resources.names, &entries), "a link does not exist")?;
        view.drop_empty(resource_type);
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
        resources.free(&last);
        if absent { Err(Misfit("a posting does not exist")) } else { Ok(()) }
    }

    /// Adds the slot of a view to the postings of names. The names are in key order and do not have the slot.
    fn add_postings<'n>(
        &mut self,
        resource_type: ResourceType,
        texts: impl ExactSizeIterator<Item = &'n str> + Clone,
        slot: u32,
    ) -> Fit<Vec<Entry>> {
        let Resources { names, postings, registered } = self.resources.get_mut(resource_type);
        let mut found = Vec::with_capacity(texts.len());
        names.find_all(texts.clone(), &mut found);
        if !names.has_room(texts.len()) {
            return Err(Misfit("the project has too many names"));
        }
        let of_texts = texts.zip(found).map(|(text, found)| {
            found.unwrap_or_else(|| {
                let name = names.add(text);
                if self.registry.get(resource_type, text).is_some() {
                    registered.insert([name.id].into_iter());
                }
                name
            })
        });
        let of_texts: Vec<Name> = of_texts.collect();
        let ids: Vec<u32> = of_texts.iter().map(|name| name.id).collect();
        if !postings.insert_all(&ids, slot) {
            return Err(Misfit("a link already exists"));
        }
        // This is done after all names were added, because their common prefix is known only then.
        Ok(entries(names, &of_texts))
    }
}

fn entries(names: &Names, of: &[Name]) -> Vec<Entry> {
    of.iter().map(|name| Entry::new(names, name.place)).collect()
}
