//! Deciding the calls of a group. Each call sees the changes of the calls before it.

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

/// The decisions for the calls of a group, which are not applied yet.
#[derive(Debug, Default)]
pub(super) struct Group {
    /// The changes as later calls of the group see them, without the last one: see [`catch_up`](Self::catch_up).
    pending: Pending,
    pub(super) changes: Vec<ChangeRecord>,
    /// The changes as the journal keeps them.
    pub(super) payloads: Vec<Vec<u8>>,
    /// The chain hash after each change.
    pub(super) hashes: Vec<ChainHash>,
    /// The newest reading of the clock.
    pub(super) clock: Timestamp,
    /// The number of keys in the calls, except dry runs.
    pub(super) keys: u64,
    /// One result for each call, in order.
    pub(super) results: Vec<Answered>,
}

/// The input for the decisions.
pub(super) struct Deciding<'a> {
    pub(super) state: &'a State,
    /// The position of the state.
    pub(super) position: Position,
    /// The journal, to check earlier positions.
    pub(super) segments: &'a Segments,
    pub(super) clock: &'a dyn Fn() -> Timestamp,
    pub(super) budget: &'a mut MemoryBudget,
}

impl Group {
    /// Decides a call. If it fails or panics, it is answered alone and does not affect the other calls.
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
        self.catch_up(state);
        let stamp = self.pending.next_stamp(state, now);
        let Decision { answer, change } = command.decide(state, &self.pending, stamp)?;
        let Some(change) = change else { return Ok((answer, None)) };
        let payload = change.encode()?;
        deciding.budget.admit(state, &change, payload.len())?;
        let before = self.hashes.last().copied().unwrap_or(deciding.position.hash);
        let hash = before.after(&payload);
        self.clock = now;
        self.changes.push(change);
        self.payloads.push(payload);
        self.hashes.push(hash);
        let change = ChangeId::new(stamp.revision, hash);
        Ok((answer.made_by(change), Some(change)))
    }

    /// Adds the changes that the next call has to see. No call sees the last change of a group, which is usually the only
    /// one, so it is never added: that would take an allocation for each of its keys.
    fn catch_up(&mut self, state: &State) {
        let seen = self.pending.changes();
        for (change, hash) in self.changes.iter().zip(&self.hashes).skip(seen) {
            self.pending.add(state, change, *hash);
        }
    }

    /// The figures of the group, with its bytes of journal and the time until they were synced.
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

    /// The answers if the changes were not made. Calls that were refused get their own error. All others get this
    /// error, because their answers may depend on changes of other calls of the group.
    pub(super) fn into_failure(self, error: Error) -> Vec<Answered> {
        spread(self.results, error, |answered| answered.is_ok())
    }

    /// The answers if it is unknown whether the state was the newest one: all calls get this error.
    pub(super) fn into_unconfirmed(self, error: Error) -> Vec<Answered> {
        spread(self.results, error, |_| true)
    }

    /// The answers if the changes are durable but readers do not see them.
    pub(super) fn into_not_shown(self, error: Error) -> Vec<Answered> {
        let source = match error {
            Error::State { source, .. } => source,
            other => Box::new(other),
        };
        self.into_failure(Error::State { outcome: Outcome::Committed, source })
    }
}

/// Gives an error to the calls that it concerns: the error itself to the first call, and an equal one to the others.
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

/// The answers for calls that were not decided.
pub(super) fn refused(calls: usize, error: Error) -> Vec<Answered> {
    spread((0..calls).map(|_| Err(Error::Closed)).collect(), error, |_| true)
}

impl Deciding<'_> {
    /// Checks that the store is at a position.
    ///
    /// Cost: O(1) if it is; else O(bytes of one segment), to find the reason.
    ///
    /// # Errors
    ///
    /// [`Error::RevisionDiffers`] if other changes were made in between, or if the journal no longer keeps that
    /// position; [`Error::Diverged`] if the store has another history.
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
