//! When the state is brought to disk, by whom, and what that lets go of.
//!
//! A checkpoint is due when the journal since the last one is longer than half its file and an amount that options
//! give, or by age. It is made of a clone of the state, so changes go on meanwhile; by default on a thread that is
//! started for it and ends with it. That thread holds no handle that keeps the store open, and a store that is
//! closed waits for it.

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

/// After a failure so much time passes before the next attempt, but for one that is asked for.
const RETRY: Duration = Duration::from_secs(1);

/// Makes checkpoints, and lets the journal go as far as nobody needs it then.
#[derive(Debug)]
pub(super) struct Checkpointer {
    context: Arc<Context>,
    when: When,
    helper: Mutex<Helper>,
}

/// What a checkpoint is made with.
#[derive(Debug)]
struct Context {
    disk: SharedDisk,
    metrics: Arc<Metrics>,
    retention: Retention,
    archive: Option<Archive>,
    reads_back: bool,
    segment_size: u64,
    /// Held by the one that makes a checkpoint.
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

/// The thread that makes a checkpoint, if there is one.
#[derive(Debug)]
struct Helper {
    thread: Option<JoinHandle<()>>,
    is_cancelled: Arc<AtomicBool>,
    /// When the last attempt began.
    last: Instant,
}

/// The state that a checkpoint is made of.
#[derive(Debug)]
pub(super) struct UpTo {
    pub(super) open: Open,
    /// What had been appended to the journal up to it.
    pub(super) appended: u64,
    /// Where the journal stands.
    pub(super) point: Point,
}

/// What a helper does.
struct Task {
    /// The state to be brought to disk.
    checkpoint: Option<UpTo>,
    segments: Arc<Segments>,
    /// Whether the next segment is to be made ahead.
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

    /// Does what is due after a group of changes, whose callers have their answers.
    ///
    /// The changes are made whatever becomes of this: what fails is counted, and tried again later.
    pub(super) fn keep_up(&self, up_to: impl FnOnce() -> Option<UpTo>, needs_segment: bool) {
        let is_due = self.is_due();
        match self.when.mode {
            Checkpoints::Background if is_due || needs_segment => {
                if let Some(up_to) = up_to() {
                    self.start(up_to, is_due, needs_segment);
                }
            }
            Checkpoints::Inline if is_due => {
                if let Some(up_to) = up_to() {
                    // A failure is counted there.
                    let _ = self.run(&up_to);
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

    /// Waits while the journal has reached its bound and a checkpoint is being made, or makes one.
    ///
    /// # Errors
    ///
    /// [`Error::JournalFull`] where that does not help. Nothing was decided then.
    pub(super) fn wait_for_room(&self, up_to: impl FnOnce() -> Option<UpTo>) -> Result<()> {
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
                    false => up_to().map_or(Ok(()), |up_to| self.run(&up_to)),
                }
            }
        };
        match metrics.bytes_since_checkpoint() {
            bytes if bytes < limit => Ok(()),
            bytes => Err(Error::JournalFull { bytes, limit, source: made.err().map(Box::new) }),
        }
    }

    /// Makes a checkpoint now, on the caller's thread, unless the last one has all of it already; then only the
    /// journal is let go of. Waits for a thread that is at it.
    ///
    /// The changes up to it are durable in every case.
    ///
    /// # Errors
    ///
    /// The checkpoint before is in its place, or this one is and an old segment could not be removed.
    pub(super) fn run(&self, up_to: &UpTo) -> Result<()> {
        self.helper().last = Instant::now();
        let _alone = self.context.alone();
        up_to.open.segments.check_current()?;
        if self.context.metrics.checkpoints.appended() < up_to.appended {
            self.context.checkpoint(up_to, &Pace::default())?;
        }
        self.context.trim(&up_to.open.segments, up_to.point)
    }

    /// Starts a thread, unless one is at it.
    fn start(&self, up_to: UpTo, is_due: bool, makes_segment: bool) {
        let mut helper = self.helper();
        if helper.thread.as_ref().is_some_and(|thread| !thread.is_finished()) {
            return;
        }
        if let Some(thread) = helper.thread.take() {
            // What it came to is counted.
            let _ = thread.join();
        }
        let segments = Arc::clone(&up_to.open.segments);
        let checkpoint = is_due.then_some(up_to);
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

    /// Waits for the thread, if there is one.
    pub(super) fn wait(&self) {
        let thread = self.helper().thread.take();
        if let Some(thread) = thread {
            // What it came to is counted.
            let _ = thread.join();
        }
    }

    /// Keeps others from making a checkpoint as long as the guard lives. What waits for it then finds out whether the
    /// journal that it knows is still the store's.
    pub(super) fn pause(&self) -> MutexGuard<'_, ()> {
        self.context.alone()
    }

    /// Lets the thread give up, and waits until it has.
    pub(super) fn cancel(&self) {
        self.helper().is_cancelled.store(true, Ordering::Relaxed);
        self.wait();
    }

    fn helper(&self) -> MutexGuard<'_, Helper> {
        // Nothing panics between two writes to it.
        self.helper.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Context {
    /// What the thread does. A failure is counted.
    fn help(&self, Task { checkpoint, segments, makes_segment }: Task, pace: &Pace) {
        if makes_segment {
            // The rotation makes one where there is none, and hears of what fails.
            let _ = catch_panic(|| segments.make_ahead(self.segment_size));
        }
        let Some(up_to) = checkpoint else { return };
        let _alone = self.alone();
        // A later one may have been asked for meanwhile, and the journal let go of up to it.
        let is_late = self.metrics.checkpoints.appended() >= up_to.appended;
        if is_late || segments.check_current().is_err() {
            return;
        }
        let (made, point) = (self.checkpoint(&up_to, pace), up_to.point);
        // What is held is copied when it changes.
        drop(up_to);
        if made.is_ok() {
            // A segment that cannot be removed is tried again with the next checkpoint.
            let _ = self.trim(&segments, point);
        }
    }

    fn alone(&self) -> MutexGuard<'_, ()> {
        self.alone.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn checkpoint(&self, UpTo { open, appended, .. }: &UpTo, pace: &Pace) -> Result<()> {
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

    /// Archives what is finished of the journal, and lets it go as far as neither the state on disk nor the options need
    /// it. A failure is noted.
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
