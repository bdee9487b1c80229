//! Writing the changes of one journal into the journal of another store.

use std::sync::Arc;

use super::{AppendFailure, Journal, Segments, Survey};
use crate::model::error::{Outcome, Result};
use crate::model::time::Timestamp;

/// How many bytes of changes are written and synced at once at most, but for the last of them.
const BYTES_AT_ONCE: u64 = 1 << 20;

impl Journal {
    /// Makes the journal of a store that begins with the change `first`, and writes changes into it,
    /// each with its time; all of it is synced when this returns.
    ///
    /// `base_time` is not before the time of the change in front of the first one.
    ///
    /// Cost: O(bytes), and one sync a mebibyte or quarter of a segment.
    pub(crate) fn copy(
        segments: Arc<Segments>,
        first: u64,
        base_time: Timestamp,
        segment_size: u64,
        changes: impl Iterator<Item = Result<(Timestamp, Vec<u8>)>>,
    ) -> Result<()> {
        let before = Survey::at(first.saturating_sub(1));
        let mut journal = Self::start(segments, &before, base_time, segment_size)?;
        // Changes that are written at once are in one segment.
        let at_once = BYTES_AT_ONCE.min(segment_size / 4);
        let mut last_time = base_time;
        let (mut payloads, mut bytes) = (Vec::new(), 0);
        for change in changes {
            let (time, payload) = change?;
            bytes += payload.len();
            payloads.push(payload);
            if bytes as u64 >= at_once {
                journal.append_copies(&payloads, last_time)?;
                (last_time, bytes) = (time, 0);
                payloads.clear();
            }
        }
        if !payloads.is_empty() {
            journal.append_copies(&payloads, last_time)?;
        }
        journal.finish();
        Ok(())
    }

    fn append_copies(&mut self, payloads: &[Vec<u8>], last_time: Timestamp) -> Result<()> {
        match self.append(payloads, last_time) {
            Ok(_) => Ok(()),
            // The store that is copied from is as it was.
            Err(AppendFailure { error, .. }) => Err(error.with_outcome(Outcome::NotApplied)),
        }
    }
}
