//! Deciding the calls of a group, each on what those before it change.

use std::time::Duration;

use super::memory_budget::MemoryBudget;
use super::request::{Answered, Request};
use crate::catch_panic::catch_panic;
use crate::journal::Segments;
use crate::model::chain_hash::ChainHash;
use crate::model::change_id::ChangeId;
use crate::model::error::{Error, Outcome, Result};
use crate::model::position::Position;
use crate::model::time::Timestamp;
use crate::model::{ChangeRecord, Decision};
use crate::state::{Pending, State};
use crate::trace::Committed;

/// What the calls of a group came to, decided and not made yet.
#[derive(Debug, Default)]
pub(super) struct Group {
    pending: Pending,
    pub(super) changes: Vec<ChangeRecord>,
    /// The changes as the journal keeps them.
    pub(super) payloads: Vec<Vec<u8>>,
    /// The chain hash after each change.
    pub(super) hashes: Vec<ChainHash>,
    /// The newest reading of the clock.
    pub(super) clock: Timestamp,
    /// The keys that the calls named, but for dry runs.
    pub(super) keys: u64,
    /// For each call, in order.
    pub(super) results: Vec<Answered>,
}

/// What calls are decided with.
pub(super) struct Deciding<'a> {
    pub(super) state: &'a State,
    /// Where the state stands.
    pub(super) position: Position,
    /// The journal, which knows where it stood before.
    pub(super) segments: &'a Segments,
    pub(super) clock: &'a dyn Fn() -> Timestamp,
    pub(super) budget: &'a mut MemoryBudget,
}

impl Group {
    /// Decides a call. One that fails, or panics, is answered alone and changes nothing for the others.
    pub(super) fn decide(&mut self, deciding: &mut Deciding<'_>, request: &Request) {
        let result = catch_panic(|| self.decide_one(deciding, request));
        self.results.push(result);
    }

    fn decide_one(&mut self, deciding: &mut Deciding<'_>, request: &Request) -> Answered {
        let (state, command) = (deciding.state, &request.command);
        let now = (deciding.clock)();
        if let Some(expected) = request.position {
            deciding.check_position(expected)?;
        }
        if request.dry_run {
            let nothing = Pending::default();
            let stamp = nothing.next_stamp(state, now);
            let Decision { answer, change } = command.decide(state, &nothing, stamp)?;
            let Some(change) = change else { return Ok((answer, None)) };
            let hash = deciding.position.hash.after(&change.encode()?);
            return Ok((answer.made_by(ChangeId::new(stamp.revision, hash)), None));
        }
        self.keys = self.keys.saturating_add(request.keys);
        let stamp = self.pending.next_stamp(state, now);
        let Decision { answer, change } = command.decide(state, &self.pending, stamp)?;
        let Some(change) = change else { return Ok((answer, None)) };
        let payload = change.encode()?;
        deciding.budget.admit(state, &change, payload.len())?;
        let before = self.hashes.last().copied().unwrap_or(deciding.position.hash);
        let hash = before.after(&payload);
        // What is alone in its group has nobody after it who would have to see it.
        if request.command.shares_group() {
            self.pending.add(state, &change, hash);
        }
        self.clock = now;
        self.changes.push(change);
        self.payloads.push(payload);
        self.hashes.push(hash);
        let change = ChangeId::new(stamp.revision, hash);
        Ok((answer.made_by(change), Some(change)))
    }

    /// What is told of the group, which took so many bytes of journal, and so long until they were synced.
    pub(super) fn to_figures(&self, bytes: u64, sync: Duration) -> Committed {
        Committed {
            revision: self.changes.last().map_or(0, |change| change.stamp.revision),
            changes: self.changes.len() as u64,
            keys: self.keys,
            bytes,
            sync,
            ..Committed::default()
        }
    }

    /// The answers when the changes were not made: those who were refused hear why, all others of the failure,
    /// since what they found may have been made by another one of the group.
    pub(super) fn into_failure(self, error: Error) -> Vec<Answered> {
        spread(self.results, error, |answered| answered.is_ok())
    }

    /// The answers when it is not known whether the state they were found in was the newest one: all hear of the failure.
    pub(super) fn into_unconfirmed(self, error: Error) -> Vec<Answered> {
        spread(self.results, error, |_| true)
    }

    /// The answers when the changes are durable and readers do not see them.
    pub(super) fn into_not_shown(self, error: Error) -> Vec<Answered> {
        let source = match error {
            Error::State { source, .. } => source,
            other => Box::new(other),
        };
        self.into_failure(Error::State { outcome: Outcome::Committed, source })
    }
}

/// Gives an error to those that it concerns: itself to the first one, and what is alike to the others.
fn spread(
    results: Vec<Answered>,
    error: Error,
    concerns: impl Fn(&Answered) -> bool,
) -> Vec<Answered> {
    let alike = error.alike();
    let mut first = Some(error);
    let concerned = |result: Answered| match concerns(&result) {
        true => Err(first.take().unwrap_or_else(|| alike.alike())),
        false => result,
    };
    results.into_iter().map(concerned).collect()
}

/// The answers to calls that were not decided.
pub(super) fn refused(calls: usize, error: Error) -> Vec<Answered> {
    spread((0..calls).map(|_| Err(Error::Closed)).collect(), error, |_| true)
}

impl Deciding<'_> {
    /// Checks that the store stands at a position.
    ///
    /// Cost: O(1) where it does; else O(bytes of one segment), to tell why not.
    ///
    /// # Errors
    ///
    /// [`Error::RevisionDiffers`] when other changes were made meanwhile, or the journal no longer knows whether it
    /// was that; [`Error::Diverged`] when the store went another way.
    fn check_position(&self, expected: Position) -> Result<()> {
        let actual = self.position;
        if expected == actual {
            return Ok(());
        }
        let passed = expected.lineage == actual.lineage && expected.revision < actual.revision;
        if passed
            && self.segments.hash_at(expected.revision)?.is_none_or(|hash| hash == expected.hash)
        {
            let (expected, actual) = (expected.revision, actual.revision);
            return Err(Error::RevisionDiffers { what: "the store".to_owned(), expected, actual });
        }
        Err(Error::Diverged { position: expected, at: actual })
    }
}
