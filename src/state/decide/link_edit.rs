//! Changing the links of a batch after its keys were found.

use std::collections::BTreeSet;

use super::derivation::Derivation;
use super::link_hold::Hold;
use super::link_place;
use super::link_plan::{LinkPlan, PlanKey};
use super::pending::Overlay;
use crate::model::change_record::{Holds, LinksChange};
use crate::model::error::Result;
use crate::model::{FailureReason, KeyOutcome, LinkOp, LinkResult, NameList, Stamp};
use crate::state::names::Name;

/// The number of keys that are looked up together, so that memory accesses overlap.
const STAGE: usize = 64;

/// Names whose links change, in key order.
#[derive(Default)]
pub(super) struct Changed<'a> {
    pub(super) keys: Vec<PlanKey<'a>>,
    /// For each key its name in the state, if the state has one: a name exists as long as a link needs it.
    pub(super) found: Vec<Option<Name>>,
}

impl<'a> LinkPlan<'a> {
    /// Decides the outcomes of the keys, and the part of the change if any link changes.
    pub(super) fn change(
        mut self,
        overlay: &Overlay<'_>,
        stamp: Stamp,
    ) -> Result<(LinkResult, Option<LinksChange>)> {
        let rest = self.rest(overlay);
        let (mut linked, mut unlinked) = (Changed::default(), Changed::default());
        let mut holds = Holds::default();
        if self.command.op == LinkOp::Unlink {
            holds.released = self.release(overlay);
            self.keep_last_views(overlay);
            unlinked = self.edit(overlay);
        } else {
            holds.held = self.hold(overlay);
            linked = self.edit(overlay);
        }
        if !rest.is_empty() {
            (unlinked, holds.released) = self.unlink_rest(overlay, rest)?;
        }
        if linked.keys.is_empty() && unlinked.keys.is_empty() && holds == Holds::default() {
            return Ok((self.result, None));
        }
        self.result.changed = true;
        debug_assert!(stamp.revision > self.view.change.revision, "revisions increase");
        let place = (self.project, self.resource_type(), self.slot);
        link_place::check_room(overlay, place, linked.keys.len())?;
        let part = LinksChange {
            view: self.command.view.clone(),
            last_change: overlay.last_change(self.project.id, self.slot, self.view.change),
            resource_type: self.resource_type(),
            order: request_order(&linked.keys, self.len()),
            restored: None,
            linked: linked.into_names(),
            unlinked: link_place::removed(overlay, place, unlinked.names())?,
            holds,
        };
        Ok((self.result, Some(part)))
    }

    /// Decides which keys are linked or unlinked, and returns them. The other keys keep their outcome.
    pub(super) fn edit(&mut self, overlay: &Overlay<'_>) -> Changed<'a> {
        let keys = std::mem::take(&mut self.keys);
        let (wanted, done) = (self.command.op.selects_linked(), self.command.outcome(true));
        let (project, resource_type, slot) = (self.project, self.resource_type(), self.slot);
        let resources = project.of(resource_type);
        let mut found = Vec::with_capacity(keys.len());
        resources.names.find_all(keys.iter().map(|key| key.name), &mut found);
        let mut changed = Changed::with_capacity(keys.len());
        for (keys, found) in keys.chunks(STAGE).zip(found.chunks(STAGE)) {
            if keys.len() > 1 {
                resources.postings.touch(found.iter().flatten().map(|name| name.id));
            }
            for (key, found) in keys.iter().zip(found) {
                if overlay.is_linked(project, resource_type, slot, key.name, *found) == wanted {
                    self.set(key.request_index, done.clone());
                    changed.push(*key, *found);
                }
            }
        }
        changed
    }

    /// The resources that a replacement unlinks: those that are linked and not in the request, in key order. A key
    /// that failed counts as requested.
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
        rest.retain(|name| !self.is_requested(name));
        rest
    }

    /// Unlinks the resources that a replacement does not keep; returns those that only the filter of the view holds
    /// afterwards.
    fn unlink_rest<'o>(
        &mut self,
        overlay: &Overlay<'_>,
        rest: BTreeSet<&'o str>,
    ) -> Result<(Changed<'o>, NameList)> {
        let (mut changed, mut released) = (Changed::default(), NameList::default());
        for name in rest {
            let found = self.project.of(self.resource_type()).names.find(name);
            let outcome = match self.hold_of(overlay, name, found) {
                Hold::Filter => continue,
                Hold::Both => {
                    released.push(name);
                    KeyOutcome::Released
                }
                Hold::Keys if self.is_kept(overlay, name) => {
                    KeyOutcome::Failed(FailureReason::LastView)
                }
                Hold::Keys => {
                    changed.keys.push(PlanKey { name, request_index: 0 });
                    changed.found.push(found);
                    KeyOutcome::Unlinked
                }
            };
            self.add_further(name)?;
            self.result.outcomes.push(outcome);
        }
        Ok((changed, released))
    }

    /// If requested, fails the keys whose last view is this one.
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

    /// Whether a resource must stay linked because this is its last view.
    fn is_kept(&self, overlay: &Overlay<'_>, name: &str) -> bool {
        if !self.command.choices.keep_last_view {
            return false;
        }
        Derivation::new(self.project, self.resource_type(), overlay).is_last_view(self.slot, name)
    }
}

impl<'a> Changed<'a> {
    /// The keys in key order, each with its name in the state.
    pub(super) fn names(&self) -> impl Iterator<Item = (&'a str, Option<Name>)> {
        self.keys.iter().zip(&self.found).map(|(key, found)| (key.name, *found))
    }
}

impl<'a> Changed<'a> {
    /// No names, with room for this number.
    fn with_capacity(names: usize) -> Self {
        Self { keys: Vec::with_capacity(names), found: Vec::with_capacity(names) }
    }

    pub(super) fn push(&mut self, key: PlanKey<'a>, found: Option<Name>) {
        self.keys.push(key);
        self.found.push(found);
    }

    pub(super) fn into_names(self) -> NameList {
        let bytes = self.keys.iter().map(|key| key.name.len()).sum();
        let mut names = NameList::with_capacity(self.keys.len(), bytes);
        self.keys.iter().for_each(|key| names.push(key.name));
        names
    }
}

/// For each key, in key order, its rank in request order; empty if the orders are the same. `places` is the number of
/// indexes of the request.
pub(super) fn request_order(keys: &[PlanKey<'_>], places: usize) -> Vec<u32> {
    if keys.is_sorted_by_key(|key| key.request_index) {
        return Vec::new();
    }
    // The request indexes of the keys are marked with 1. Then each mark is replaced by the number of marks before it.
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
