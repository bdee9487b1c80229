//! A state with all its changes.

use super::Timed;
use crate::model::chain_hash::ChainHash;
use crate::model::time::Timestamp;
use crate::model::{ChangeRecord, Stamp};
use crate::state::State;
use crate::state::digest::Digest;

/// A state with all its changes. They are chained as in a journal, so that each has its own id.
#[derive(Default)]
pub(super) struct History {
    pub(super) state: State,
    hash: ChainHash,
    pub(super) changes: Vec<ChangeRecord>,
    /// The digest before the first change and after each change.
    pub(super) digests: Vec<Digest>,
}

impl History {
    pub(super) fn of(commands: &[Timed]) -> Self {
        let mut history = Self::default();
        history.digests.push(history.state.digest().unwrap());
        for timed in commands {
            history.carry_out(timed);
        }
        history
    }

    /// Runs a command; returns the state before its change, if it made one.
    pub(super) fn carry_out(&mut self, timed: &Timed) -> Option<State> {
        let change = self.state.decide(timed).ok()?.change?;
        let before = self.state.clone();
        let bytes = change.encode().unwrap();
        self.hash = self.hash.after(&bytes);
        // The change is the same after decoding its bytes.
        let change = ChangeRecord::decode(&bytes).unwrap();
        self.state.apply_chained(&change, self.hash).unwrap();
        self.digests.push(self.state.digest().unwrap());
        self.changes.push(change);
        Some(before)
    }

    pub(super) fn stamp(&self, revision: usize) -> Stamp {
        let first = Stamp { revision: 0, time: Timestamp::default() };
        let change = revision.checked_sub(1).and_then(|at| self.changes.get(at));
        change.map_or(first, |change| change.stamp)
    }
}
