//! The one that changes the store, a group of calls at a time.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Instant;

use super::commit_timer::CommitTimer;
use super::fault::{Fault, Faults};
use super::group::{Deciding, Group, refused};
use super::live::Live;
use super::memory_budget::MemoryBudget;
use super::metrics::Metrics;
use super::request::{Answered, Request};
use super::sequencer::Sequencer;
use crate::health::Health;
use crate::journal::AppendFailure;
use crate::model::error::{Error, Result};
use crate::model::error_chain::chain;
use crate::options::Options;
use crate::trace;

/// Makes changes one group after the other.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) sequencer: Sequencer,
    budget: MemoryBudget,
    faults: Faults,
    pub(super) metrics: Arc<Metrics>,
}

impl Writer {
    pub(super) fn new(sequencer: Sequencer, budget: MemoryBudget) -> Self {
        let metrics = Arc::<Metrics>::default();
        if sequencer.journal().is_none() {
            metrics.set_health(Health::ReadOnly);
        }
        Self { sequencer, budget, faults: Faults::default(), metrics }
    }

    /// The write path: decides the calls of a group, makes their changes durable with one append and one sync, shows
    /// them, and gives the answers to `reply`.
    ///
    /// All of the group is decided against the state as it stands, with what the calls before change; nothing of
    /// the state changes before it is durable, so there is nothing to take back. That is the write transaction of a
    /// batch: its failures by key are decided in one step, and what it changes is in the journal, in the state and in
    /// sight of readers whole or not at all.
    pub(super) fn commit(
        &mut self,
        live: &Live,
        options: &Options,
        requests: Vec<Arc<Request>>,
        reply: impl FnOnce(Vec<Answered>),
    ) {
        let mut timer = CommitTimer::begin(options);
        let group = match self.decide(live, options, &requests) {
            Ok(group) => group,
            Err(error) => return reply(refused(requests.len(), error)),
        };
        // Each caller has its own again, and makes its report of it.
        drop(requests);
        if group.changes.is_empty() {
            return reply(group.results);
        }
        let begun = Instant::now();
        let took = match self.sequencer.commit(&group, &mut self.faults) {
            Ok(took) => took,
            Err(AppendFailure { error, usable }) => {
                if !usable {
                    self.stop(&error);
                }
                return reply(group.into_failure(error));
            }
        };
        debug_assert_eq!(group.hashes.last(), Some(&took.hash), "both chain in the same way");
        timer.logged(group.to_figures(took.bytes, begun.elapsed()));
        self.metrics.count_group(group.changes.len(), took.bytes);
        let shown =
            self.faults.failed_apply().and_then(|()| live.apply(&group.changes, &group.hashes));
        if let Err(error) = shown {
            self.stop(&error);
            return reply(group.into_not_shown(error));
        }
        self.budget.make();
        self.metrics.note(live);
        timer.shown(&self.metrics);
        reply(group.results);
        timer.tell();
    }

    /// Decides the calls of a group. The state is let go of before anything is applied to it, since what is shared
    /// is copied.
    fn decide(
        &mut self,
        live: &Live,
        options: &Options,
        requests: &[Arc<Request>],
    ) -> Result<Group> {
        self.check()?;
        let open = live.get().ok_or_else(|| self.stopped())?;
        let panics = Cell::new(self.faults.take(Fault::Panic));
        let clock = || {
            assert!(!panics.take(), "asked for by a test");
            (options.clock)()
        };
        let (state, position, budget) = (&open.state, open.position(), &mut self.budget);
        budget.begin();
        let segments = &*open.segments;
        let mut deciding = Deciding { state, position, segments, clock: &clock, budget };
        let mut group = Group::default();
        for request in requests {
            group.decide(&mut deciding, request);
        }
        Ok(group)
    }

    /// Goes on with what a recovery found, for those who look at the metrics of this one, too.
    pub(super) fn renew(&mut self, recovered: Self) {
        let metrics = Arc::clone(&self.metrics);
        metrics.renew(&recovered.metrics);
        *self = Self { metrics, ..recovered };
    }

    pub(super) fn check(&self) -> Result<()> {
        if self.metrics.is_well() { Ok(()) } else { Err(self.stopped()) }
    }

    /// Why changes, or reads where there is no state, are refused.
    pub(super) fn stopped(&self) -> Error {
        match self.metrics.health() {
            Health::WritesStopped { reason } => Error::WritesStopped { reason },
            Health::Writable | Health::ReadOnly | Health::Closed => Error::Closed,
        }
    }

    /// Says that there is nothing to read or write until a recovery succeeds.
    pub(super) fn recovery_failed(&self, error: &Error) {
        self.set_stopped(format!("recovery failed: {}", chain(error)), error);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.metrics.health() == Health::Closed
    }

    pub(super) fn set_closed(&self) {
        self.metrics.set_health(Health::Closed);
    }

    /// Lets no more changes be made.
    pub(super) fn stop(&self, error: &Error) {
        if self.metrics.is_well() {
            self.set_stopped(chain(error), error);
        }
    }

    fn set_stopped(&self, reason: String, error: &Error) {
        self.metrics.set_health(Health::WritesStopped { reason });
        trace::writes_stopped(error);
    }

    #[cfg(feature = "testing")]
    pub(super) fn set_fault(&mut self, fault: Fault) {
        self.faults.set(fault);
    }
}
