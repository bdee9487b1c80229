//! Writes the changes of one journal into the journal of another store.

use std::sync::Arc;

use super::frame::NewFrame;
use super::group::Group;
use super::point::Point;
use super::{AppendFailure, Journal, JournalOptions, Scan, Segments};
use crate::model::error::{Outcome, Result};

/// The most bytes of frames that are written and synced at once, except for one large frame.
const BYTES_AT_ONCE: u64 = 1 << 20;

impl Journal {
    /// Makes the journal of a store that begins after a point, and writes groups that follow it, each with its mark and
    /// its age; everything is synced when this returns.
    ///
    /// The copy has the same chain of hashes.
    ///
    /// Cost: O(bytes), and one sync per mebibyte or quarter of a segment.
    pub(crate) fn copy(
        segments: Arc<Segments>,
        before: Point,
        options: JournalOptions,
        groups: impl Iterator<Item = Result<Group>>,
    ) -> Result<()> {
        let mut journal = Self::start(segments, &Scan::at(before), options)?;
        // Frames that are written at once must be in one segment.
        let at_once = BYTES_AT_ONCE.min(options.segment_size / 4);
        let (mut frames, mut end) = (Vec::new(), before);
        for group in groups {
            let group = group?;
            let payloads = Vec::from(group.changes);
            let frame = NewFrame {
                before: end,
                durable_up_to: journal.head.revision,
                age: group.age,
                mark: &group.mark,
                payloads: &payloads,
            };
            end = frame.push(journal.segments.store_id(), &mut frames)?;
            if frames.len() as u64 >= at_once {
                journal.append_copies(&frames, end)?;
                frames.clear();
            }
        }
        if !frames.is_empty() {
            journal.append_copies(&frames, end)?;
        }
        journal.finish();
        Ok(())
    }

    fn append_copies(&mut self, frames: &[u8], end: Point) -> Result<()> {
        // The source store is unchanged.
        let not_applied = |AppendFailure { error, .. }| error.with_outcome(Outcome::NotApplied);
        self.append_frames(frames, end).map_err(not_applied)
    }
}
