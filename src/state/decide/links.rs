//! The batch: what becomes of each key, and of each link.
//!
//! For each key the checks run in this order: malformed, repeated, unknown, state. The first two need no
//! state and run before the caller waits for its turn, but for segments named by id: which of them stand in
//! the request twice shows when the registry tells what the ids lead to.

use std::collections::{BTreeMap, BTreeSet};

use super::pending::{Overlay, Pending};
use super::{Context, Selection, contradiction};
use crate::model::change_record::{LinksChange, RemovedLinks};
use crate::model::error::{Error, Result};
use crate::model::resource::{Resource, ResourceType};
use crate::model::{
    Answer, Decision, Effect, FailureReason, KeyOutcome, LinkCommand, LinkOp, LinkPolicy,
    LinkRecord, LinkResult, NameList, Stamp,
};
use crate::state::link_set::Entry;
use crate::state::names::Name;
use crate::state::project::ProjectState;
use crate::state::view::ViewState;

/// Keys that are looked up at the same time, so that accesses to memory overlap.
const STAGE: usize = 64;

/// Decides the batches of a command: all keys are found first, then links change in order, each batch on what
/// those before it left.
pub(super) fn decide(
    context: &Context<'_>,
    pending: &Pending,
    commands: &[LinkCommand],
    limit: usize,
) -> Result<Decision> {
    let mut plans = Vec::with_capacity(commands.len());
    let mut keys = 0_usize;
    for command in commands {
        let plan = LinkPlan::new(context, command)?;
        keys = keys.saturating_add(plan.len());
        plans.push(plan);
    }
    if keys > limit {
        return Err(Error::BatchTooLarge { keys, limit });
    }
    let (mut results, mut parts) = (Vec::with_capacity(plans.len()), Vec::new());
    let mut overlay = Overlay::new(pending);
    let many = plans.len() > 1;
    for plan in plans {
        let (project, slot) = (plan.project.id, plan.slot);
        let (result, part) = plan.change(&overlay, context.stamp)?;
        results.push(result);
        if let Some(part) = part {
            if many {
                overlay.own.add_links(project, slot, &part, context.stamp);
            }
            parts.push(part);
        }
    }
    let effect = (!parts.is_empty()).then_some(Effect::ChangeLinks(parts));
    Ok(Decision {
        answer: Answer::Links(results),
        change: effect.map(|effect| context.change(effect)),
    })
}

/// A key that is to be linked or unlinked, with its place in the request. The order is key order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct PlanKey<'a> {
    name: &'a str,
    request_index: u32,
}

/// A batch whose keys were found.
struct LinkPlan<'a> {
    command: &'a LinkCommand,
    project: &'a ProjectState,
    slot: u32,
    view: &'a ViewState,
    /// In key order, each once.
    keys: Vec<PlanKey<'a>>,
    /// The keys that failed and may be linked: with nothing registered, where that is a failure, or beyond a
    /// limit.
    left: BTreeSet<&'a str>,
    result: LinkResult,
}

/// Names whose links change, in key order.
#[derive(Default)]
struct Changed<'a> {
    keys: Vec<PlanKey<'a>>,
    /// Where the names stand that are in the state.
    found: Vec<Option<Name>>,
}

impl<'a> LinkPlan<'a> {
    /// Finds the keys: those of the request, what ids lead to, and what a filter finds.
    fn new(context: &Context<'a>, command: &'a LinkCommand) -> Result<Self> {
        let (project, slot, view) = context.view(&command.view)?;
        let outcome = |failed: &Option<FailureReason>| match failed {
            Some(reason) => KeyOutcome::Failed(reason.clone()),
            None => command.outcome(false),
        };
        let result = LinkResult {
            outcomes: command.batch.failed().iter().map(outcome).collect(),
            further: Vec::new(),
            segments: BTreeMap::new(),
            changed: false,
        };
        let keys = command.batch.names();
        let keys = keys.map(|(name, request_index)| PlanKey { name, request_index }).collect();
        let left = command.batch.beyond_limit().collect();
        let mut plan = Self { command, project, slot, view, keys, left, result };
        plan.look_up_ids();
        plan.refuse_unregistered();
        plan.add_matching(context)?;
        Ok(plan)
    }

    /// How many outcomes there are before anything changes.
    fn len(&self) -> usize {
        self.result.outcomes.len()
    }

    fn resource_type(&self) -> ResourceType {
        self.command.batch.resource_type()
    }

    fn set(&mut self, request_index: u32, outcome: KeyOutcome) {
        if let Some(slot) = self.result.outcomes.get_mut(request_index as usize) {
            *slot = outcome;
        }
    }

    fn fail(&mut self, request_index: u32, reason: FailureReason) {
        self.set(request_index, KeyOutcome::Failed(reason));
    }

    /// Puts the segments that ids lead to among the keys.
    fn look_up_ids(&mut self) {
        if !self.command.batch.has_ids() {
            return;
        }
        for (id, request_index) in self.command.batch.ids() {
            let name = self.project.registry.segment(id);
            let segment = name.and_then(|name| {
                Some((name, Resource::from_name(ResourceType::Segment, name.as_bytes())?))
            });
            match segment {
                Some((name, segment)) => {
                    self.keys.push(PlanKey { name, request_index });
                    self.result.segments.insert(id.to_owned(), segment);
                }
                None => self.fail(request_index, FailureReason::UnknownResource),
            }
        }
        self.keys.sort_unstable();
        let mut repeated = Vec::new();
        self.keys.dedup_by(|later, first| {
            let again = later.name == first.name;
            if again {
                repeated.push(later.request_index);
            }
            again
        });
        repeated.into_iter().for_each(|at| self.fail(at, FailureReason::Repeated));
    }

    /// Takes out the keys under which nothing is registered, where that is asked for.
    fn refuse_unregistered(&mut self) {
        if self.command.op == LinkOp::Unlink || self.command.policy == LinkPolicy::Open {
            return;
        }
        let resource_type = self.resource_type();
        for key in std::mem::take(&mut self.keys) {
            if self.project.registry.get(resource_type, key.name).is_some() {
                self.keys.push(key);
            } else {
                self.fail(key.request_index, FailureReason::UnknownResource);
                self.left.insert(key.name);
            }
        }
    }

    /// Adds what the filter finds besides the keys, in key order.
    fn add_matching(&mut self, context: &Context<'a>) -> Result<()> {
        let Some(filter) = &self.command.filter else { return Ok(()) };
        let unknown = |key: &_| context.unknown_view(key);
        let selection = Selection::new(self.project, self.resource_type(), filter, unknown)?;
        let mut found = match self.command.op {
            LinkOp::Unlink => selection.linked(self.view),
            LinkOp::Link | LinkOp::Replace => {
                selection.registered().into_iter().map(|(name, _)| name).collect()
            }
        };
        found.retain(|name| !self.is_asked(name));
        let (listed, limit) = (self.len(), self.command.limit);
        let keys = listed.saturating_add(found.len());
        if keys > limit {
            return Err(Error::BatchTooLarge { keys, limit });
        }
        self.result.outcomes.resize(keys, self.command.outcome(false));
        // The limit is below 2^32.
        for (request_index, name) in (listed as u32..).zip(found) {
            self.add_further(name)?;
            self.keys.push(PlanKey { name, request_index });
        }
        self.keys.sort_unstable();
        Ok(())
    }

    fn add_further(&mut self, name: &str) -> Result<()> {
        let resource = Resource::from_name(self.resource_type(), name.as_bytes());
        self.result.further.push(resource.ok_or_else(|| contradiction("a name is malformed"))?);
        Ok(())
    }

    /// Whether a resource is among the keys, those that failed included.
    fn is_asked(&self, name: &str) -> bool {
        self.keys.binary_search_by(|key| key.name.cmp(name)).is_ok() || self.left.contains(name)
    }

    /// What becomes of the links of the keys, and the part of the change, if any changes.
    fn change(
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
        debug_assert!(stamp.revision > self.view.revision, "revisions only grow");
        self.check_room(overlay, linked.keys.len())?;
        let part = LinksChange {
            view: self.command.view.clone(),
            resource_type: self.resource_type(),
            order: request_order(&linked.keys, self.len()),
            linked: linked.into_names(),
            unlinked: self.removed(overlay, unlinked)?,
        };
        Ok((self.result, Some(part)))
    }

    /// Checks that the view can have so many more links.
    fn check_room(&self, overlay: &Overlay<'_>, more: usize) -> Result<()> {
        let Some(links) = self.view.links(self.resource_type()) else { return Ok(()) };
        let made = overlay.made(self.project.id, self.resource_type(), self.slot);
        if links.has_room(more.saturating_add(made)) {
            return Ok(());
        }
        let (what, limit) = ("order of the view's links", u32::MAX as usize);
        Err(Error::TooLong { what, length: limit, unit: "entries", limit })
    }

    /// Decides the keys: which of them are to be linked, or unlinked.
    fn edit(&mut self, overlay: &Overlay<'_>) -> Changed<'a> {
        let keys = std::mem::take(&mut self.keys);
        let (wanted, done) = (self.command.op == LinkOp::Unlink, self.command.outcome(true));
        let resources = self.project.of(self.resource_type());
        let mut found = Vec::with_capacity(keys.len());
        resources.names.find_all(keys.iter().map(|key| key.name), &mut found);
        let mut changed = Changed::default();
        for (keys, found) in keys.chunks(STAGE).zip(found.chunks(STAGE)) {
            if keys.len() > 1 {
                resources.postings.touch(found.iter().flatten().map(|name| name.id));
            }
            for (key, found) in keys.iter().zip(found) {
                if self.is_linked(overlay, key.name, *found) == wanted {
                    self.set(key.request_index, done.clone());
                    changed.keys.push(*key);
                    changed.found.push(*found);
                }
            }
        }
        changed
    }

    /// Whether a resource is linked to the view; `found` is where its name stands in the state.
    #[inline]
    fn is_linked(&self, overlay: &Overlay<'_>, name: &str, found: Option<Name>) -> bool {
        match overlay.get(self.project.id, self.resource_type(), self.slot, name) {
            Some(pending) => pending.is_some(),
            None => found.is_some_and(|found| {
                self.project.of(self.resource_type()).postings.contains(found.id, self.slot)
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
            changed.keys.push(PlanKey { name, request_index: 0 });
            changed.found.push(self.project.of(self.resource_type()).names.find(name));
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
        let added = overlay.slots(project, resource_type);
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
    fn removed(&self, overlay: &Overlay<'_>, unlinked: Changed<'_>) -> Result<RemovedLinks> {
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

impl Changed<'_> {
    fn into_names(self) -> NameList {
        let mut names = NameList::with_capacity(self.keys.len());
        self.keys.iter().for_each(|key| names.push(key.name));
        names
    }
}

/// For each key, in key order, its place among them in request order; empty where that is key order.
/// `places` is how many places the request has.
fn request_order(keys: &[PlanKey<'_>], places: usize) -> Vec<u32> {
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
