//! Changes of a store that shares the order of its changes with other stores: see [`sequencer`](crate::sequencer).
//!
//! Only the owner of the turn follows the changes of other stores and proposes changes that are decided here. While a
//! change waits for its place, only the turn is locked, not the writer. So checkpoints, copies, figures and dry runs
//! do not wait for the order. The state does not change without the turn, so a decision is still valid when the change
//! has its place.

use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Instant;

use super::Engine;
use super::commit_timer::CommitTimer;
use super::followed::Followed;
use super::group::{Deciding, Group, refused};
use super::group_commit::Reply;
use super::memory_budget::MemoryBudget;
use super::request::{Answered, Request};
use crate::catch_panic::catch_panic;
use crate::model::error::{Error, Outcome, Result};
use crate::model::mark::Mark;
use crate::model::position::Position;
use crate::sequencer::{At, Proposal, Proposed, Sequencer};

impl Engine {
    /// The sequencer that orders the changes, if the order is shared and the store is not read-only.
    pub(super) fn shared_order(&self) -> Option<&dyn Sequencer> {
        self.options.sequencer.as_deref().filter(|_| !self.options.read_only)
    }

    /// The turn to follow and to propose; `None` if the order is not shared.
    pub(super) fn turn(&self) -> Option<MutexGuard<'_, ()>> {
        // It guards no data that a panic could leave inconsistent.
        let lock = |_| self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.shared_order().map(lock)
    }

    /// Applies the changes of other stores that have arrived; returns the number of groups.
    ///
    /// Cost: that of applying them, and a write and a sync for many together.
    pub(crate) fn follow(&self) -> Result<u64> {
        self.process.check()?;
        self.check_not_read_only()?;
        let Some(sequencer) = self.shared_order() else { return Ok(0) };
        let _turn = self.turn();
        self.follow_in_turn(sequencer)
    }

    /// Applies the changes of other stores that have arrived, if the order is shared. This is for calls that read the
    /// store before their turn.
    pub(crate) fn catch_up(&self) -> Result<()> {
        match self.shared_order() {
            Some(_) => self.follow().map(drop),
            None => Ok(()),
        }
    }

    fn follow_in_turn(&self, sequencer: &dyn Sequencer) -> Result<u64> {
        let mut groups = 0;
        loop {
            self.writer().check()?;
            let open = self.live.get().ok_or_else(|| self.writer().stopped())?;
            let pulled = Followed::pull(&open, sequencer, self.options.segment_size)?;
            drop(open);
            let Some(followed) = pulled else { return Ok(groups) };
            groups += followed.groups.len() as u64;
            // The clock is called without the writer lock: a panic must not stop the writer.
            let now = catch_panic(|| Ok((self.options.clock)()))?;
            let mut writer = self.writer();
            self.check_room(&writer)?;
            let shown = self.metrics.revision();
            let made = writer.follow(&self.live, followed, now);
            self.keep_up(&writer, shown);
            made?;
        }
    }

    /// Makes the changes of a group of callers when they have their place. They are decided on all changes that have
    /// arrived, and decided again if other changes came first.
    pub(super) fn lead_in_turn(
        &self,
        sequencer: &dyn Sequencer,
        requests: &[Arc<Request>],
        reply: Reply<'_, Arc<Request>, Answered>,
    ) {
        let _turn = self.turn();
        let (timer, since) = (CommitTimer::begin(&self.options), Instant::now());
        let mut voids = 0;
        loop {
            let (at, group) = match self.decide_in_turn(sequencer, requests) {
                Ok(decided) => decided,
                // The failure concerns the changes of other stores; these calls were not proposed.
                Err(error) => {
                    let error = error.with_outcome(Outcome::NotApplied);
                    return reply.answer(refused(requests.len(), error));
                }
            };
            let proposal = Proposal { changes: &group.payloads, voids, since };
            match propose(sequencer, at, proposal) {
                Proposed::Took { .. } if group.changes.is_empty() => {
                    return reply.answer(group.results);
                }
                Proposed::Took { mark } => return self.make_in_turn(group, mark, timer, reply),
                Proposed::Void => voids += 1,
                Proposed::Failed { outcome, source } => {
                    let error = Error::SharedLog { outcome: known(outcome, &group), source };
                    return reply.answer(group.into_unconfirmed(error));
                }
            }
        }
    }

    fn decide_in_turn(
        &self,
        sequencer: &dyn Sequencer,
        requests: &[Arc<Request>],
    ) -> Result<(At, Group)> {
        self.follow_in_turn(sequencer)?;
        let mut writer = self.writer();
        self.check_room(&writer)?;
        let group = writer.decide(&self.live, &self.options, requests)?;
        let at = |open: &super::Open| At { position: open.position(), mark: open.mark };
        let at = self.live.lock().as_ref().map(at);
        Ok((at.ok_or_else(|| writer.stopped())?, group))
    }

    fn make_in_turn(
        &self,
        group: Group,
        mark: Mark,
        timer: CommitTimer,
        reply: Reply<'_, Arc<Request>, Answered>,
    ) {
        let (mut writer, shown) = (self.writer(), self.metrics.revision());
        writer.make(&self.live, group, mark, timer, |answers| reply.answer(answers));
        self.keep_up(&writer, shown);
    }

    /// The answer to a dry run if the order is shared: it is decided on the state that readers see, without a turn.
    pub(super) fn rehearse(&self, request: &Request) -> Option<Answered> {
        self.shared_order().filter(|_| request.dry_run)?;
        let answered = self.with_open(|open| Ok(open.clone())).and_then(|open| {
            let mut deciding = Deciding {
                state: &open.state,
                position: open.position(),
                segments: &open.segments,
                clock: &*self.options.clock,
                budget: &mut MemoryBudget::new(None),
            };
            let mut group = Group::default();
            group.decide(&mut deciding, request);
            group.results.pop().unwrap_or_else(|| Err(super::request::abandoned()))
        });
        Some(answered)
    }

    /// The position of the store in the order.
    pub(crate) fn at(&self) -> Result<(Position, Mark)> {
        self.with_open(|open| Ok((open.position(), open.mark)))
    }

    /// Waits until the store has the changes up to a position; returns whether it has them.
    pub(crate) fn wait_for(&self, position: Position, deadline: Option<Instant>) -> Result<bool> {
        let reached = self.notifier.watch(deadline, || {
            let (at, _) = self.at()?;
            let is_other = position.revision == at.revision && position != at;
            if position.lineage != at.lineage || is_other {
                return Err(Error::Diverged { position, at });
            }
            Ok((position.revision <= at.revision).then_some(()))
        });
        reached.map(|reached| reached.is_some())
    }
}

fn propose(sequencer: &dyn Sequencer, at: At, proposal: Proposal<'_>) -> Proposed {
    catch_panic(|| Ok(sequencer.propose(at, proposal))).unwrap_or_else(|error| Proposed::Failed {
        outcome: Outcome::Unknown,
        source: Box::new(error),
    })
}

/// The outcome of a group that did not get its place. A group without changes is certainly not applied.
fn known(outcome: Outcome, group: &Group) -> Outcome {
    if group.changes.is_empty() { Outcome::NotApplied } else { outcome }
}
