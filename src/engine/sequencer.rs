//! What gives changes their place in the order of all changes, and makes them durable.
//!
//! In a store by itself that is its journal. The writer knows only this: a group took its place, or it failed with
//! an outcome.

use super::fault::Faults;
use super::group::Group;
use crate::journal::{AppendFailure, Journal};
use crate::model::chain_hash::ChainHash;
use crate::model::error::Error;

/// What gives changes their place in the order of all changes.
#[derive(Debug)]
pub(super) struct Sequencer {
    /// `None` in a store that is only read.
    journal: Option<Journal>,
}

/// A group that took its place, and is durable.
#[derive(Clone, Copy, Debug)]
pub(super) struct Took {
    /// The chain hash after its last change.
    pub(super) hash: ChainHash,
    /// How many bytes of journal it took.
    pub(super) bytes: u64,
}

impl Sequencer {
    pub(super) const fn new(journal: Option<Journal>) -> Self {
        Self { journal }
    }

    /// The journal; `None` in a store that is only read.
    pub(super) const fn journal(&self) -> Option<&Journal> {
        self.journal.as_ref()
    }

    /// Makes the changes of a group durable, as one.
    ///
    /// Cost: one write and one sync.
    ///
    /// # Errors
    ///
    /// The failure, which tells whether the journal can be used further; only then the changes are surely not in it.
    pub(super) fn commit(
        &mut self,
        group: &Group,
        faults: &mut Faults,
    ) -> Result<Took, AppendFailure> {
        if let Some(failure) = faults.failed_append() {
            return Err(failure);
        }
        // A change is refused before where the store is only read.
        let read_only = || AppendFailure { error: Error::ReadOnly, usable: true };
        let journal = self.journal.as_mut().ok_or_else(read_only)?;
        let bytes = journal.append(&group.payloads, &[], group.clock)?;
        Ok(Took { hash: journal.head_hash(), bytes })
    }
}
