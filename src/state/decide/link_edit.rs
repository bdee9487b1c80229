//! What becomes of the links of a batch whose keys were found.

use std::collections::BTreeSet;

use super::contradiction;
use super::link_plan::{LinkPlan, PlanKey};
use super::pending::Overlay;
use crate::model::change_record::{LinksChange, RemovedLinks};
use crate::model::error::{Error, Result};
use crate::model::{FailureReason, KeyOutcome, LinkOp, LinkRecord, LinkResult, NameList, Stamp};
use crate::state::link_set::Entry;
use crate::state::names::Name;
use crate::state::view::ViewState;

/// Keys that are looked up at the same time, so that accesses to memory overlap.
const STAGE: usize = 64;

/// Names whose links change, in key order.
#[derive(Default)]
pub(super) struct Changed<'a> {
    pub(super) keys: Vec<PlanKey<'a>>,
    /// Where the names stand that are in the state.
    pub(super) found: Vec<Option<Name>>,
}

impl<'a> LinkPlan<'a> {
    /// What becomes of the links of the keys, and the part of the change, if any changes.
    pub(super) fn change(
        mut self,
        overlay: &Overlay<'_>,
        stamp: Stamp,
    ) -> Result<(LinkResult, Option<LinksChange>)> {
        let rest = self.rest(overlay);
        let (mut linked, mut unlinked) = (Changed::default(), Changed::default());
        if self.command.op == LinkOp::Unlink {
            self.keep_last_views(overlay);
            unlinked = self.edit(overlay);
        } else {
            linked = self.edit(overlay);
        }
        if !rest.is_empty() {
            unlinked = self.take_out(overlay, rest)?;
        }
        if linked.keys.is_empty() && unlinked.keys.is_empty() {
            return Ok((self.result, None));
        }
        self.result.changed = true;
        debug_assert!(stamp.revision > self.view.change.revision, "revisions only grow");
        self.check_room(overlay, (self.slot, self.view), linked.keys.len())?;
        let part = LinksChange {
            view: self.command.view.clone(),
            last_change: overlay.last_change(self.project.id, self.slot, self.view.change),
            resource_type: self.resource_type(),
            order: request_order(&linked.keys, self.len()),
            restored: None,
            linked: linked.into_names(),
            unlinked: self.removed(overlay, unlinked)?,
        };
        Ok((self.result, Some(part)))
    }

    /// Checks that a view can have so many more links, and the project as many more names.
    pub(super) fn check_room(
        &self,
        overlay: &Overlay<'_>,
        (slot, view): (u32, &ViewState),
        more: usize,
    ) -> Result<()> {
        let resource_type = self.resource_type();
        let made = overlay.made(self.project.id, resource_type, slot);
        let links = view.links(resource_type);
        let names = &self.project.of(resource_type).names;
        let what = if links.is_some_and(|links| !links.has_room(more.saturating_add(made))) {
            "order of the view's links"
        } else if !names.has_room(more.saturating_add(overlay.made_in(self.project.id))) {
            "list of linked resources"
        } else {
            return Ok(());
        };
        let limit = u32::MAX as usize;
        Err(Error::TooLong { what, length: limit, unit: "entries", limit })
    }

    /// Decides the keys: which of them are to be linked, or unlinked.
    pub(super) fn edit(&mut self, overlay: &Overlay<'_>) -> Changed<'a> {
        let keys = std::mem::take(&mut self.keys);
        let (wanted, done) = (self.command.op.takes_out(), self.command.outcome(true));
        let resources = self.project.of(self.resource_type());
        let mut found = Vec::with_capacity(keys.len());
        resources.names.find_all(keys.iter().map(|key| key.name), &mut found);
        let mut changed = Changed::default();
        for (keys, found) in keys.chunks(STAGE).zip(found.chunks(STAGE)) {
            if keys.len() > 1 {
                resources.postings.touch(found.iter().flatten().map(|name| name.id));
            }
            for (key, found) in keys.iter().zip(found) {
                if self.is_linked(overlay, self.slot, key.name, *found) == wanted {
                    self.set(key.request_index, done.clone());
                    changed.push(*key, *found);
                }
            }
        }
        changed
    }

    /// Whether a resource is linked to a view; `found` is where its name stands in the state.
    #[inline]
    pub(super) fn is_linked(
        &self,
        overlay: &Overlay<'_>,
        slot: u32,
        name: &str,
        found: Option<Name>,
    ) -> bool {
        match overlay.get(self.project.id, self.resource_type(), slot, name) {
            Some(pending) => pending.is_some(),
            None => found.is_some_and(|found| {
                self.project.of(self.resource_type()).postings.contains(found.id, slot)
            }),
        }
    }

    /// What a replacement takes out: what is linked and was not asked for, in key order. A key that failed
    /// was asked for.
    fn rest<'o>(&self, overlay: &'o Overlay<'_>) -> BTreeSet<&'o str>
    where
        'a: 'o,
    {
        let mut rest = BTreeSet::new();
        if self.command.op != LinkOp::Replace {
            return rest;
        }
        let (resource_type, slot) = (self.resource_type(), self.slot);
        let names = &self.project.of(resource_type).names;
        let links = self.view.links(resource_type).into_iter();
        let linked = links.flat_map(|links| links.by_key(names, None, 0));
        let stays =
            |name: &&str| overlay.get(self.project.id, resource_type, slot, name) != Some(None);
        rest.extend(linked.map(|link| names.text(link.place)).filter(stays));
        rest.extend(overlay.linked(self.project.id, resource_type, slot));
        rest.retain(|name| !self.is_asked(name));
        rest
    }

    /// Takes out what a replacement does not keep.
    fn take_out<'o>(
        &mut self,
        overlay: &Overlay<'_>,
        rest: BTreeSet<&'o str>,
    ) -> Result<Changed<'o>> {
        let mut changed = Changed::default();
        for name in rest {
            self.add_further(name)?;
            if self.is_kept(overlay, name) {
                self.result.outcomes.push(KeyOutcome::Failed(FailureReason::LastView));
                continue;
            }
            self.result.outcomes.push(KeyOutcome::Unlinked);
            let found = self.project.of(self.resource_type()).names.find(name);
            changed.push(PlanKey { name, request_index: 0 }, found);
        }
        Ok(changed)
    }

    /// Lets the keys fail that are linked to this view and no other one, where that is asked for.
    fn keep_last_views(&mut self, overlay: &Overlay<'_>) {
        if !self.command.choices.keep_last_view {
            return;
        }
        for key in std::mem::take(&mut self.keys) {
            if self.is_kept(overlay, key.name) {
                self.fail(key.request_index, FailureReason::LastView);
            } else {
                self.keys.push(key);
            }
        }
    }

    /// Whether a resource is in this view alone, and is to stay then.
    fn is_kept(&self, overlay: &Overlay<'_>, name: &str) -> bool {
        if !self.command.choices.keep_last_view {
            return false;
        }
        let (project, resource_type) = (self.project.id, self.resource_type());
        let pending = |slot| overlay.get(project, resource_type, slot, name);
        let in_state = self.project.views_of(resource_type, name).map(|(slot, _)| slot);
        let in_state = in_state.filter(|slot| pending(*slot) != Some(None));
        let added = overlay.linked_to(resource_type, name).iter().copied();
        let mut views =
            in_state.chain(added.filter(|slot| pending(*slot).is_some_and(|link| link.is_some())));
        let mut here = false;
        let elsewhere = views.any(|slot| {
            here |= slot == self.slot;
            slot != self.slot
        });
        here && !elsewhere
    }

    /// Links that are removed, with their times.
    pub(super) fn removed(
        &self,
        overlay: &Overlay<'_>,
        unlinked: Changed<'_>,
    ) -> Result<RemovedLinks> {
        let (project, resource_type) = (self.project.id, self.resource_type());
        let names = &self.project.of(resource_type).names;
        let mut entries = Vec::with_capacity(unlinked.keys.len());
        let pending: Vec<Option<LinkRecord>> = unlinked
            .keys
            .iter()
            .zip(&unlinked.found)
            .map(|(key, found)| {
                let pending = overlay.get(project, resource_type, self.slot, key.name).flatten();
                if pending.is_none() {
                    entries.extend(found.map(|name| Entry::new(names, name.place)));
                }
                pending
            })
            .collect();
        let found = match self.view.links(resource_type) {
            Some(links) => links.find(names, &entries),
            None => entries.is_empty().then(Vec::new),
        };
        let mut found = found.ok_or_else(|| contradiction("a posting has no link"))?.into_iter();
        let times = pending.into_iter().filter_map(|pending| pending.or_else(|| found.next()));
        let times = times.collect();
        Ok(RemovedLinks { names: unlinked.into_names(), times })
    }
}

impl<'a> Changed<'a> {
    pub(super) fn push(&mut self, key: PlanKey<'a>, found: Option<Name>) {
        self.keys.push(key);
        self.found.push(found);
    }

    pub(super) fn into_names(self) -> NameList {
        let mut names = NameList::with_capacity(self.keys.len());
        self.keys.iter().for_each(|key| names.push(key.name));
        names
    }
}

/// For each key, in key order, its place among them in request order; empty where that is key order.
/// `places` is how many places the request has.
pub(super) fn request_order(keys: &[PlanKey<'_>], places: usize) -> Vec<u32> {
    if keys.is_sorted_by_key(|key| key.request_index) {
        return Vec::new();
    }
    let mut order = vec![0_u32; places];
    for key in keys {
        if let Some(slot) = order.get_mut(key.request_index as usize) {
            *slot = 1;
        }
    }
    let mut next = 0;
    for slot in &mut order {
        next += std::mem::replace(slot, next);
    }
    keys.iter().filter_map(|key| order.get(key.request_index as usize).copied()).collect()
}
