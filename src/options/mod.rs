//! How a store is opened.

mod checkpoints;
mod recovery_progress;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub use checkpoints::Checkpoints;
pub use recovery_progress::RecoveryProgress;

use crate::model::LinkPolicy;
use crate::model::limit::Limits;
use crate::model::time::Timestamp;
use crate::sequencer::Sequencer;

/// How a store is opened; [`Store::open`](crate::Store::open) takes the defaults.
///
/// None of it is kept in the files: a store may be opened with other options each time.
///
/// ```
/// use std::time::Duration;
/// use viewlink::{LinkPolicy, Options, RecoveryProgress};
///
/// let store = Options::new()
///     .memory_limit(Some(1 << 30))
///     .link_policy(LinkPolicy::Closed)
///     .keep_changes(None)
///     .keep_for(Some(Duration::from_secs(90 * 24 * 3600))) // the history of 90 days
///     .on_recovery(|progress| match progress {
///         RecoveryProgress::Replaying { done, total } => eprintln!("{done} of {total} changes"),
///         other => eprintln!("{other:?}"),
///     })
///     .open_in_memory()?; // on disk: .open(path)?
/// # store.close()?;
/// # Ok::<(), viewlink::Error>(())
/// ```
#[derive(Clone)]
pub struct Options {
    pub(crate) create_if_missing: bool,
    pub(crate) read_only: bool,
    pub(crate) memory_limit: Option<u64>,
    pub(crate) batch_limit: usize,
    pub(crate) link_policy: LinkPolicy,
    pub(crate) group_keys: u64,
    pub(crate) removal_detail: usize,
    pub(crate) checkpoints: Checkpoints,
    pub(crate) checkpoint_bytes: u64,
    pub(crate) checkpoint_age: Option<Duration>,
    pub(crate) check_checkpoints: bool,
    pub(crate) journal_limit: u64,
    pub(crate) segment_size: u64,
    pub(crate) keep_changes: Option<u64>,
    pub(crate) keep_for: Option<Duration>,
    pub(crate) archive: Option<PathBuf>,
    pub(crate) slow_commit: Duration,
    pub(crate) limits: Limits,
    pub(crate) sequencer: Option<Arc<dyn Sequencer>>,
    pub(crate) lineage: Option<[u8; 16]>,
    pub(crate) clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    pub(crate) on_recovery: Arc<dyn Fn(RecoveryProgress) + Send + Sync>,
}

impl Options {
    /// The defaults, named at each option.
    #[must_use]
    pub fn new() -> Self {
        Self {
            create_if_missing: true,
            read_only: false,
            memory_limit: None,
            batch_limit: 100_000,
            link_policy: LinkPolicy::Open,
            group_keys: 10_000,
            removal_detail: 100_000,
            checkpoints: Checkpoints::Background,
            checkpoint_bytes: 4 << 20,
            checkpoint_age: None,
            check_checkpoints: false,
            journal_limit: 256 << 20,
            segment_size: 4 << 20,
            keep_changes: Some(100_000),
            keep_for: None,
            archive: None,
            slow_commit: Duration::from_secs(1),
            limits: Limits::default(),
            sequencer: None,
            lineage: None,
            clock: Arc::new(Timestamp::now),
            on_recovery: Arc::new(|_| {}),
        }
    }

    /// Whether a store is made where there is none. Default: yes.
    #[must_use]
    pub const fn create_if_missing(mut self, create: bool) -> Self {
        self.create_if_missing = create;
        self
    }

    /// Whether the store is opened to be read, and nothing of its files changes. Default: no.
    ///
    /// For a full disk, a file system that is mounted read-only, or a copy of which no byte may change.
    /// What recovery would write stays in memory, so the store shows what an ordinary opening would show.
    /// None is made where there is none. Any number of openers read one store together; one that writes
    /// has it alone.
    ///
    /// Snapshots, feeds, [`verify`](crate::Store::verify), figures,
    /// [`backup_to`](crate::Store::backup_to) and [dry runs](crate::Project::dry_run) work. Every other
    /// change, and [`checkpoint`](crate::Store::checkpoint), are refused
    /// with [`Error::ReadOnly`](crate::Error::ReadOnly); of a change only what is malformed or beyond a
    /// limit is told before.
    ///
    /// One promise is less: a change that was written and not synced is shown, and a loss of power before
    /// an ordinary opening may take it back. Its process was killed, or a sync of the journal or of its
    /// directory failed; its caller was told nothing, or [`Unknown`](crate::Outcome::Unknown). So the
    /// [position](crate::Feed::position) of a feed may be that of such a change, and is not one to keep.
    ///
    /// ```
    /// # use viewlink::{Error, NewView, Options, Store};
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path();
    /// # Store::open(path)?.close()?;
    /// let store = Options::new().read_only(true).open(path)?;
    /// assert_eq!(store.snapshot()?.revision(), 0);
    /// let refused = store.project("default")?.create_view(NewView::new("v", "V"));
    /// assert!(matches!(refused, Err(Error::ReadOnly)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn read_only(mut self, read_only: bool) -> Self {
        self.read_only = read_only;
        self
    }

    /// How many bytes of memory the state may take; `None` for any number. Default: any number.
    ///
    /// A change that could go beyond it is refused, with nothing changed, before the system would end the process;
    /// what only removes is always made. A change counts for the most that it can take, some 48 KiB for each view and
    /// 160 bytes and the text for each key, until the state is counted again. An opening that would go beyond it by
    /// more than an eighth fails. A link takes some 17 bytes, and a linked resource some 120 with a key of 20. Counted
    /// are the structures of the state: an allocator adds to that, a [`Snapshot`](crate::Snapshot) that is held keeps
    /// what changed since, and a batch takes memory while it is made. So leave at least as much again.
    ///
    /// ```
    /// use viewlink::{Error, NewView, Options};
    ///
    /// let project = Options::new().memory_limit(Some(1)).open_in_memory()?.project("default")?;
    /// let refused = project.create_view(NewView::new("v", "V"));
    /// assert!(matches!(refused, Err(Error::MemoryLimit { limit: 1, .. })));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub const fn memory_limit(mut self, bytes: Option<u64>) -> Self {
        self.memory_limit = bytes;
        self
    }

    /// How many keys a batch may have; a larger one is refused whole. Default: 100,000.
    ///
    /// Counts what a filter finds besides the keys, all batches of a
    /// [`change_links`](crate::Project::change_links) together, and the resources of a
    /// [`put_resources`](crate::Project::put_resources). What a replacement takes out is not asked for
    /// and not counted. A batch has at most 2^32 − 1, whatever is said here.
    ///
    /// ```
    /// use viewlink::{Batch, Error, Options};
    ///
    /// let project = Options::new().batch_limit(1).open_in_memory()?.project("default")?;
    /// let refused = project.link("v", Batch::flags(["a", "b"]));
    /// assert!(matches!(refused, Err(Error::BatchTooLarge { keys: 2, limit: 1 })));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub const fn batch_limit(mut self, keys: usize) -> Self {
        self.batch_limit = keys;
        self
    }

    /// Whether only registered resources may be linked. Default: [`LinkPolicy::Open`].
    ///
    /// What is linked stays linked, and anything may be unlinked, under either.
    #[must_use]
    pub const fn link_policy(mut self, policy: LinkPolicy) -> Self {
        self.link_policy = policy;
        self
    }

    /// How many keys the changes may have that are made with one sync, when many call at the same
    /// time. Default: 10,000.
    ///
    /// A change counts as one besides its keys. Whoever calls while changes are being made is in the next
    /// group. A larger change is a group by itself. So is one that asks for more than whether keys are linked
    /// to views: one with a precondition, a filter, ids of segments or a guard of the last view, a replacement, and
    /// every change of views or registered resources. Less means that a small change waits less for large ones.
    #[must_use]
    pub const fn group_limit(mut self, keys: u64) -> Self {
        self.group_keys = keys;
        self
    }

    /// Up to how many names a change that removes a whole view, resource, environment or project keeps what
    /// undoing it needs: fields, registrations, and the time and order of links. Default: 100,000.
    ///
    /// One that removes more keeps counts alone.
    #[must_use]
    pub const fn removal_detail(mut self, names: usize) -> Self {
        self.removal_detail = names;
        self
    }

    /// Who makes checkpoints, and when. Default: [`Checkpoints::Background`].
    #[must_use]
    pub const fn checkpoints(mut self, checkpoints: Checkpoints) -> Self {
        self.checkpoints = checkpoints;
        self
    }

    /// After how many bytes of journal the state is brought to disk. Default: 4 MiB.
    ///
    /// A checkpoint is a new file of the whole state, of some 2 bytes a link and 20 a linked resource, so it is not made before the
    /// journal since the last one is also longer than half that file. Less means quicker opening after a crash;
    /// the work done in all is larger.
    #[must_use]
    pub const fn checkpoint_bytes(mut self, bytes: u64) -> Self {
        self.checkpoint_bytes = bytes;
        self
    }

    /// After how much time the state is brought to disk, if anything changed; `None` for no time. Default: no time.
    ///
    /// It is looked at after each change, and no thread waits for it.
    #[must_use]
    pub const fn checkpoint_age(mut self, age: Option<Duration>) -> Self {
        self.checkpoint_age = age;
        self
    }

    /// Whether a checkpoint is read back and held against its digest before it takes the place of the one before.
    /// Default: no.
    ///
    /// Finds what a failing disk made of it. Cost: that of an opening, for each checkpoint.
    #[must_use]
    pub const fn check_checkpoints(mut self, check: bool) -> Self {
        self.check_checkpoints = check;
        self
    }

    /// How many bytes the journal may have since the last checkpoint. Default: 256 MiB.
    ///
    /// A change that comes when there are as many waits for the checkpoint that is being made, or makes one; where
    /// that fails it is refused with [`Error::JournalFull`](crate::Error::JournalFull), and nothing changed.
    #[must_use]
    pub const fn journal_limit(mut self, bytes: u64) -> Self {
        self.journal_limit = bytes;
        self
    }

    /// A directory that keeps the segments of the journal that the store lets go of; `None` for none. Default: none.
    ///
    /// It is made where there is none, and belongs to one store. With it a [copy](crate::Store::backup_to) can be
    /// brought to any later revision: [`Restore`](crate::Restore). A segment that cannot be kept there stays in the journal.
    #[must_use]
    pub fn archive(mut self, directory: Option<PathBuf>) -> Self {
        self.archive = directory;
        self
    }

    /// The size of a journal segment in bytes, from 4 KiB to 1 GiB; what is beyond counts as that.
    /// Default: 4 MiB.
    ///
    /// A segment is written full of zeros before it is used. One change that is larger gets a
    /// segment of its size.
    #[must_use]
    pub fn segment_size(mut self, bytes: u64) -> Self {
        self.segment_size = bytes.clamp(4 << 10, 1 << 30);
        self
    }

    /// How many of the newest changes the journal keeps; `None` for all. Default: 100,000.
    ///
    /// A change may go once it is beyond this or beyond [`keep_for`](Self::keep_for), whichever
    /// comes first. Whole segments go, at checkpoints, and never before the state on disk is past
    /// all they hold; so somewhat more is kept than was asked for.
    #[must_use]
    pub const fn keep_changes(mut self, changes: Option<u64>) -> Self {
        self.keep_changes = changes;
        self
    }

    /// How long the journal keeps a change, against the time of the newest one; `None` for ever.
    /// Default: for ever.
    ///
    /// [`keep_changes`](Self::keep_changes) limits it as well: to go by age alone, set that to
    /// `None`.
    #[must_use]
    pub const fn keep_for(mut self, age: Option<Duration>) -> Self {
        self.keep_for = age;
        self
    }

    /// From which time on a group of changes counts as slow; [`Duration::MAX`] for never. Default:
    /// one second.
    ///
    /// It is measured from when the group begins to be decided until readers see it: one write and
    /// sync of the journal, and what the keys cost, but not the time that a caller waited for its
    /// turn. Slow ones are [counted](crate::Stats::slow_commits), and told as a warning with the
    /// feature `tracing`.
    #[must_use]
    pub const fn slow_commit(mut self, from: Duration) -> Self {
        self.slow_commit = from;
        self
    }

    /// The greatest lengths of texts and lists. Default: [`Limits::default`].
    #[must_use]
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// What gives changes their order where the store is one of several copies, for packages that replicate stores: see
    /// [`sequencer`](crate::sequencer). Default: nothing.
    ///
    /// Only what is decided here heeds [`memory_limit`](Self::memory_limit) then: other changes are made and loaded whatever
    /// they take. A store that is [only read](Self::read_only) follows nothing.
    #[must_use]
    pub fn sequencer(mut self, sequencer: Arc<dyn Sequencer>) -> Self {
        self.sequencer = Some(sequencer);
        self
    }

    /// The [lineage](crate::Position::lineage) that a store gets which is made new, for those that are copies of each other
    /// from the first change on; `None` for a random one. Default: a random one.
    ///
    /// A store that is there keeps its own.
    #[must_use]
    pub const fn lineage(mut self, lineage: Option<[u8; 16]>) -> Self {
        self.lineage = lineage;
        self
    }

    /// Where the time of a change comes from. Default: the system's clock.
    ///
    /// A time before that of the last change counts as that time. The clock is asked in the middle
    /// of a change, at times more than once for one, and must not call the store.
    #[must_use]
    pub fn clock(mut self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Who is told how far a recovery is. Default: nobody.
    ///
    /// Called from the thread that opens or recovers, which must not call the store in it. Example: at
    /// [`Options`].
    #[must_use]
    pub fn on_recovery(
        mut self,
        callback: impl Fn(RecoveryProgress) + Send + Sync + 'static,
    ) -> Self {
        self.on_recovery = Arc::new(callback);
        self
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("create_if_missing", &self.create_if_missing)
            .field("read_only", &self.read_only)
            .field("memory_limit", &self.memory_limit)
            .field("batch_limit", &self.batch_limit)
            .field("link_policy", &self.link_policy)
            .field("group_keys", &self.group_keys)
            .field("removal_detail", &self.removal_detail)
            .field("checkpoints", &self.checkpoints)
            .field("checkpoint_bytes", &self.checkpoint_bytes)
            .field("checkpoint_age", &self.checkpoint_age)
            .field("check_checkpoints", &self.check_checkpoints)
            .field("journal_limit", &self.journal_limit)
            .field("segment_size", &self.segment_size)
            .field("keep_changes", &self.keep_changes)
            .field("keep_for", &self.keep_for)
            .field("archive", &self.archive)
            .field("slow_commit", &self.slow_commit)
            .field("limits", &self.limits)
            .field("sequencer", &self.sequencer)
            .field("lineage", &self.lineage)
            .finish_non_exhaustive()
    }
}
