//! The store's own journal, which makes groups of changes durable, and the failures that a test requests.

use super::fault::Faults;
use crate::journal::{AppendFailure, Journal};
use crate::model::chain_hash::ChainHash;
use crate::model::error::Error;
use crate::model::mark::Mark;
use crate::model::time::Timestamp;

/// The store's own journal.
#[derive(Debug)]
pub(super) struct OwnJournal {
    /// `None` in a read-only store.
    journal: Option<Journal>,
}

/// Groups that are durable.
#[derive(Clone, Copy, Debug)]
pub(super) struct Appended {
    /// The chain hash after the last change.
    pub(super) hash: ChainHash,
    /// How many bytes of journal they took.
    pub(super) bytes: u64,
}

impl OwnJournal {
    pub(super) const fn new(journal: Option<Journal>) -> Self {
        Self { journal }
    }

    /// The journal; `None` in a read-only store.
    pub(super) const fn journal(&self) -> Option<&Journal> {
        self.journal.as_ref()
    }

    /// Makes the changes of groups durable, each group as one, with its mark.
    ///
    /// Cost: one write and one sync.
    ///
    /// # Errors
    ///
    /// The failure, which says whether the journal can still be used. If it can, the changes are certainly not in the
    /// journal; otherwise they may be.
    pub(super) fn append<'g>(
        &mut self,
        groups: impl IntoIterator<Item = (&'g [Vec<u8>], Mark)>,
        clock: Timestamp,
        faults: &mut Faults,
    ) -> Result<Appended, AppendFailure> {
        if let Some(failure) = faults.failed_append() {
            return Err(failure);
        }
        // In a read-only store, changes are refused before this point.
        let read_only = || AppendFailure { error: Error::ReadOnly, usable: true };
        let journal = self.journal.as_mut().ok_or_else(read_only)?;
        let bytes = journal.append_all(groups, clock)?;
        Ok(Appended { hash: journal.head_hash(), bytes })
    }
}
