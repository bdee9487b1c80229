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

/// The options for opening a store; [`Store::open`](crate::Store::open) uses the defaults.
///
/// The options are not stored in the files: a store may be opened with other options each time.
///
/// | to | use |
/// | --- | --- |
/// | open a store that must exist, or must not change | [`create_if_missing`](Self::create_if_missing), [`read_only`](Self::read_only) |
/// | protect the process from large requests | [`memory_limit`](Self::memory_limit), [`batch_limit`](Self::batch_limit), [`limits`](Self::limits) |
/// | refuse links of unknown resources | [`link_policy`](Self::link_policy) |
/// | keep less or more history, for undo and feeds | [`keep_changes`](Self::keep_changes), [`keep_for`](Self::keep_for), [`removal_detail`](Self::removal_detail) |
/// | restore any later state of a copy | [`archive`](Self::archive), with [`segment_size`](Self::segment_size) as the smallest part |
/// | balance writing against the time of an opening | [`checkpoint_bytes`](Self::checkpoint_bytes), [`checkpoint_age`](Self::checkpoint_age), [`journal_limit`](Self::journal_limit) |
/// | have no thread of the store, or detect a failing disk early | [`checkpoints`](Self::checkpoints), [`check_checkpoints`](Self::check_checkpoints) |
/// | observe it | [`slow_commit`](Self::slow_commit), [`on_recovery`](Self::on_recovery) |
/// | set the time in tests | [`clock`](Self::clock) |
/// | replicate it | [`sequencer`](Self::sequencer), [`lineage`](Self::lineage) |
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
    /// The defaults; each option documents its own.
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

    /// Whether a store is created if there is none. Default: yes.
    #[must_use]
    pub const fn create_if_missing(mut self, create: bool) -> Self {
        self.create_if_missing = create;
        self
    }

    /// Whether the store is opened for reading only, with its files unchanged. Default: no.
    ///
    /// Use it for a full disk, a file system that is mounted read-only, or a copy that must not change. Recovery keeps
    /// in memory what it would write, so the store has the same contents as after an ordinary opening. No store is
    /// created. Any number of read-only handles can open one store together; a writing handle has it alone.
    ///
    /// Snapshots, feeds, [`verify`](crate::Store::verify), figures, [`backup_to`](crate::Store::backup_to) and [dry
    /// runs](crate::Project::dry_run) work. [`checkpoint`](crate::Store::checkpoint) and all other changes fail with
    /// [`Error::ReadOnly`](crate::Error::ReadOnly). Only malformed input and exceeded limits are reported before that.
    ///
    /// One guarantee is weaker: a change that was written but not synced is visible, and a power loss before the next
    /// ordinary opening may undo it. This happens if its process was killed, or if a sync of the journal or its
    /// directory failed. Its caller got no answer, or [`Unknown`](crate::Outcome::Unknown). So do not save the
    /// [position](crate::Feed::position) of a feed of such a store.
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

    /// How many bytes of memory the state may take; `None` for no limit. Default: no limit.
    ///
    /// A change that could exceed it is refused, and nothing changes. Changes that only remove are always made. Until
    /// the state is counted again, a change counts with the maximum that it can take: about 48 KiB for each view and
    /// type, and for each key 160 bytes, its text twice and its bytes in the journal four times. Opening fails if the state exceeds the limit by more than one eighth. A
    /// link takes about 17 bytes, and a linked resource with a key of 20 bytes about 120. Only the structures of the
    /// state are counted. An allocator adds overhead, an open [`Snapshot`](crate::Snapshot) keeps the parts that
    /// changed after it, and a batch takes memory while it is made. So leave at least the same amount of memory free.
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

    /// How many keys a batch may have; a larger one is refused as a whole. Default: 100,000.
    ///
    /// This counts the keys, the resources that a filter finds in addition to them, all batches of a
    /// [`change_links`](crate::Project::change_links) together, the resources of a
    /// [`put_resources`](crate::Project::put_resources), and the links that filters of views change because of it. The resources that a replacement unlinks are not counted. A
    /// batch has at most 2^32 − 1 keys, whatever this limit is.
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
    /// Existing links stay, and any link may be removed, under both policies.
    #[must_use]
    pub const fn link_policy(mut self, policy: LinkPolicy) -> Self {
        self.link_policy = policy;
        self
    }

    /// The greatest number of keys in the changes that share one sync, for tests of groups. With the feature
    /// `testing`. Default: 10,000.
    ///
    /// Each change counts as one in addition to its keys. A larger change is a group by itself.
    #[cfg(feature = "testing")]
    #[must_use]
    pub const fn group_limit(mut self, keys: u64) -> Self {
        self.group_keys = keys;
        self
    }

    /// How many names a removal may have so that the change keeps the details for reverting it: fields, registrations,
    /// and the time and order of links. This applies to removals of a whole view, resource, environment or project.
    /// Default: 100,000.
    ///
    /// A change that removes more names keeps only counts.
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

    /// After how many bytes of journal a checkpoint is due. Default: 4 MiB.
    ///
    /// A checkpoint is a new file of the whole state, with about 2 bytes for each link and 20 for each linked
    /// resource. So a checkpoint is due only if the journal since the last one is also longer than half of that file.
    /// A smaller value makes the opening after a crash faster, but the total work larger.
    #[must_use]
    pub const fn checkpoint_bytes(mut self, bytes: u64) -> Self {
        self.checkpoint_bytes = bytes;
        self
    }

    /// After how much time a checkpoint is due, if anything changed; `None` for no limit. Default: no limit.
    ///
    /// With it, a store with few changes also removes old ones by [`keep_for`](Self::keep_for) and archives them,
    /// which happens only at checkpoints. It is checked after each change; there is no timer thread.
    #[must_use]
    pub const fn checkpoint_age(mut self, age: Option<Duration>) -> Self {
        self.checkpoint_age = age;
        self
    }

    /// Whether a checkpoint is read back and compared with its digest before it replaces the previous one. Default:
    /// no.
    ///
    /// This detects errors of a failing disk. Cost: that of an opening, for each checkpoint.
    #[must_use]
    pub const fn check_checkpoints(mut self, check: bool) -> Self {
        self.check_checkpoints = check;
        self
    }

    /// How many bytes the journal may have since the last checkpoint. Default: 256 MiB.
    ///
    /// A change at this limit waits for the running checkpoint, or makes one. If that fails, the change fails with
    /// [`Error::JournalFull`](crate::Error::JournalFull), and nothing changes.
    #[must_use]
    pub const fn journal_limit(mut self, bytes: u64) -> Self {
        self.journal_limit = bytes;
        self
    }

    /// A directory for the segments that are removed from the journal; `None` for no archive. Default: none.
    ///
    /// It is created if it does not exist, and belongs to one store. With it, a [copy](crate::Store::backup_to) can be
    /// restored to any later revision: [`Restore`](crate::Restore). A segment that cannot be archived stays in the
    /// journal.
    #[must_use]
    pub fn archive(mut self, directory: Option<PathBuf>) -> Self {
        self.archive = directory;
        self
    }

    /// The size of a journal segment in bytes, from 4 KiB to 1 GiB; values outside are clamped. Default: 4 MiB.
    ///
    /// A segment is filled with zeros before it is used. A single change that is larger gets a segment of its size.
    #[must_use]
    pub fn segment_size(mut self, bytes: u64) -> Self {
        self.segment_size = bytes.clamp(4 << 10, 1 << 30);
        self
    }

    /// How many of the newest changes the journal keeps; `None` for all. Default: 100,000.
    ///
    /// A change may be removed when it exceeds this or [`keep_for`](Self::keep_for), whichever comes first. Only whole
    /// segments are removed, at checkpoints, and only if the checkpoint has all their changes. So the journal keeps
    /// somewhat more than this.
    #[must_use]
    pub const fn keep_changes(mut self, changes: Option<u64>) -> Self {
        self.keep_changes = changes;
        self
    }

    /// How long the journal keeps a change, relative to the time of the newest one; `None` for no limit. Default: no
    /// limit.
    ///
    /// [`keep_changes`](Self::keep_changes) also applies: to limit by age only, set it to `None`.
    #[must_use]
    pub const fn keep_for(mut self, age: Option<Duration>) -> Self {
        self.keep_for = age;
        self
    }

    /// From which duration a group of changes counts as slow; [`Duration::MAX`] for never. Default: one second.
    ///
    /// The time is measured from the start of the group's decision until readers see it: one write and sync of the
    /// journal, and the work for the keys, without the time that a caller waited for its turn. Slow groups are
    /// [counted](crate::Stats::slow_commits), and logged as a warning with the feature `tracing`.
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

    /// Orders the changes of several copies, for packages that replicate stores: see [`sequencer`](crate::sequencer).
    /// Default: none. [`memory_limit`](Self::memory_limit) then applies only to changes that are decided here.
    #[must_use]
    pub fn sequencer(mut self, sequencer: Arc<dyn Sequencer>) -> Self {
        self.sequencer = Some(sequencer);
        self
    }

    /// The [lineage](crate::Position::lineage) of a store that is created, so that copies share it from the first
    /// change on; `None` for a random one. Default: a random one. An existing store keeps its own.
    #[must_use]
    pub const fn lineage(mut self, lineage: Option<[u8; 16]>) -> Self {
        self.lineage = lineage;
        self
    }

    /// The clock that gives changes their time. Default: the system's clock.
    ///
    /// A time before that of the last change counts as that time. The clock is called in the middle of a change,
    /// sometimes more than once, and must not call the store.
    #[must_use]
    pub fn clock(mut self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// A callback for the progress of a recovery. Default: none.
    ///
    /// It is called from the thread that opens or recovers, and must not call the store. Example: at [`Options`].
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
