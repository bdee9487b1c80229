//! The writer, which changes the store one group of calls at a time.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Instant;

use super::commit_timer::CommitTimer;
use super::fault::{Fault, Faults};
use super::followed::Followed;
use super::group::{Deciding, Group, refused};
use super::live::Live;
use super::memory_budget::MemoryBudget;
use super::metrics::Metrics;
use super::own_journal::{Appended, OwnJournal};
use super::request::{Answered, Request};
use crate::health::Health;
use crate::journal::AppendFailure;
use crate::model::error::{Error, Result};
use crate::model::error_chain::chain;
use crate::model::mark::Mark;
use crate::model::time::Timestamp;
use crate::options::Options;
use crate::trace;

/// Makes changes one group after another.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) own: OwnJournal,
    budget: MemoryBudget,
    faults: Faults,
    pub(super) metrics: Arc<Metrics>,
}

impl Writer {
    pub(super) fn new(own: OwnJournal, budget: MemoryBudget) -> Self {
        let metrics = Arc::<Metrics>::default();
        if own.journal().is_none() {
            metrics.set_health(Health::ReadOnly);
        }
        Self { own, budget, faults: Faults::default(), metrics }
    }

    /// The write path: decides the calls of a group, makes their changes durable with one append and one sync, shows
    /// them to readers, and gives the answers to `reply`.
    ///
    /// The whole group is decided against the current state, and each call sees the changes of the calls before it.
    /// The state does not change before the changes are durable, so nothing must be undone. This is the write
    /// transaction of a batch: its failures by key are decided in one step. Its changes are in the journal, in the
    /// state and visible to readers as a whole or not at all.
    pub(super) fn commit(
        &mut self,
        live: &Live,
        options: &Options,
        requests: Vec<Arc<Request>>,
        reply: impl FnOnce(Vec<Answered>),
    ) {
        let timer = CommitTimer::begin(options);
        let group = match self.decide(live, options, &requests) {
            Ok(group) => group,
            Err(error) => return reply(refused(requests.len(), error)),
        };
        // Each caller now has the only reference to its request again, and makes its report from it.
        drop(requests);
        if group.changes.is_empty() {
            return reply(group.results);
        }
        self.make(live, group, Mark::default(), timer, reply);
    }

    /// Makes the changes of a group durable, shows them, and gives the answers. With a mark they already have their
    /// place in a shared order, so they are committed whatever the result of the journal is.
    pub(super) fn make(
        &mut self,
        live: &Live,
        group: Group,
        mark: Mark,
        mut timer: CommitTimer,
        reply: impl FnOnce(Vec<Answered>),
    ) {
        let begun = Instant::now();
        let appended = match self.append([(&*group.payloads, mark)], group.clock) {
            Ok(appended) => appended,
            Err(error) if mark.is_empty() => return reply(group.into_failure(error)),
            Err(error) => return reply(group.into_not_shown(error)),
        };
        debug_assert_eq!(group.hashes.last(), Some(&appended.hash), "both chain in the same way");
        timer.logged(group.to_figures(appended.bytes, begun.elapsed()));
        self.metrics.count_group(group.changes.len(), appended.bytes);
        let apply = || live.apply(&group.changes, &group.hashes, mark);
        if let Err(error) = self.faults.failed_apply().and_then(|()| apply()) {
            self.stop(&error);
            return reply(group.into_not_shown(error));
        }
        self.budget.make();
        self.metrics.note(live);
        timer.shown(&self.metrics);
        reply(group.results);
        timer.report();
    }

    /// Makes the changes of other stores durable, and shows them.
    ///
    /// # Errors
    ///
    /// The failure of the journal; [`Error::State`] if the changes are durable but not shown. They are shown after the
    /// store has recovered.
    pub(super) fn follow(
        &mut self,
        live: &Live,
        followed: Followed,
        clock: Timestamp,
    ) -> Result<()> {
        let groups = followed.groups.iter().map(|group| (&*group.changes, group.mark));
        let appended = self.append(groups, clock)?;
        debug_assert_eq!(followed.hash, appended.hash, "both chain in the same way");
        self.metrics.count_followed(&followed, appended.bytes);
        self.faults.failed_apply().inspect_err(|error| self.stop(error))?;
        live.replace(followed.state, followed.hash, followed.mark);
        self.budget.follow(followed.growth);
        self.metrics.note(live);
        Ok(())
    }

    fn append<'g>(
        &mut self,
        groups: impl IntoIterator<Item = (&'g [Vec<u8>], Mark)>,
        clock: Timestamp,
    ) -> Result<Appended> {
        self.own.append(groups, clock, &mut self.faults).map_err(|failure| {
            let AppendFailure { error, usable } = failure;
            if !usable {
                self.stop(&error);
            }
            error
        })
    }

    /// Decides the calls of a group. The reference to the state is dropped before changes are applied, because shared
    /// parts would be copied.
    pub(super) fn decide(
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

    /// Continues with the result of a recovery. Other owners of the metrics see it, too.
    pub(super) fn renew(&mut self, recovered: Self) {
        let metrics = Arc::clone(&self.metrics);
        metrics.renew(&recovered.metrics);
        *self = Self { metrics, ..recovered };
    }

    pub(super) fn check(&self) -> Result<()> {
        if self.metrics.is_well() { Ok(()) } else { Err(self.stopped()) }
    }

    /// Why changes are refused, or reads if there is no state.
    pub(super) fn stopped(&self) -> Error {
        match self.metrics.health() {
            Health::WritesStopped { reason } => Error::WritesStopped { reason },
            Health::Writable | Health::ReadOnly | Health::Closed => Error::Closed,
        }
    }

    /// Records that there is nothing to read or write until a recovery succeeds.
    pub(super) fn recovery_failed(&self, error: &Error) {
        self.set_stopped(format!("recovery failed: {}", chain(error)), error);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.metrics.health() == Health::Closed
    }

    pub(super) fn set_closed(&self) {
        self.metrics.set_health(Health::Closed);
    }

    /// Stops changes.
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
