//! The one that changes the store.

use super::Open;
use super::checkpoint::Work;
use super::fault::{Fault, Faults};
use crate::change::{ChangeRecord, Effect, Note, ProjectRef, Stamp};
use crate::error::{Error, Outcome, Result};
use crate::journal::{AppendFailure, Journal};
use crate::options::Options;
use crate::storage::{Transaction, WriteTables, contain};
use crate::time::Timestamp;

/// What a request changed, for the journal.
#[derive(Debug)]
pub(crate) struct Made<'k> {
    pub(crate) project: ProjectRef,
    pub(crate) effect: Effect<'k>,
}

/// Whether changes can be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Health {
    Writable,
    /// An earlier failure left it open what the files hold.
    Stopped(String),
    Closed,
}

/// Makes changes one after the other.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) journal: Journal,
    health: Health,
    /// The time of the newest change.
    pub(super) time: Timestamp,
    /// The work since the last checkpoint.
    pub(super) work: Work,
    faults: Faults,
}

/// A change that is in the tables of a transaction and not in the journal yet.
struct Applied {
    stamp: Stamp,
    payload: Vec<u8>,
    keys: u64,
}

impl Writer {
    pub(super) fn new(journal: Journal, time: Timestamp) -> Self {
        let (health, work, faults) = (Health::Writable, Work::default(), Faults::default());
        Self { journal, health, time, work, faults }
    }

    pub(super) fn check(&self) -> Result<()> {
        match self.health {
            Health::Writable => Ok(()),
            _ => Err(self.stopped()),
        }
    }

    /// Why changes, or reads without files, are refused.
    pub(super) fn stopped(&self) -> Error {
        match &self.health {
            Health::Stopped(reason) => Error::WritesStopped { reason: reason.clone() },
            Health::Writable | Health::Closed => Error::Closed,
        }
    }

    /// Says that there is nothing to read or write until a recovery succeeds.
    pub(super) fn recovery_failed(&mut self, error: &Error) {
        self.health = Health::Stopped(format!("recovery failed: {}", describe(error)));
    }

    pub(super) fn is_closed(&self) -> bool {
        self.health == Health::Closed
    }

    pub(super) fn set_health(&mut self, health: Health) {
        self.health = health;
    }

    pub(super) fn stop(&mut self, reason: String) {
        if self.health == Health::Writable {
            self.health = Health::Stopped(reason);
        }
    }

    #[cfg(feature = "testing")]
    pub(super) fn set_fault(&mut self, fault: Fault) {
        self.faults.set(fault);
    }

    /// Applies, appends, syncs and shows one change.
    pub(super) fn change<'k, T>(
        &mut self,
        open: &Open,
        options: &Options,
        note: Note,
        act: impl FnOnce(&mut WriteTables<'_>, Stamp) -> Result<(T, Option<Made<'k>>)>,
    ) -> Result<(T, Option<u64>)> {
        let transaction = self.or_stop(contain(|| open.state.begin()))?;
        let panics = self.faults.take(Fault::Panic);
        let applied = contain(|| {
            assert!(!panics, "asked for by a test");
            apply(&transaction, options, note, act)
        });
        match applied {
            Ok((answer, Some(applied))) => {
                self.log_and_show(transaction, &applied)?;
                Ok((answer, Some(applied.stamp.revision)))
            }
            Ok((answer, None)) => {
                self.abort(transaction);
                Ok((answer, None))
            }
            Err(error) => {
                let failed =
                    if error.is_of_store() { self.or_stop(Err(error)) } else { Err(error) };
                self.abort(transaction);
                failed
            }
        }
    }

    /// Takes an applied change back. Where that fails writes stop; what became of the change is
    /// decided already.
    fn abort(&mut self, transaction: Transaction) {
        let aborted = contain(|| transaction.abort());
        let _ = self.or_stop(aborted);
    }

    /// Makes an applied change durable, then visible.
    fn log_and_show(&mut self, transaction: Transaction, applied: &Applied) -> Result<()> {
        let appended = match self.faults.failed_append() {
            Some(failure) => Err(failure),
            None => self.journal.append(&applied.payload, self.time),
        };
        let bytes = match appended {
            Ok(bytes) => bytes,
            Err(AppendFailure { error, usable }) => {
                if !usable {
                    self.stop(describe(&error));
                }
                self.abort(transaction);
                return Err(error);
            }
        };
        self.time = applied.stamp.time;
        self.work.add(applied.keys, bytes);
        let shown = contain(|| self.faults.commit(transaction));
        // Whatever it is, the change is durable by now.
        self.or_stop(shown).map_err(|error| match error {
            Error::State { source, .. } => Error::State { outcome: Outcome::Committed, source },
            other => Error::State { outcome: Outcome::Committed, source: Box::new(other) },
        })
    }

    /// Lets no more changes be made after a failure of the store.
    pub(super) fn or_stop<T>(&mut self, result: Result<T>) -> Result<T> {
        if let Err(error) = &result {
            self.stop(describe(error));
        }
        result
    }
}

/// Applies one request to the tables of a transaction.
fn apply<'k, T>(
    transaction: &Transaction,
    options: &Options,
    note: Note,
    act: impl FnOnce(&mut WriteTables<'_>, Stamp) -> Result<(T, Option<Made<'k>>)>,
) -> Result<(T, Option<Applied>)> {
    let mut tables = transaction.tables()?;
    let head = tables.head();
    let stamp = Stamp { revision: head.revision + 1, time: (options.clock)().max(head.time) };
    let (answer, made) = act(&mut tables, stamp)?;
    let Some(Made { project, effect }) = made else {
        return Ok((answer, None));
    };
    tables.complete(stamp);
    tables.finish()?;
    let record = ChangeRecord { time: stamp.time, note, project, effect };
    let (payload, keys) = (record.encode()?, record.work());
    Ok((answer, Some(Applied { stamp, payload, keys })))
}

/// An error with what caused it, in one line.
fn describe(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
