//! The one that changes the store, a group of requests at a time.

use std::sync::Arc;
use std::time::Instant;

use super::Open;
use super::checkpoint::Work;
use super::course::Course;
use super::fault::{Fault, Faults};
use super::gauges::Gauges;
use super::request::Call;
use crate::health::Health;
use crate::journal::{AppendFailure, Journal};
use crate::model::Stamp;
use crate::model::error::{Error, Outcome, Result, chain};
use crate::model::time::Timestamp;
use crate::options::Options;
use crate::storage::{Finished, Transaction, WriteTables, contain};
use crate::trace::{self, Committed};

/// Makes changes one after the other.
#[derive(Debug)]
pub(super) struct Writer {
    /// `None` in a store that is only read.
    pub(super) journal: Option<Journal>,
    /// The time of the newest change.
    pub(super) time: Timestamp,
    /// The work since the last checkpoint.
    pub(super) work: Work,
    pub(super) gauges: Arc<Gauges>,
    faults: Faults,
}

/// The changes of a group, in the tables of a transaction and not in the journal yet.
struct Applied {
    /// For each request that was applied its revision if it changed anything, or what is wrong with it.
    results: Vec<Result<Option<u64>>>,
    payloads: Vec<Vec<u8>>,
    /// The time of the newest one.
    time: Timestamp,
    /// `None` when nothing changed.
    finished: Option<Finished>,
}

impl Writer {
    pub(super) fn new(journal: Option<Journal>, time: Timestamp) -> Self {
        let (gauges, work, faults) = (Arc::<Gauges>::default(), Work::default(), Faults::default());
        if journal.is_none() {
            gauges.set_health(Health::ReadOnly);
        }
        Self { journal, time, work, gauges, faults }
    }

    /// The newest change of the journal.
    pub(super) fn head(&self, open: &Open) -> u64 {
        // A state that is only read was brought to the end of its journal.
        self.journal.as_ref().map_or_else(|| open.state.shown().0, Journal::head)
    }

    /// Goes on with what a recovery found, for those who look at the gauges of this one, too.
    pub(super) fn renew(&mut self, recovered: Self) {
        let gauges = Arc::clone(&self.gauges);
        gauges.renew(&recovered.gauges);
        *self = Self { gauges, ..recovered };
    }

    pub(super) fn check(&self) -> Result<()> {
        if self.gauges.is_well() { Ok(()) } else { Err(self.stopped()) }
    }

    /// Why changes, or reads without files, are refused.
    pub(super) fn stopped(&self) -> Error {
        match self.gauges.health() {
            Health::WritesStopped { reason } => Error::WritesStopped { reason },
            Health::Writable | Health::ReadOnly | Health::Closed => Error::Closed,
        }
    }

    /// Says that there is nothing to read or write until a recovery succeeds.
    pub(super) fn recovery_failed(&mut self, error: &Error) {
        self.set_stopped(format!("recovery failed: {}", chain(error)), error);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.gauges.health() == Health::Closed
    }

    pub(super) fn set_closed(&mut self) {
        self.gauges.set_health(Health::Closed);
    }

    pub(super) fn stop(&mut self, error: &Error) {
        if self.gauges.is_well() {
            self.set_stopped(chain(error), error);
        }
    }

    fn set_stopped(&self, reason: String, error: &Error) {
        self.gauges.set_health(Health::WritesStopped { reason });
        trace::writes_stopped(error);
    }

    #[cfg(feature = "testing")]
    pub(super) fn set_fault(&mut self, fault: Fault) {
        self.faults.set(fault);
    }

    /// Applies, appends, syncs and shows the changes of a group, and answers its callers.
    ///
    /// A request that panics is answered alone, and the others are tried again without it. Dry runs
    /// come first, so that they are between two changes. Gives back those at the end whose turn did not
    /// come, since one before them found more keys than a group has.
    pub(super) fn change(
        &mut self,
        open: &Open,
        options: &Options,
        calls: Vec<Box<dyn Call>>,
    ) -> Vec<Box<dyn Call>> {
        let (dry_runs, calls): (Vec<_>, Vec<_>) =
            calls.into_iter().partition(|call| call.is_dry_run());
        dry_runs.into_iter().for_each(|call| self.rehearse(open, options, call));
        if calls.is_empty() {
            return calls;
        }
        self.change_all(open, options, calls, Course::begin(options))
    }

    /// The same without dry runs.
    fn change_all(
        &mut self,
        open: &Open,
        options: &Options,
        mut calls: Vec<Box<dyn Call>>,
        course: Course,
    ) -> Vec<Box<dyn Call>> {
        while !calls.is_empty() {
            // Taking back what a request that panicked had done may have failed.
            let begun = self.check().and_then(|()| self.or_stop(contain(|| open.state.begin())));
            let transaction = match begun {
                Ok(transaction) => transaction,
                Err(error) => {
                    tell_all(std::mem::take(&mut calls), error);
                    break;
                }
            };
            let panics = self.faults.take(Fault::Panic);
            let mut at = None;
            let applied = contain(|| {
                assert!(!panics, "asked for by a test");
                apply(&transaction, options, &mut calls, &mut at)
            });
            let error = match applied {
                Ok(applied) => {
                    let left = calls.split_off(applied.results.len());
                    self.log_and_show(open, transaction, applied, calls, course);
                    return left;
                }
                Err(error) => error,
            };
            if error.is_of_store() {
                self.stop(&error);
            }
            self.abort(transaction);
            match at.filter(|&at| at < calls.len() && !error.is_of_store()) {
                Some(at) => calls.remove(at).tell(Err(error)),
                None => tell_all(std::mem::take(&mut calls), error),
            }
        }
        calls
    }

    /// Applies a change, takes it back, and answers with what it would have been.
    fn rehearse(&mut self, open: &Open, options: &Options, mut call: Box<dyn Call>) {
        let begun = self.check().and_then(|()| self.or_stop(contain(|| open.state.begin())));
        let transaction = match begun {
            Ok(transaction) => transaction,
            Err(error) => return call.tell(Err(error)),
        };
        let applied = contain(|| {
            let mut tables = transaction.tables()?;
            let stamp = next_stamp(&tables, options);
            call.apply(&mut tables, stamp)
        });
        if let Err(error) = &applied
            && error.is_of_store()
        {
            self.stop(error);
        }
        self.abort(transaction);
        call.tell(applied.map(|_| None));
    }

    /// Takes applied changes back. Where that fails writes stop; what became of the changes is
    /// decided already.
    pub(super) fn abort(&mut self, transaction: Transaction<'_>) {
        let aborted = contain(|| transaction.abort());
        let _ = self.or_stop(aborted);
    }

    /// Makes applied changes durable, then visible, and answers.
    fn log_and_show(
        &mut self,
        open: &Open,
        transaction: Transaction<'_>,
        applied: Applied,
        calls: Vec<Box<dyn Call>>,
        mut course: Course,
    ) {
        let Applied { results, payloads, time, finished } = applied;
        let Some(finished) = finished else {
            self.abort(transaction);
            return tell_each(calls, results);
        };
        let (rows, begun) = (finished.rows(), Instant::now());
        match self.append(&payloads) {
            Ok(bytes) => {
                course.logged(Committed {
                    revision: self.head(open),
                    changes: payloads.len() as u64,
                    // Each call counts as one beside its keys.
                    keys: calls.iter().map(|call| call.keys().saturating_sub(1)).sum(),
                    bytes,
                    sync: begun.elapsed(),
                    ..Committed::default()
                });
                self.gauges.count_group(payloads.len());
                self.time = time;
                self.work.add(rows, bytes);
            }
            Err(error) => {
                self.abort(transaction);
                return tell_all(calls, error);
            }
        }
        let shown = contain(|| self.faults.commit(transaction, finished));
        self.gauges.note(open, self.work);
        let Err(error) = self.or_stop(shown) else {
            course.shown(rows, &self.gauges);
            tell_each(calls, results);
            return course.tell();
        };
        tell_not_shown(calls, results, error);
    }

    /// Makes records durable; tells how many bytes they took.
    fn append(&mut self, payloads: &[Vec<u8>]) -> Result<u64> {
        let appended = match (self.faults.failed_append(), &mut self.journal) {
            (Some(failure), _) => Err(failure),
            (None, Some(journal)) => journal.append(payloads, self.time),
            // Only where a change was not refused that should have been, before it got here.
            (None, None) => Err(AppendFailure { error: Error::ReadOnly, usable: true }),
        };
        appended.map_err(|AppendFailure { error, usable }| {
            if !usable {
                self.stop(&error);
            }
            error
        })
    }

    /// Lets no more changes be made after a failure of the store.
    pub(super) fn or_stop<T>(&mut self, result: Result<T>) -> Result<T> {
        if let Err(error) = &result {
            self.stop(error);
        }
        result
    }
}

/// Applies requests to the tables of a transaction, one after the other. `at` is the one that is
/// being applied. What a filter, a replacement or a removal finds is known only then; so those behind
/// the one with which the group has enough keys are not applied.
///
/// # Errors
///
/// That of the store, when it fails; then nothing of any request may stay. What a request finds
/// wrong with itself is its result.
fn apply(
    transaction: &Transaction<'_>,
    options: &Options,
    calls: &mut [Box<dyn Call>],
    at: &mut Option<usize>,
) -> Result<Applied> {
    let mut tables = transaction.tables()?;
    let mut results = Vec::with_capacity(calls.len());
    let mut payloads = Vec::new();
    for (place, call) in calls.iter_mut().enumerate() {
        if place > 0 && tables.walked() >= options.group_keys {
            break;
        }
        *at = Some(place);
        let stamp = next_stamp(&tables, options);
        results.push(match call.apply(&mut tables, stamp) {
            Ok(Some(recorded)) => {
                tables.complete(stamp);
                payloads.push(recorded.payload);
                Ok(Some(stamp.revision))
            }
            Ok(None) => Ok(None),
            Err(error) if error.is_of_store() => return Err(error),
            Err(error) => Err(error),
        });
    }
    *at = None;
    let time = tables.head().time;
    if options.tail_changes == 0 {
        tables.fold_all()?;
    }
    let finished = (!payloads.is_empty()).then(|| tables.finish()).transpose()?;
    Ok(Applied { results, payloads, time, finished })
}

/// The number and time of the next change.
fn next_stamp(tables: &WriteTables<'_>, options: &Options) -> Stamp {
    let head = tables.head();
    Stamp { revision: head.revision + 1, time: (options.clock)().max(head.time) }
}

/// Tells each caller what came of its own request.
fn tell_each(calls: Vec<Box<dyn Call>>, results: Vec<Result<Option<u64>>>) {
    for (call, result) in calls.into_iter().zip(results) {
        call.tell(result);
    }
}

/// Tells each caller that the changes are made and readers do not see them: whatever the error is, they
/// are durable by now, and what was refused stays refused.
fn tell_not_shown(calls: Vec<Box<dyn Call>>, results: Vec<Result<Option<u64>>>, error: Error) {
    let source = match error {
        Error::State { source, .. } => source,
        other => Box::new(other),
    };
    let made = calls.into_iter().zip(results).filter_map(|(call, result)| match result {
        Ok(_) => Some(call),
        Err(error) => {
            call.tell(Err(error));
            None
        }
    });
    tell_all(made.collect(), Error::State { outcome: Outcome::Committed, source });
}

/// Tells all callers of a group of a failure they share: also those who changed nothing, since
/// what they found may have been made by another one of the group.
pub(super) fn tell_all(calls: Vec<Box<dyn Call>>, error: Error) {
    let mut calls = calls.into_iter();
    let Some(first) = calls.next() else { return };
    for call in calls {
        call.tell(Err(error.alike()));
    }
    first.tell(Err(error));
}
