//! When checkpoints are made, on which thread, and which part of the journal is removed after them.
//!
//! A checkpoint is due by age, or if the journal since the last one is longer than both half of its file and an amount
//! from the options. It is made from a clone of the state, so changes continue. By default a thread is started for
//! each checkpoint. This thread holds no handle that keeps the store open, and closing the store waits for it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::SharedDisk;
use super::checkpoint_file::{self, Pace};
use super::directory::Directory;
use super::live::Open;
use super::metrics::{Checkpointed, Metrics};
use crate::catch_panic::catch_panic;
use crate::journal::{Archive, JournalOptions, Point, Retention, Segments};
use crate::model::error::{Error, Outcome, Result};
use crate::options::{Checkpoints, Options};
use crate::trace;

/// After a failure, the next automatic attempt is made after this time.
const RETRY: Duration = Duration::from_secs(1);

/// Makes checkpoints, and then removes the part of the journal that is no longer needed.
#[derive(Debug)]
pub(super) struct Checkpointer {
    context: Arc<Context>,
    when: When,
    helper: Mutex<Helper>,
}

/// The things that making a checkpoint needs.
#[derive(Debug)]
struct Context {
    disk: SharedDisk,
    metrics: Arc<Metrics>,
    retention: Retention,
    archive: Option<Archive>,
    reads_back: bool,
    segment_size: u64,
    /// Locked while a checkpoint is made.
    alone: Mutex<()>,
}

/// When checkpoints are made.
#[derive(Clone, Copy, Debug)]
struct When {
    mode: Checkpoints,
    bytes: u64,
    age: Option<Duration>,
    journal_limit: u64,
}

/// The thread that makes a checkpoint, if one is running.
#[derive(Debug)]
struct Helper {
    thread: Option<JoinHandle<()>>,
    is_cancelled: Arc<AtomicBool>,
    /// When the last attempt began.
    last: Instant,
}

/// The state that a checkpoint writes, and the end of the journal at that state.
#[derive(Debug)]
pub(super) struct CheckpointInput {
    pub(super) open: Open,
    /// The bytes that had been appended to the journal up to it.
    pub(super) appended: u64,
    /// The end of the journal at that state.
    pub(super) point: Point,
}

/// The work of a helper thread.
struct Task {
    /// The state to be written to disk.
    checkpoint: Option<CheckpointInput>,
    segments: Arc<Segments>,
    /// Whether the next segment should be created in advance.
    makes_segment: bool,
}

impl Checkpointer {
    pub(super) fn new(
        directory: &Directory,
        metrics: Arc<Metrics>,
        options: &Options,
    ) -> Result<Self> {
        let archive = directory.archive(options)?.map(Archive::open).transpose()?;
        let context = Context {
            disk: Arc::clone(directory.disk()),
            metrics,
            retention: JournalOptions::from(options).retention,
            archive,
            reads_back: options.check_checkpoints,
            segment_size: options.segment_size,
            alone: Mutex::new(()),
        };
        let when = When {
            mode: options.checkpoints,
            bytes: options.checkpoint_bytes,
            age: options.checkpoint_age,
            journal_limit: options.journal_limit,
        };
        let helper = Helper { thread: None, is_cancelled: Arc::default(), last: Instant::now() };
        Ok(Self { context: Arc::new(context), when, helper: Mutex::new(helper) })
    }

    /// Does the work that is due after a group of changes, when their callers have their answers.
    ///
    /// It does not affect the changes: a failure is counted, and the work is tried again later.
    pub(super) fn keep_up(
        &self,
        input: impl FnOnce() -> Option<CheckpointInput>,
        needs_segment: bool,
    ) {
        let is_due = self.is_due();
        match self.when.mode {
            Checkpoints::Background if is_due || needs_segment => {
                if let Some(input) = input() {
                    self.start(input, is_due, needs_segment);
                }
            }
            Checkpoints::Inline if is_due => {
                if let Some(input) = input() {
                    // A failure is counted there.
                    let _ = self.run(&input);
                }
            }
            Checkpoints::Background | Checkpoints::Inline | Checkpoints::ByHand => {}
        }
    }

    fn is_due(&self) -> bool {
        let metrics = &self.context.metrics;
        let (since, helper) = (metrics.bytes_since_checkpoint(), self.helper());
        let waited = helper.last.elapsed();
        if metrics.checkpoints.failure().is_some() && waited < RETRY {
            return false;
        }
        let enough = since >= self.when.bytes.max(metrics.checkpoints.bytes() / 2);
        enough || (since > 0 && self.when.age.is_some_and(|age| waited >= age))
    }

    /// Waits while the journal has reached its limit and a checkpoint is being made; if none is being made, makes one.
    ///
    /// # Errors
    ///
    /// [`Error::JournalFull`] if the journal still reaches the limit after that. Nothing has been decided then.
    pub(super) fn wait_for_room(
        &self,
        input: impl FnOnce() -> Option<CheckpointInput>,
    ) -> Result<()> {
        let (metrics, limit) = (&self.context.metrics, self.when.journal_limit);
        if metrics.bytes_since_checkpoint() < limit {
            return Ok(());
        }
        let made = match self.when.mode {
            Checkpoints::ByHand => Ok(()),
            Checkpoints::Background | Checkpoints::Inline => {
                self.wait();
                match metrics.bytes_since_checkpoint() < limit {
                    true => Ok(()),
                    false => input().map_or(Ok(()), |input| self.run(&input)),
                }
            }
        };
        match metrics.bytes_since_checkpoint() {
            bytes if bytes < limit => Ok(()),
            bytes => Err(Error::JournalFull { bytes, limit, source: made.err().map(Box::new) }),
        }
    }

    /// Makes a checkpoint now, on the caller's thread. If the last one already has the whole state, it only trims the
    /// journal. It waits for a thread that is making a checkpoint.
    ///
    /// The changes up to it are durable in every case.
    ///
    /// # Errors
    ///
    /// After an error the previous checkpoint is still there; or the new one is there, and an old segment could not be
    /// removed.
    pub(super) fn run(&self, input: &CheckpointInput) -> Result<()> {
        self.helper().last = Instant::now();
        let _alone = self.context.alone();
        input.open.segments.check_current()?;
        if self.context.metrics.checkpoints.appended() < input.appended {
            self.context.checkpoint(input, &Pace::default())?;
        }
        self.context.trim(&input.open.segments, input.point)
    }

    /// Starts a thread, unless one is running.
    fn start(&self, input: CheckpointInput, is_due: bool, makes_segment: bool) {
        let mut helper = self.helper();
        if helper.thread.as_ref().is_some_and(|thread| !thread.is_finished()) {
            return;
        }
        if let Some(thread) = helper.thread.take() {
            // The thread has counted its result.
            let _ = thread.join();
        }
        let segments = Arc::clone(&input.open.segments);
        let checkpoint = is_due.then_some(input);
        let task = Task { checkpoint, segments, makes_segment };
        let (context, is_cancelled) = (Arc::clone(&self.context), Arc::<AtomicBool>::default());
        let pace = Pace { is_slow: true, is_cancelled: Arc::clone(&is_cancelled) };
        let builder = std::thread::Builder::new().name("viewlink-checkpoint".to_owned());
        let started = builder.spawn(move || context.help(task, &pace));
        if is_due {
            helper.last = Instant::now();
        }
        match started {
            Ok(thread) => (helper.thread, helper.is_cancelled) = (Some(thread), is_cancelled),
            Err(source) => {
                let error = Error::io("start a thread for a checkpoint", source);
                self.context.metrics.checkpoints.count_failure(error);
            }
        }
    }

    /// Waits for the thread, if one is running.
    pub(super) fn wait(&self) {
        let thread = self.helper().thread.take();
        if let Some(thread) = thread {
            // The thread has counted its result.
            let _ = thread.join();
        }
    }

    /// Prevents checkpoints as long as the guard lives. A thread that waits for the guard then checks whether its
    /// journal is still the one of the store.
    pub(super) fn pause(&self) -> MutexGuard<'_, ()> {
        self.context.alone()
    }

    /// Cancels the thread, and waits until it has ended.
    pub(super) fn cancel(&self) {
        self.helper().is_cancelled.store(true, Ordering::Relaxed);
        self.wait();
    }

    fn helper(&self) -> MutexGuard<'_, Helper> {
        // No code panics between two writes to it.
        self.helper.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Context {
    /// The work of the thread. A failure is counted.
    fn help(&self, Task { checkpoint, segments, makes_segment }: Task, pace: &Pace) {
        if makes_segment {
            // If this fails, the rotation makes the segment and reports the failure.
            let _ = catch_panic(|| segments.make_ahead(self.segment_size));
        }
        let Some(input) = checkpoint else { return };
        let _alone = self.alone();
        // Meanwhile a later checkpoint may have been made on request, and the journal trimmed up to it.
        let is_late = self.metrics.checkpoints.appended() >= input.appended;
        if is_late || segments.check_current().is_err() {
            return;
        }
        let (made, point) = (self.checkpoint(&input, pace), input.point);
        // As long as the state is held, changes copy what they modify.
        drop(input);
        if made.is_ok() {
            // If a segment cannot be removed, the next checkpoint tries again.
            let _ = self.trim(&segments, point);
        }
    }

    fn alone(&self) -> MutexGuard<'_, ()> {
        self.alone.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn checkpoint(
        &self,
        CheckpointInput { open, appended, .. }: &CheckpointInput,
        pace: &Pace,
    ) -> Result<()> {
        let (begun, span) = (Instant::now(), trace::checkpoint());
        let written = catch_panic(|| {
            checkpoint_file::write(&self.disk, &open.to_checkpoint(), pace, self.reads_back)
        });
        match written {
            Ok(bytes) => {
                let (revision, appended) = (open.state.head().revision, *appended);
                let took = begun.elapsed();
                self.metrics.checkpoints.count(Checkpointed { revision, appended, bytes }, took);
                trace::checkpointed(&span, revision, bytes, took);
                Ok(())
            }
            Err(_) if pace.is_cancelled.load(Ordering::Relaxed) => Err(Error::Closed),
            Err(error) => {
                let error = error.with_outcome(Outcome::NotApplied);
                trace::checkpoint_failed(&error);
                self.metrics.checkpoints.count_failure(error.alike());
                Err(error)
            }
        }
    }

    /// Archives the finished segments of the journal, and removes those that neither the checkpoint nor the options
    /// need. A failure is recorded.
    fn trim(&self, segments: &Segments, head: Point) -> Result<()> {
        let trimmed = catch_panic(|| {
            let archive = self.archive.as_ref();
            archive.map_or(Ok(()), |archive| archive.archive_finished(segments))?;
            let needed = self.metrics.checkpoints.revision();
            segments.trim(self.retention, needed, head, archive)
        });
        self.metrics.note_journal(segments);
        self.metrics.checkpoints.note_trim(trimmed.as_ref().err().map(Error::alike));
        trimmed
    }
}
