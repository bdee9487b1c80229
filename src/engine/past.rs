//! The state as it was at a revision before, from the state as it is and the journal.

use std::sync::Arc;

use super::live::Open;
use super::{Engine, SnapshotGuard};
use crate::catch_panic::catch_panic;
use crate::journal::{Backwards, Kept, Past, Reader};
use crate::model::chain_hash::ChainHash;
use crate::model::error::{Error, Result};
use crate::model::mark::Mark;
use crate::model::time::Timestamp;
use crate::model::{ChangeRecord, Stamp};
use crate::state::Unapply;

impl Engine {
    /// The state at a revision that the journal keeps: the changes since are taken back on a clone, from the newest on.
    ///
    /// Cost: O(bytes of the changes since, and of one segment + links of the views that lost some since).
    ///
    /// # Errors
    ///
    /// [`Error::RevisionAhead`], [`Error::JournalTrimmed`], [`Error::DetailNotKept`]; [`Error::Io`] and
    /// [`Error::Damaged`] when the journal cannot be read.
    pub(crate) fn snapshot_at(&self, revision: u64) -> Result<(Open, SnapshotGuard)> {
        let (open, guard) = self.snapshot()?;
        let newest = open.state.head().revision;
        if revision > newest {
            return Err(Error::RevisionAhead { requested: revision, newest });
        }
        if revision == newest {
            return Ok((open, guard));
        }
        let then = catch_panic(|| taken_back(open, revision))?;
        Ok((then, self.snapshots.track(revision)))
    }
}

impl Engine {
    /// A change that the journal keeps.
    ///
    /// Cost: O(bytes of one segment).
    ///
    /// # Errors
    ///
    /// [`Error::RevisionAhead`], [`Error::JournalTrimmed`]; [`Error::Io`] and [`Error::Damaged`] when the journal cannot be
    /// read.
    pub(crate) fn past_change(&self, revision: u64) -> Result<ChangeRecord> {
        let open = self.with_open(|open| Ok(open.clone()))?;
        let newest = open.state.head().revision;
        if revision > newest {
            return Err(Error::RevisionAhead { requested: revision, newest });
        }
        let read = match revision {
            0 => None,
            _ => Reader::new(Arc::clone(&open.segments), revision, revision)?.next(),
        };
        let oldest = open.segments.oldest().unwrap_or(1);
        let (_, payload) = read.ok_or(Error::JournalTrimmed { requested: revision, oldest })??;
        ChangeRecord::decode(&payload)
    }
}

/// The state without the changes after a revision.
fn taken_back(open: Open, revision: u64) -> Result<Open> {
    let Open { identity, state, segments, .. } = open;
    // Nothing goes on from there.
    let mark = Mark::default();
    let _kept = Kept::new(Arc::clone(&segments));
    let newest = state.head().revision;
    let mut unapply = Unapply::new(state);
    for past in Backwards::new(Arc::clone(&segments), revision, newest)? {
        let Past { payload, hash, .. } = past?;
        let change = ChangeRecord::decode(&payload)?;
        if change.stamp.revision == revision {
            let state = unapply.finish(change.stamp)?;
            return Ok(Open { identity, state, hash, mark, segments });
        }
        unapply.take_back(&change)?;
    }
    // There was no change before the first one.
    let stamp = Stamp { revision: 0, time: Timestamp::default() };
    let (state, hash) = (unapply.finish(stamp)?, ChainHash::default());
    Ok(Open { identity, state, hash, mark, segments })
}
