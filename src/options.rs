//! How a store is opened.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::model::LinkPolicy;
use crate::model::limit::Limits;
use crate::model::time::Timestamp;

/// How a store is opened; [`Store::open`](crate::Store::open) takes the defaults.
///
/// None of it is kept in the files: a store may be opened with other options each time.
///
/// ```
/// use std::time::Duration;
/// use viewlink::{LinkPolicy, Options, RecoveryProgress};
///
/// let store = Options::new()
///     .cache_size(16 << 20)
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
    pub(crate) check_pages: bool,
    pub(crate) cache_size: usize,
    pub(crate) batch_limit: usize,
    pub(crate) link_policy: LinkPolicy,
    pub(crate) group_keys: u64,
    pub(crate) tail_changes: usize,
    pub(crate) fold_changes: usize,
    pub(crate) checkpoint_rows: u64,
    pub(crate) checkpoint_bytes: u64,
    pub(crate) segment_size: u64,
    pub(crate) keep_changes: Option<u64>,
    pub(crate) keep_for: Option<Duration>,
    pub(crate) snapshot_limit: Option<Duration>,
    pub(crate) slow_commit: Duration,
    pub(crate) limits: Limits,
    /// A time that never runs backwards.
    pub(crate) age_clock: Arc<dyn Fn() -> Duration + Send + Sync>,
    pub(crate) clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    pub(crate) on_recovery: Arc<dyn Fn(RecoveryProgress) + Send + Sync>,
}

impl Options {
    /// The defaults, named at each option.
    #[must_use]
    pub fn new() -> Self {
        let start = Instant::now();
        Self {
            create_if_missing: true,
            read_only: false,
            check_pages: false,
            cache_size: 64 << 20,
            batch_limit: 100_000,
            link_policy: LinkPolicy::Open,
            group_keys: 10_000,
            tail_changes: 131_072,
            fold_changes: 512,
            checkpoint_rows: 2_048,
            checkpoint_bytes: 8 << 20,
            segment_size: 4 << 20,
            keep_changes: Some(100_000),
            keep_for: None,
            snapshot_limit: None,
            slow_commit: Duration::from_secs(1),
            age_clock: Arc::new(move || start.elapsed()),
            limits: Limits::default(),
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
    /// change, [`checkpoint`](crate::Store::checkpoint) and [`compact`](crate::Store::compact) are refused
    /// with [`Error::ReadOnly`](crate::Error::ReadOnly); of a change only what is malformed or beyond a
    /// limit is told before.
    ///
    /// One promise is less: a change that was written and not synced is shown, and a loss of power before
    /// an ordinary opening may take it back. Its process was killed, or a sync of the journal or of its
    /// directory failed; its caller was told nothing, or [`Unknown`](crate::Outcome::Unknown). So the
    /// [position](crate::Feed::position) of a feed may be that of such a change, and is not one to keep.
    ///
    /// Cost: in memory, as long as the store is open, the pages that recovery changes: a few for a store
    /// that was closed, O(changes since the last checkpoint) for one that was not, O(size of the state)
    /// for one of an older format; besides, what a dry run changes beyond the
    /// [cache](Self::cache_size).
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

    /// Whether every page of the state is checked against its checksum on opening, not only after
    /// a crash. Default: no.
    ///
    /// Finds what a failing disk changed behind the store's back. Cost: O(size of the state) on
    /// opening.
    #[must_use]
    pub const fn check_pages(mut self, check: bool) -> Self {
        self.check_pages = check;
        self
    }

    /// Memory for pages of the state, in bytes. Default: 64 MiB.
    ///
    /// An opening that replays more than this writes to the state's file before it is through.
    #[must_use]
    pub const fn cache_size(mut self, bytes: usize) -> Self {
        self.cache_size = bytes;
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
    /// group. A larger change is a group by itself; one that turns out to be larger by what a filter, a
    /// replacement or a removal finds is the last of its group. Less means that a small change waits less
    /// for large ones.
    #[must_use]
    pub const fn group_limit(mut self, keys: u64) -> Self {
        self.group_keys = keys;
        self
    }

    /// How many changes of backlinks (which views a resource is in) wait in memory before they are
    /// folded into the tables, and how many are folded after a group of changes, at least.
    /// Default: 131,072, and 512.
    ///
    /// A link that is made or removed is one of them. More in memory make a change cheaper in the long
    /// run, since more of them are on the same pages, and opening after a crash slower; each takes some
    /// 50 bytes with a key of 20. With 0, each change goes into the tables at once. Fewer at once make
    /// for shorter, more frequent pauses. The journal keeps what waits: about as many changes as may
    /// wait here, if that is more than [`keep_changes`](Self::keep_changes).
    #[must_use]
    pub const fn tail(mut self, changes: usize, at_once: usize) -> Self {
        self.tail_changes = changes;
        self.fold_changes = at_once;
        self
    }

    /// After how many written rows, or how many bytes of journal, the state is brought to disk.
    /// Default: 2,048 rows or 8 MiB.
    ///
    /// A row is some 100 links of a view, or some 100 posting lists, or a view; a change writes one
    /// more. So these are about as many pages as one goes to disk with. Less means quicker opening
    /// after a crash and shorter, more frequent pauses; the work done in all is larger.
    #[must_use]
    pub const fn checkpoint_interval(mut self, rows: u64, bytes: u64) -> Self {
        self.checkpoint_rows = rows;
        self.checkpoint_bytes = bytes;
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

    /// How old a [`Snapshot`](crate::Snapshot) may become; `None` for any age. Default: any age.
    ///
    /// The state cannot use the pages again that a snapshot sees, so one that is forgotten makes
    /// the file grow without end. Once a snapshot is older than this, every read from it fails with
    /// [`Error::SnapshotExpired`](crate::Error::SnapshotExpired), and the next change, checkpoint or
    /// compaction lets go of its pages, whether anybody reads from it or not. A read that has begun
    /// ends well. A feed of [`changes`](crate::Snapshot::changes) that has begun goes on, since it
    /// reads the journal and holds no pages; nor does the limit end a
    /// [backup](crate::Store::backup_to).
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let limit = Some(Duration::from_secs(600));
    /// let store = viewlink::Options::new().snapshot_limit(limit).open_in_memory()?;
    /// # store.close()?;
    /// # Ok::<(), viewlink::Error>(())
    /// ```
    #[must_use]
    pub const fn snapshot_limit(mut self, age: Option<Duration>) -> Self {
        self.snapshot_limit = age;
        self
    }

    /// From which time on a group of changes counts as slow; [`Duration::MAX`] for never. Default:
    /// one second.
    ///
    /// It is measured from when the group begins to be applied until readers see it: one write and
    /// sync of the journal, and what the keys cost, but not the time that a caller waited for its
    /// turn. Slow ones are [counted](crate::Stats::slow_commits), and told as a warning with the
    /// feature `tracing`.
    #[must_use]
    pub const fn slow_commit(mut self, from: Duration) -> Self {
        self.slow_commit = from;
        self
    }

    /// Where the age of snapshots comes from: a time since any moment, that never runs backwards.
    /// Default: the system's monotonic clock.
    ///
    /// So that a test of a host need not wait until a snapshot expires.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn age_clock(mut self, clock: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        self.age_clock = Arc::new(clock);
        self
    }

    /// The greatest lengths of texts and lists. Default: [`Limits::default`].
    #[must_use]
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
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
            .field("check_pages", &self.check_pages)
            .field("cache_size", &self.cache_size)
            .field("batch_limit", &self.batch_limit)
            .field("link_policy", &self.link_policy)
            .field("group_keys", &self.group_keys)
            .field("tail_changes", &self.tail_changes)
            .field("fold_changes", &self.fold_changes)
            .field("checkpoint_rows", &self.checkpoint_rows)
            .field("checkpoint_bytes", &self.checkpoint_bytes)
            .field("segment_size", &self.segment_size)
            .field("keep_changes", &self.keep_changes)
            .field("keep_for", &self.keep_for)
            .field("snapshot_limit", &self.snapshot_limit)
            .field("slow_commit", &self.slow_commit)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// How far a recovery is; see [`Options::on_recovery`]. Example: at [`Options`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum RecoveryProgress {
    /// The state database was not closed and is being repaired.
    Repairing {
        /// How much is done, from 0 to 1.
        fraction: f64,
    },
    /// Changes are taken from the journal.
    Replaying {
        /// How many are done.
        done: u64,
        /// How many there are.
        total: u64,
    },
}
