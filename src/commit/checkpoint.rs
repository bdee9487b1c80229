//! When the state is brought to disk, and what that lets go of.
//!
//! A checkpoint is a durable commit of the database with quick repair. Pages changed between two
//! checkpoints cannot be used again before the second one, so the trigger is work done: rows
//! written and bytes of journal.

use std::time::Instant;

use super::Open;
use super::writer::Writer;
use crate::journal::Retention;
use crate::model::error::Result;
use crate::options::Options;
use crate::storage::contain;
use crate::trace;

/// The work since the last checkpoint.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Work {
    rows: u64,
    bytes: u64,
}

impl Work {
    pub(super) fn add(&mut self, rows: u64, bytes: u64) {
        self.rows = self.rows.saturating_add(rows);
        self.bytes = self.bytes.saturating_add(bytes);
    }

    pub(super) fn rows(self) -> u64 {
        self.rows
    }

    pub(super) fn bytes(self) -> u64 {
        self.bytes
    }
}

impl Writer {
    pub(super) fn is_checkpoint_due(&self, options: &Options) -> bool {
        self.work.rows >= options.checkpoint_rows || self.work.bytes >= options.checkpoint_bytes
    }

    /// Brings the state to disk and lets the journal go as far as nobody needs it.
    ///
    /// Cost: O(pages changed since the last one).
    pub(super) fn checkpoint(&mut self, open: &Open, options: &Options) -> Result<()> {
        let (begun, span, work) = (Instant::now(), trace::checkpoint(), self.work);
        let done = contain(|| open.state.checkpoint());
        self.or_stop(done)?;
        self.work = Work::default();
        let (revision, took) = (open.state.shown().0, begun.elapsed());
        self.gauges.count_checkpoint(revision, took);
        trace::checkpointed(&span, revision, work.rows, work.bytes, took);
        self.gauges.note(open, self.work);
        self.trim(open, options)
    }

    /// The same where that was not done since the last change.
    ///
    /// A commit of the database makes its file grow, also when there is nothing to bring.
    pub(super) fn checkpoint_if_needed(&mut self, open: &Open, options: &Options) -> Result<()> {
        if self.work.rows > 0 { self.checkpoint(open, options) } else { self.trim(open, options) }
    }

    /// Lets go of the journal as far as the state on disk does not need it, right after it was
    /// brought there.
    fn trim(&self, open: &Open, options: &Options) -> Result<()> {
        // There is one: of a store that is only read no checkpoint is made.
        let Some(journal) = &self.journal else { return Ok(()) };
        let retention = Retention { changes: options.keep_changes, age: options.keep_for };
        // The state on disk needs the changes that are not folded, to recall its tail.
        let needed = journal.head().min(open.state.folded_to());
        // A segment that cannot be removed is tried again next time; that stops no change.
        let trimmed = journal.trim(retention, needed, self.time);
        self.gauges.note_journal(&open.segments);
        trimmed
    }

    /// Does what is due after a group of changes, which have their answers: a slice of a fold, a
    /// checkpoint. Only the caller who leads waits for it.
    ///
    /// The changes are made whatever becomes of this. If the database fails here, the next call
    /// hears of it.
    pub(super) fn keep_up(&mut self, open: &Open, options: &Options, keys: u64) {
        let _ = match self.check() {
            // What is only read stays as it was found.
            Ok(()) if self.journal.is_none() => Ok(()),
            Ok(()) => self.fold_some(open, options, keys).and_then(|()| {
                if self.is_checkpoint_due(options) {
                    self.checkpoint(open, options)
                } else {
                    Ok(())
                }
            }),
            Err(_) => Ok(()),
        };
    }

    /// Brings everything to disk and closes the files.
    pub(super) fn close(&mut self, open: Open, options: &Options) -> Result<()> {
        let brought = self.bring_to_disk(&open, options);
        if let (Ok(()), Some(journal)) = (self.check(), &self.journal) {
            journal.finish();
            self.gauges.note_journal(&open.segments);
        }
        open.segments.retire();
        let closed = open.state.close();
        brought.and(closed)
    }

    fn bring_to_disk(&mut self, open: &Open, options: &Options) -> Result<()> {
        if self.journal.is_none() {
            return Ok(());
        }
        self.check()?;
        self.fold_all(open)?;
        self.checkpoint_if_needed(open, options)
    }
}
