//! The engine of a store: one writer, any number of readers, a journal and checkpoints.
//!
//! A change is decided against the state, appended to the journal and synced. Then it is shown to readers, and its
//! answer is given last. So no answer and no reader depends on a change that a crash could undo. The write path is one
//! function: [`Writer::commit`](writer::Writer::commit). Only checkpoints write the state to disk; after a crash, the
//! later changes come from the journal.
//!
//! A table in `docs/design.md` lists the possible failures and their consequences.

mod backup;
mod checkpoint_file;
mod checkpointer;
mod commit_timer;
mod directory;
mod fault;
mod followed;
mod group;
mod group_commit;
#[cfg(all(feature = "tokio", not(loom)))]
mod listener;
mod live;
mod memory_budget;
mod metrics;
mod notifier;
mod own_journal;
mod past;
mod process;
mod recovery;
mod request;
mod restore;
mod shared_order;
mod size;
mod snapshot_tracker;
#[cfg(feature = "testing")]
mod subdirectory;
mod sync;
mod times;
mod verify;
mod writer;

use std::sync::{Arc, Mutex, MutexGuard};

use crate::catch_panic::catch_panic;
use crate::disk::Disk;
use crate::health::Health;
use crate::journal::{Journal, StoreId};
use crate::model::KeyOutcome;
use crate::model::error::{Error, Result};
use crate::options::Options;
use crate::stats::{OutcomeCounts, Stats};

pub(crate) use directory::Directory;
#[cfg(feature = "testing")]
pub use fault::Fault;
#[cfg(all(feature = "tokio", not(loom)))]
pub(crate) use listener::Listener;
pub(crate) use live::Open;
pub(crate) use notifier::Notifier;
pub(crate) use request::{Answered, Request};
pub(crate) use restore::{Source, restore};
pub(crate) use snapshot_tracker::SnapshotGuard;
#[cfg(feature = "testing")]
pub(crate) use subdirectory::Subdirectory;

use checkpointer::{CheckpointInput, Checkpointer};
use group::refused;
use group_commit::{GroupCommit, Reply};
use live::Live;
use metrics::Metrics;
use process::Process;
use snapshot_tracker::SnapshotTracker;
use writer::Writer;

/// The parts of an open store, shared by all its handles and snapshots.
#[derive(Debug)]
pub(crate) struct Engine {
    options: Options,
    process: Process,
    /// Callers that wait until their change is made.
    commits: GroupCommit<Arc<Request>, Answered>,
    /// Locked while changes of other stores are followed, and while a change waits for its place in the shared order.
    /// It is locked before the writer, and only if the order of changes is shared.
    turn: Mutex<()>,
    /// Only the owner of this lock may change the store. It is locked before `live`.
    writer: Mutex<Writer>,
    /// The state that readers see. They wait for no change, except while a small one is applied.
    live: Live,
    checkpointer: Checkpointer,
    /// The metrics of the writer and the checkpointer.
    metrics: Arc<Metrics>,
    snapshots: Arc<SnapshotTracker>,
    /// It notifies after every change of the data that can be read.
    notifier: Notifier,
    store_id: StoreId,
    /// It is dropped last, because it has the lock.
    directory: Directory,
}

impl Engine {
    /// Opens the store in a directory and recovers it.
    pub(crate) fn start(directory: Directory, options: Options) -> Result<Self> {
        let (open, writer) = recovery::open(&directory, &options)?;
        let metrics = Arc::clone(&writer.metrics);
        let checkpointer = Checkpointer::new(&directory, Arc::clone(&metrics), &options)?;
        let (store_id, live) = (open.identity.store_id, Live::new(open));
        metrics.note(&live);
        Ok(Self {
            process: Process::current(),
            commits: GroupCommit::new(options.group_keys),
            turn: Mutex::new(()),
            writer: Mutex::new(writer),
            live,
            checkpointer,
            metrics,
            snapshots: Arc::default(),
            notifier: Notifier::new(),
            store_id,
            directory,
            options,
        })
    }

    pub(crate) const fn options(&self) -> &Options {
        &self.options
    }

    pub(crate) const fn store_id(&self) -> StoreId {
        self.store_id
    }

    pub(crate) const fn notifier(&self) -> &Notifier {
        &self.notifier
    }

    /// Makes a change. If there is nothing to change, or in a dry run, nothing is made.
    ///
    /// Cost: that of deciding and applying it, one append and one sync. Concurrent calls share the append and the
    /// sync.
    pub(crate) fn execute(&self, request: &Arc<Request>) -> Answered {
        self.process.check()?;
        if !request.dry_run {
            self.check_not_read_only()?;
        }
        if let Some(answered) = self.rehearse(request) {
            return answered;
        }
        let request = Arc::clone(request);
        let answered = self.commits.call(request, |requests, reply| self.lead(requests, reply));
        answered.unwrap_or_else(|| Err(request::abandoned()))
    }

    /// Makes the changes of a group of callers, and does the work that is due after them.
    fn lead(&self, requests: Vec<Arc<Request>>, reply: Reply<'_, Arc<Request>, Answered>) {
        if let Some(sequencer) = self.shared_order() {
            return self.lead_in_turn(sequencer, &requests, reply);
        }
        let mut writer = self.writer();
        if let Err(error) = self.check_room(&writer) {
            return reply.answer(refused(requests.len(), error));
        }
        let shown = self.metrics.revision();
        writer.commit(&self.live, &self.options, requests, |answers| reply.answer(answers));
        self.keep_up(&writer, shown);
    }

    /// Checks that changes can be made and the journal has room for them.
    fn check_room(&self, writer: &Writer) -> Result<()> {
        writer.check()?;
        match self.options.read_only {
            // Nothing will be appended.
            true => Ok(()),
            false => self.checkpointer.wait_for_room(|| self.checkpoint_input(writer)),
        }
    }

    /// Does the work that is due after changes. Before them, readers saw the revision `shown`.
    fn keep_up(&self, writer: &Writer, shown: u64) {
        if self.metrics.revision() != shown || writer.check().is_err() {
            // After the answers, and before work that may take long.
            self.notifier.notify();
        }
        if writer.check().is_ok() && !self.options.read_only {
            let needs_segment = writer.own.journal().is_some_and(Journal::needs_ahead);
            self.checkpointer.keep_up(|| self.checkpoint_input(writer), needs_segment);
        }
    }

    /// Checks that the store may be changed at all.
    fn check_not_read_only(&self) -> Result<()> {
        if self.options.read_only { Err(Error::ReadOnly) } else { Ok(()) }
    }

    /// Writes the state to disk, so that an opening needs nothing from the journal.
    pub(crate) fn checkpoint(&self) -> Result<()> {
        self.process.check()?;
        self.check_not_read_only()?;
        let input = {
            let writer = self.writer();
            writer.check()?;
            self.checkpoint_input(&writer).ok_or_else(|| writer.stopped())?
        };
        self.checkpointer.run(&input)
    }

    /// The input for a checkpoint of the current state; `None` if there is nothing to read, or if the store is
    /// read-only.
    fn checkpoint_input(&self, writer: &Writer) -> Option<CheckpointInput> {
        let point = writer.own.journal()?.head_point();
        Some(CheckpointInput { open: self.live.get()?, appended: self.metrics.appended(), point })
    }

    /// The current state, with the journal that has its changes. It counts as a snapshot as long as the guard lives.
    ///
    /// Cost: O(1).
    pub(crate) fn snapshot(&self) -> Result<(Open, SnapshotGuard)> {
        self.with_open(|open| {
            let guard = self.snapshots.track(open.state.head().revision);
            Ok((open.clone(), guard))
        })
    }

    /// Reads the current state, and keeps nothing of it.
    pub(crate) fn with_open<T>(&self, read: impl Fn(&Open) -> Result<T>) -> Result<T> {
        self.process.check()?;
        loop {
            if let Some(open) = self.live.read().as_ref() {
                return read(open);
            }
            // A recovery may be in progress, which has locked the writer.
            let writer = self.writer();
            if self.live.read().is_none() {
                return Err(writer.stopped());
            }
        }
    }

    /// Repeats recovery while handles exist, after a failure stopped writes.
    pub(crate) fn recover(&self) -> Result<()> {
        self.process.check()?;
        let recovered = self.recover_quietly();
        self.notifier.notify();
        recovered
    }

    fn recover_quietly(&self) -> Result<()> {
        let _turn = self.turn();
        let mut writer = self.writer();
        match writer.check() {
            Ok(()) => return Ok(()),
            Err(Error::Closed) => return Err(Error::Closed),
            Err(_) => {}
        }
        self.checkpointer.cancel();
        let _paused = self.checkpointer.pause();
        if let Some(open) = self.live.take() {
            open.segments.retire();
        }
        match recovery::open(&self.directory, &self.options) {
            Ok((open, recovered)) => {
                self.live.set(open);
                writer.renew(recovered);
                self.metrics.note(&self.live);
                Ok(())
            }
            Err(error) => {
                writer.recovery_failed(&error);
                Err(error)
            }
        }
    }

    /// Whether changes can be made; does not wait for a change.
    pub(crate) fn health(&self) -> Health {
        match self.process.check() {
            Ok(()) => self.metrics.health(),
            Err(error) => Health::WritesStopped { reason: error.to_string() },
        }
    }

    /// Counts the outcomes of the keys of a change.
    pub(crate) fn count_keys<'a>(&self, outcomes: impl Iterator<Item = &'a KeyOutcome>) {
        self.metrics.count_keys(&OutcomeCounts::of(outcomes));
    }

    /// The current figures, without waiting for a change.
    pub(crate) fn stats(&self) -> Stats {
        let (snapshots, oldest) = self.snapshots.figures();
        Stats {
            snapshots,
            oldest_snapshot: oldest.map(|oldest| oldest.age),
            oldest_snapshot_revision: oldest.map(|oldest| oldest.revision),
            ..self.metrics.stats()
        }
    }

    /// Closes the store for all its handles.
    pub(crate) fn close(&self) -> Result<()> {
        self.process.check()?;
        let closed = self.close_quietly();
        self.notifier.notify();
        closed
    }

    fn close_quietly(&self) -> Result<()> {
        let _turn = self.turn();
        let writer = self.writer();
        if writer.is_closed() {
            return Err(Error::Closed);
        }
        let result = self.finish(&writer);
        writer.set_closed();
        self.directory.release().and(result)
    }

    /// Writes everything to disk and removes the state from memory.
    fn finish(&self, writer: &Writer) -> Result<()> {
        self.checkpointer.cancel();
        let input = self.checkpoint_input(writer);
        let Some(open) = self.live.take() else { return Err(writer.stopped()) };
        let written = match (writer.own.journal(), input) {
            (Some(journal), Some(input)) => writer.check().and_then(|()| {
                let written = self.checkpointer.run(&input);
                journal.finish();
                self.metrics.note_journal(&open.segments);
                written
            }),
            _ => Ok(()),
        };
        let _paused = self.checkpointer.pause();
        open.segments.retire();
        written
    }

    /// Makes the next change fail.
    #[cfg(feature = "testing")]
    pub(crate) fn set_fault(&self, fault: Fault) {
        self.writer().set_fault(fault);
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(|poisoned| {
            // Panics are caught where a call is decided and applied. After a panic elsewhere, the writer may not match
            // the files any more.
            self.writer.clear_poison();
            let writer = poisoned.into_inner();
            writer.stop(&Error::Panicked { message: "during a commit".to_owned() });
            writer
        })
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // A forked child has no thread to wait for, and must not touch the files of its parent.
        if self.process.is_current() {
            // A caller that wants to get the error calls `close`.
            let _ = catch_panic(|| match self.writer() {
                writer if writer.is_closed() => Ok(()),
                writer => self.finish(&writer),
            });
        }
    }
}

/// The disk of a directory.
pub(crate) type SharedDisk = Arc<dyn Disk>;

#[cfg(test)]
mod tests;
