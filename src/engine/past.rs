//! Earlier states, computed from the current state and the journal.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::live::Open;
use super::{Engine, SnapshotGuard};
use crate::catch_panic::catch_panic;
use crate::journal::{Backwards, Kept, Past, Reader};
use crate::model::chain_hash::ChainHash;
use crate::model::error::{Error, Result};
use crate::model::key::ViewKey;
use crate::model::mark::Mark;
use crate::model::time::Timestamp;
use crate::model::{ChangeRecord, Stamp, ViewTrace};
use crate::state::Unapply;

impl Engine {
    /// The state at a revision that the journal keeps. The later changes are undone on a clone, from the newest to the
    /// oldest.
    ///
    /// Cost: O(bytes of the later changes and of one segment + links of the views that lost links in them).
    ///
    /// # Errors
    ///
    /// [`Error::RevisionAhead`], [`Error::JournalTrimmed`], [`Error::DetailNotKept`]; [`Error::Io`] and
    /// [`Error::Damaged`] if the journal cannot be read.
    pub(crate) fn snapshot_at(&self, revision: u64) -> Result<(Open, SnapshotGuard)> {
        let (open, guard) = self.snapshot()?;
        let newest = open.state.head().revision;
        if revision > newest {
            return Err(Error::RevisionAhead { requested: revision, newest });
        }
        if revision == newest {
            return Ok((open, guard));
        }
        let then = catch_panic(|| undo_after(open, revision))?;
        Ok((then, self.snapshots.track(revision)))
    }
}

impl Engine {
    /// A change that the journal keeps, and those of its views that still exist, with their ids.
    ///
    /// Cost: O(bytes of one segment); if the change has views, also O(bytes of the later changes).
    ///
    /// # Errors
    ///
    /// [`Error::NoSuchChange`], [`Error::RevisionAhead`], [`Error::JournalTrimmed`]; [`Error::Io`] and
    /// [`Error::Damaged`] if the journal cannot be read.
    pub(crate) fn past_change(
        &self,
        revision: u64,
    ) -> Result<(ChangeRecord, BTreeMap<ViewKey, u32>)> {
        let open = self.with_open(|open| Ok(open.clone()))?;
        let newest = open.state.head().revision;
        if revision == 0 {
            return Err(Error::NoSuchChange);
        }
        if revision > newest {
            return Err(Error::RevisionAhead { requested: revision, newest });
        }
        let _kept = Kept::new(Arc::clone(&open.segments));
        let changes = Reader::new(Arc::clone(&open.segments), revision, newest)?;
        let mut changes = changes.map(|read| ChangeRecord::decode(&read?.1));
        let oldest = open.segments.oldest().unwrap_or(1);
        let trimmed = Error::JournalTrimmed { requested: revision, oldest };
        let change = changes.next().ok_or(trimmed)??;
        let mut trace = ViewTrace::new(&change);
        while !trace.is_empty()
            && let Some(later) = changes.next()
        {
            trace.follow(&later?);
        }
        Ok((change, open.state.same_views(&trace)))
    }
}

/// The state without the changes after a revision.
fn undo_after(open: Open, revision: u64) -> Result<Open> {
    let Open { identity, state, segments, .. } = open;
    // No shared order continues from this state.
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
        unapply.undo(&change)?;
    }
    // There was no change before the first one.
    let stamp = Stamp { revision: 0, time: Timestamp::default() };
    let (state, hash) = (unapply.finish(stamp)?, ChainHash::default());
    Ok(Open { identity, state, hash, mark, segments })
}
