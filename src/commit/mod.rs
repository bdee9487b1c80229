//! Making changes: one transaction, one append to the journal, one sync, for all who call at the
//! same time.
//!
//! A change is applied to the tables, appended to the journal and synced, and only then shown to
//! readers; its answer is given last. So an answer is never given, and a reader never sees, what
//! a crash could take back (invariants 6 and 8). The state database itself is synced at
//! checkpoints only; what it lacks after a crash comes from the journal.
//!
//! What may fail, and what then, is a table in `docs/design.md`.

mod backup;
mod bell;
mod checkpoint;
mod course;
mod directory;
mod fault;
mod fold;
mod gauges;
mod hold;
#[cfg(all(feature = "tokio", not(loom)))]
mod listener;
mod queue;
mod recovery;
mod replay;
mod request;
mod size;
mod sync;
mod times;
mod verify;
mod writer;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use crate::disk::Disk;
use crate::health::Health;
use crate::journal::{Segments, StoreId};
use crate::model::KeyOutcome;
use crate::model::error::{Error, Result};
use crate::options::Options;
use crate::stats::{OutcomeCounts, Stats};
use crate::storage::{State, contain};
use crate::verify::Verification;

pub(crate) use bell::Bell;
pub(crate) use directory::Directory;
#[cfg(feature = "testing")]
pub use fault::Fault;
pub(crate) use hold::Hold;
#[cfg(all(feature = "tokio", not(loom)))]
pub(crate) use listener::Listener;
pub(crate) use request::{Ask, Draft, Recorded};

use gauges::Gauges;
use hold::Holds;
use queue::{Lead, Queue, Word};
use request::{Call, Request};
use writer::{Writer, tell_all};

/// The parts of an open store, shared by all its handles and snapshots.
#[derive(Debug)]
pub(crate) struct Engine {
    options: Options,
    /// Callers that wait for their change to be made.
    queue: Queue<Box<dyn Call>>,
    /// `None` when the store is closed, or a recovery failed. Readers hold the lock only to begin
    /// a read, so they wait for a recovery, a compaction or a close and never for a change.
    open: RwLock<Option<Open>>,
    /// Who has it may change the store. Taken before `open`.
    writer: Mutex<Writer>,
    /// Those of the writer.
    gauges: Arc<Gauges>,
    holds: Arc<Holds>,
    /// Rung behind everything that changes what there is to read.
    bell: Bell,
    store_id: StoreId,
    /// Dropped last: the database writes when it is dropped, and the directory must still be
    /// locked then.
    directory: Directory,
}

/// The files of a store.
#[derive(Debug)]
pub(crate) struct Open {
    state: State,
    segments: Arc<Segments>,
}

impl Engine {
    /// Opens the store in a directory and recovers it.
    pub(crate) fn start(directory: Directory, options: Options) -> Result<Self> {
        let (open, writer) = recovery::open(&directory, &options)?;
        let gauges = Arc::clone(&writer.gauges);
        gauges.note(&open, writer.work);
        let holds = Arc::new(Holds::new(&options));
        let (queue, bell, store_id) = (Queue::new(), Bell::new(), open.state.store_id());
        let (open, writer) = (RwLock::new(Some(open)), Mutex::new(writer));
        Ok(Self { options, queue, open, writer, gauges, holds, bell, store_id, directory })
    }

    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    pub(crate) fn store_id(&self) -> StoreId {
        self.store_id
    }

    pub(crate) fn bell(&self) -> &Bell {
        &self.bell
    }

    /// Makes a change, or none if `act` says that there is nothing to change; tells its revision.
    ///
    /// `act` walks about `keys` keys. It must check all that can fail before it changes a table,
    /// and may be called more than once: then what it did before was taken back.
    ///
    /// Cost: that of `act`, one append, one sync; the latter two shared with those who call at the
    /// same time.
    pub(crate) fn commit<T: Send + 'static>(
        &self,
        ask: Ask,
        act: impl Fn(&mut Draft<'_, '_>) -> Result<(T, Option<Recorded>)> + Send + 'static,
    ) -> Result<(T, Option<u64>)> {
        if !ask.dry_run {
            self.check_not_read_only()?;
        }
        let (request, place) = Request::new(ask, act);
        let mut lead = self.queue.join(Box::new(request));
        loop {
            if let Some(lead) = lead.take() {
                self.lead(&lead);
            }
            match place.wait() {
                Word::Lead => lead = Some(self.queue.take_over()),
                Word::Answer(answer) => return answer,
            }
        }
    }

    /// Whether the store may be changed at all.
    fn check_not_read_only(&self) -> Result<()> {
        if self.options.read_only { Err(Error::ReadOnly) } else { Ok(()) }
    }

    /// Makes the changes of a group of callers, and what is due after them.
    fn lead(&self, lead: &Lead<'_, Box<dyn Call>>) {
        let mut writer = self.writer();
        let open = self.open();
        // First, so that this commit can have the pages.
        self.holds.release_expired();
        let calls = lead.group(self.options.group_keys);
        match open.as_ref().filter(|_| writer.check().is_ok()) {
            Some(open) => {
                let asked: u64 = calls.iter().map(|call| call.keys()).sum();
                let waited = open.state.shown().1;
                let shown = self.gauges.revision();
                lead.give_back(writer.change(open, &self.options, calls));
                if self.gauges.revision() != shown {
                    // Behind the answers, and before what may take long.
                    self.bell.ring();
                }
                // A filter, or a replacement, may change more links than keys were asked for.
                let added = open.state.shown().1.saturating_sub(waited) as u64;
                writer.keep_up(open, &self.options, asked.max(added));
            }
            None => tell_all(calls, writer.stopped()),
        }
    }

    /// Brings the state to disk, folded, so that opening needs nothing of the journal.
    pub(crate) fn checkpoint(&self) -> Result<()> {
        self.check_not_read_only()?;
        let mut writer = self.writer();
        let open = self.open();
        let open = open.as_ref().ok_or_else(|| writer.stopped())?;
        writer.check()?;
        self.holds.release_expired();
        writer.fold_all(open)?;
        writer.checkpoint_if_needed(open, &self.options)
    }

    /// Gives the space back that the state does not need.
    pub(crate) fn compact(&self) -> Result<()> {
        self.check_not_read_only()?;
        let mut writer = self.writer();
        writer.check()?;
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        let open = open.as_mut().ok_or_else(|| writer.stopped())?;
        self.holds.release_expired();
        writer.fold_all(open)?;
        writer.checkpoint(open, &self.options)?;
        match contain(|| open.state.compact()) {
            Err(Error::SnapshotsOpen) => Err(Error::SnapshotsOpen),
            done => writer.or_stop(done),
        }
    }

    /// The state as it stands, and the journal with it. `expires` says whether the age of what is
    /// held is limited.
    pub(crate) fn read(&self, expires: bool) -> Result<(Hold, Arc<Segments>)> {
        self.with_open(|open| {
            let since = self.holds.now();
            let tables = contain(|| open.state.read())?;
            let hold = Hold::new(&self.holds, since, tables, expires);
            Ok((hold, Arc::clone(&open.segments)))
        })
    }

    /// The journal, and the newest change that readers see. All up to it is durable.
    ///
    /// Holds nothing of the state. `known` is a change that somebody saw.
    ///
    /// Cost: O(1).
    pub(crate) fn journal(&self, known: u64) -> Result<(u64, Arc<Segments>)> {
        self.with_open(|open| {
            let mut shown = open.state.shown().0;
            if shown < known {
                // A reader of the tables may be a moment ahead of what is told to be shown.
                shown = contain(|| Ok(open.state.read()?.head().revision))?;
            }
            Ok((shown, Arc::clone(&open.segments)))
        })
    }

    fn with_open<T>(&self, read: impl Fn(&Open) -> Result<T>) -> Result<T> {
        loop {
            if let Some(open) = self.open().as_ref() {
                return read(open);
            }
            // Unless a recovery has just ended, which is why there was nothing to read.
            self.writer().check()?;
        }
    }

    /// Repeats recovery under the live handles, where a failure stopped writes.
    pub(crate) fn recover(&self) -> Result<()> {
        let recovered = self.recover_quietly();
        self.bell.ring();
        recovered
    }

    fn recover_quietly(&self) -> Result<()> {
        let mut writer = self.writer();
        match writer.check() {
            Ok(()) => return Ok(()),
            Err(Error::Closed) => return Err(Error::Closed),
            Err(_) => {}
        }
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = open.take() {
            open.segments.retire();
            self.holds.release_all();
            // Whatever it could not write is in the journal, and its failure may be the reason
            // for this call.
            let _ = open.state.close();
        }
        match recovery::open(&self.directory, &self.options) {
            Ok((recovered, new_writer)) => {
                writer.renew(new_writer);
                writer.gauges.note(&recovered, writer.work);
                *open = Some(recovered);
                Ok(())
            }
            Err(error) => {
                writer.recovery_failed(&error);
                Err(error)
            }
        }
    }

    /// Whether changes can be made; waits for none.
    pub(crate) fn health(&self) -> Health {
        self.gauges.health()
    }

    /// Counts what the keys of a change came to.
    pub(crate) fn count_keys<'a>(&self, outcomes: impl Iterator<Item = &'a KeyOutcome>) {
        self.gauges.count_keys(&OutcomeCounts::of(outcomes));
    }

    /// The figures of the moment, without waiting for a change.
    pub(crate) fn stats(&self) -> Stats {
        let (snapshots, oldest) = self.holds.figures();
        Stats {
            snapshots,
            oldest_snapshot: oldest.map(|oldest| oldest.age),
            oldest_snapshot_revision: oldest.map(|oldest| oldest.revision),
            ..self.gauges.stats()
        }
    }

    /// Checks all invariants that show in a store at rest.
    pub(crate) fn verify(&self) -> Result<Verification> {
        let writer = self.writer();
        let open = self.open();
        let open = open.as_ref().ok_or_else(|| writer.stopped())?;
        verify::verify(open, writer.head(open), writer.check().is_ok())
    }

    /// Closes the store under all handles.
    pub(crate) fn close(&self) -> Result<()> {
        let closed = self.close_quietly();
        self.bell.ring();
        closed
    }

    fn close_quietly(&self) -> Result<()> {
        let mut writer = self.writer();
        if writer.is_closed() {
            return Err(Error::Closed);
        }
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        let result = match open.take() {
            Some(open) => writer.close(open, &self.options),
            None => Err(writer.stopped()),
        };
        writer.set_closed();
        self.holds.release_all();
        self.directory.release().and(result)
    }

    /// Makes the next change fail.
    #[cfg(feature = "testing")]
    pub(crate) fn set_fault(&self, fault: Fault) {
        self.writer().set_fault(fault);
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(|poisoned| {
            // A panic is caught where a request is applied; one elsewhere may have left the
            // writer behind the files.
            self.writer.clear_poison();
            let mut writer = poisoned.into_inner();
            writer
                .stop(&Error::Panicked { message: "it was in the middle of a commit".to_owned() });
            writer
        })
    }

    fn open(&self) -> RwLockReadGuard<'_, Option<Open>> {
        // Written in single steps only, so a panic leaves it whole.
        self.open.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let open = self.open.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        let writer = self.writer.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = open {
            // Whoever wants to know closes it.
            let _ = contain(|| writer.close(open, &self.options));
        }
    }
}

/// The disk under a directory.
pub(crate) type SharedDisk = Arc<dyn Disk>;

#[cfg(test)]
mod tests;
