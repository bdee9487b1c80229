//! Recovery: opens the files that a crash left.
//!
//! The state is loaded from the newest checkpoint, and the later changes are replayed from the journal. No file is
//! written before all of it is known to be readable and consistent. Nothing is shown to readers before all of it is
//! durable.
//!
//! For a read-only store this is the same, but it stops before the first write: no journal is started.

use std::sync::Arc;
use std::time::Instant;

use super::SharedDisk;
use super::checkpoint_file;
use super::directory::Directory;
use super::live::Open;
use super::memory_budget::MemoryBudget;
use super::metrics::Checkpointed;
use super::own_journal::OwnJournal;
use super::writer::Writer;
use crate::catch_panic::catch_panic;
use crate::checkpoint::{self, Checkpoint};
use crate::journal::{Journal, JournalOptions, Reader, Segments, StateHead, StoreId, scan};
use crate::model::ChangeRecord;
use crate::model::chain_hash::ChainHash;
use crate::model::error::{Error, Result, StoreFile};
use crate::model::mark::Mark;
use crate::options::{Options, RecoveryProgress};
use crate::parallel::Threads;
use crate::state::State;
use crate::trace::{self, Recovered};

/// The callback gets the progress of a replay each time after this number of changes.
const REPORT_EVERY: u64 = 10_000;

/// Opens the files of a store and brings the state up to date.
///
/// Cost: O(n log n) with the size of the state, on all cores, and O(changes since the last checkpoint).
pub(super) fn open(directory: &Directory, options: &Options) -> Result<(Open, Writer)> {
    let (begun, _span) = (Instant::now(), trace::recovery());
    let disk = directory.disk();
    let file = checkpoint_file::open(disk)?;
    let length = file.len().map_err(|source| Error::io("read the checkpoint", source))?;
    report(options, RecoveryProgress::Loading { bytes: length })?;
    let threads = Threads::all_cores();
    let limit = memory_limit(options);
    let Checkpoint { identity, hash, mark, state } =
        checkpoint::load(file, directory.path(), threads, limit)
            .map_err(|error| lost(disk, error))?;
    let revision = state.head().revision;
    let segments = Arc::new(Segments::open(Arc::clone(disk), identity.store_id)?);
    let found = scan(&segments, StateHead { revision, hash: Some(hash) })?;
    let mut replay = Replay { state, hash, mark, bytes: 0 };
    replay.run(&segments, found.head, &|progress| report(options, progress))?;
    debug_assert_eq!(replay.hash, found.head_hash, "the scan read the same changes");
    MemoryBudget::new(limit).check(&replay.state)?;
    let budget = MemoryBudget::new(options.memory_limit);
    let journal = match options.read_only {
        true => None,
        false => {
            Some(Journal::start(Arc::clone(&segments), &found, JournalOptions::from(options))?)
        }
    };
    let Replay { state, hash, mark, bytes } = replay;
    let writer = Writer::new(OwnJournal::new(journal), budget);
    writer.metrics.checkpoints.set(Checkpointed { revision, appended: 0, bytes: length });
    writer.metrics.count_appended(bytes);
    trace::recovered(&Recovered {
        state_revision: revision,
        revision: found.head,
        rewritten: if options.read_only { 0 } else { found.rewritten() },
        cut_bytes: found.cut_bytes,
        duration: begun.elapsed(),
    });
    Ok((Open { identity, state, hash, mark, segments }, writer))
}

/// The memory limit for a loaded state. There is none for a copy of a shared order: it must have the same state as the
/// others.
fn memory_limit(options: &Options) -> Option<u64> {
    match options.sequencer {
        Some(_) => None,
        None => options.memory_limit,
    }
}

/// The error if the file of the checkpoint is not a checkpoint: damage if there is a journal with changes.
fn lost(disk: &SharedDisk, error: Error) -> Error {
    let Error::NotAStore { reason, .. } = &error else { return error };
    let segments = Segments::open(Arc::clone(disk), StoreId::default());
    match segments.and_then(|segments| segments.hold_changes()) {
        Ok(true) => {
            let detail = format!("{reason}, and there is a journal");
            Error::damaged(StoreFile::State, checkpoint_file::NAME, detail)
        }
        Ok(false) | Err(_) => error,
    }
}

/// Reports the progress of an opening to the host, whose callback may panic.
fn report(options: &Options, progress: RecoveryProgress) -> Result<()> {
    catch_panic(|| {
        (options.on_recovery)(progress);
        Ok(())
    })
}

/// A state to which the changes of a journal are applied.
#[derive(Debug)]
pub(super) struct Replay {
    pub(super) state: State,
    /// The chain hash of all changes up to the state.
    pub(super) hash: ChainHash,
    /// The mark of the last group; empty in the middle of one.
    pub(super) mark: Mark,
    /// The bytes of the changes that were applied.
    pub(super) bytes: u64,
}

impl Replay {
    /// Applies the changes from the state's revision to `end`.
    ///
    /// Cost: O(bytes of the changes).
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] if a change cannot be read or does not fit; then the state must not be used. Those of
    /// `tell`.
    pub(super) fn run(
        &mut self,
        segments: &Arc<Segments>,
        end: u64,
        report: &dyn Fn(RecoveryProgress) -> Result<()>,
    ) -> Result<()> {
        let start = self.state.head().revision;
        if end < start {
            let detail = format!("it ends at change {end}, and the checkpoint is at {start}");
            return Err(Error::damaged(StoreFile::Journal, "journal", detail));
        }
        let total = end - start;
        let mut reader = Reader::new(Arc::clone(segments), start.saturating_add(1), end)?;
        while let Some(change) = reader.next() {
            let (revision, payload) = change?;
            self.hash = self.hash.after(&payload);
            catch_panic(|| self.state.apply_chained(&ChangeRecord::decode(&payload)?, self.hash))
                .map_err(|error| misfit(revision, error))?;
            self.mark = read_mark(revision, reader.mark().unwrap_or_default())?;
            self.bytes = self.bytes.saturating_add(payload.len() as u64);
            let done = revision - start;
            if done == total || done.is_multiple_of(REPORT_EVERY) {
                report(RecoveryProgress::Replaying { done, total })?;
            }
        }
        Ok(())
    }
}

fn read_mark(revision: u64, bytes: &[u8]) -> Result<Mark> {
    Mark::new(bytes).ok_or_else(|| {
        let part = format!("change {revision} of the journal");
        Error::damaged(StoreFile::Journal, part, "its mark is too long")
    })
}

/// The error for a change that panicked: it does not belong to this state.
fn misfit(revision: u64, error: Error) -> Error {
    match error {
        Error::Panicked { message } => {
            let part = format!("change {revision} of the journal");
            Error::damaged(StoreFile::Journal, part, message)
        }
        other => other,
    }
}
