//! Finding the keys of a batch: those of the request, segments by id, and resources that match a filter.
//!
//! The checks of each key are in this order: malformed, repeated, unknown, state. The first two need no state, so they
//! run before the caller waits for its turn. Segments that are named by id are an exception: whether two ids name the
//! same segment is known only from the registry.

use std::collections::{BTreeMap, BTreeSet};

use super::{Context, contradiction};
use crate::model::error::{Error, Result};
use crate::model::resource::{Resource, ResourceType};
use crate::model::{FailureReason, KeyOutcome, LinkCommand, LinkOp, LinkPolicy, LinkResult};
use crate::state::project::ProjectState;
use crate::state::selection::Selection;
use crate::state::view::ViewState;

/// A key that is to be linked or unlinked, with its index in the request. Keys are ordered by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PlanKey<'a> {
    pub(super) name: &'a str,
    pub(super) request_index: u32,
}

/// A batch after its keys were found.
pub(super) struct LinkPlan<'a> {
    pub(super) command: &'a LinkCommand,
    pub(super) project: &'a ProjectState,
    pub(super) slot: u32,
    pub(super) view: &'a ViewState,
    /// In key order, each once.
    pub(super) keys: Vec<PlanKey<'a>>,
    /// Keys that failed because they are not registered or exceed a limit. They may already be linked, and a
    /// replacement keeps their links.
    kept: BTreeSet<&'a str>,
    pub(super) result: LinkResult,
}

impl<'a> LinkPlan<'a> {
    /// Finds the keys: those of the request, segments by id, and resources that match a filter.
    pub(super) fn new(context: &Context<'a>, command: &'a LinkCommand) -> Result<Self> {
        let (project, slot, view) = context.view(&command.view)?;
        let result = LinkResult {
            outcomes: vec![command.outcome(false); command.batch.len()],
            further: Vec::new(),
            segments: BTreeMap::new(),
            changed: false,
            followed: Vec::new(),
        };
        let keys = command.batch.names();
        let keys = keys.map(|(name, request_index)| PlanKey { name, request_index }).collect();
        let kept = command.batch.beyond_limit().collect();
        let mut plan = Self { command, project, slot, view, keys, kept, result };
        let failed = command.batch.failed().iter();
        failed.for_each(|(at, reason)| plan.fail(*at, reason.clone()));
        plan.look_up_ids();
        plan.refuse_unregistered();
        plan.add_matching(context)?;
        Ok(plan)
    }

    /// The number of outcomes before any link changes.
    pub(super) fn len(&self) -> usize {
        self.result.outcomes.len()
    }

    pub(super) fn resource_type(&self) -> ResourceType {
        self.command.batch.resource_type()
    }

    pub(super) fn set(&mut self, request_index: u32, outcome: KeyOutcome) {
        if let Some(slot) = self.result.outcomes.get_mut(request_index as usize) {
            *slot = outcome;
        }
    }

    pub(super) fn fail(&mut self, request_index: u32, reason: FailureReason) {
        self.set(request_index, KeyOutcome::Failed(reason));
    }

    /// Adds the segments of ids to the keys.
    fn look_up_ids(&mut self) {
        if !self.command.batch.has_ids() {
            return;
        }
        for (id, request_index) in self.command.batch.ids() {
            let name = self.project.registry.segment(id);
            let segment = name
                .and_then(|name| Some((name, Resource::from_name(ResourceType::Segment, name)?)));
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

    /// If the policy requires it, removes the keys that are not registered.
    fn refuse_unregistered(&mut self) {
        if self.command.op.selects_linked() || self.command.policy == LinkPolicy::Open {
            return;
        }
        let resource_type = self.resource_type();
        for key in std::mem::take(&mut self.keys) {
            if self.project.registry.get(resource_type, key.name).is_some() {
                self.keys.push(key);
            } else {
                self.fail(key.request_index, FailureReason::UnknownResource);
                self.kept.insert(key.name);
            }
        }
    }

    /// Adds the resources that match the filter and are not in the keys, in key order.
    fn add_matching(&mut self, context: &Context<'a>) -> Result<()> {
        let Some(filter) = &self.command.filter else { return Ok(()) };
        let unknown = |key: &_| context.unknown_view(key);
        let selection = Selection::new(self.project, self.resource_type(), filter, unknown)?;
        let mut found = match self.command.op {
            LinkOp::Unlink | LinkOp::Move => selection.linked(self.view),
            LinkOp::Link | LinkOp::Replace => {
                selection.registered().into_iter().map(|(name, _)| name).collect()
            }
        };
        found.retain(|name| !self.is_requested(name));
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

    pub(super) fn add_further(&mut self, name: &str) -> Result<()> {
        let resource = Resource::from_name(self.resource_type(), name);
        self.result.further.push(resource.ok_or_else(|| contradiction("a name is invalid"))?);
        Ok(())
    }

    /// Whether a resource is in the keys, including those that failed.
    pub(super) fn is_requested(&self, name: &str) -> bool {
        self.keys.binary_search_by(|key| key.name.cmp(name)).is_ok() || self.kept.contains(name)
    }
}
