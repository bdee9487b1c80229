//! Figures of a store, for its operator.

mod group_sizes;
mod outcome_counts;

use std::time::Duration;

pub use group_sizes::GroupSizes;
pub(crate) use group_sizes::{BUCKETS, bucket};
pub(crate) use outcome_counts::OUTCOMES;
pub use outcome_counts::OutcomeCounts;

/// Figures of an open store: see [`Store::stats`](crate::Store::stats).
///
/// ```
/// use std::time::Duration;
/// use viewlink::{NewView, Options};
///
/// let store = Options::new().open_in_memory()?;
/// let snapshot = store.snapshot()?;
/// store.project("default")?.create_view(NewView::new("my-view", "My view"))?;
///
/// let stats = store.stats();
/// assert_eq!((stats.revision, stats.snapshots), (1, 1));
/// assert_eq!(stats.oldest_snapshot_revision, Some(0));
/// if stats.oldest_snapshot.is_some_and(|age| age > Duration::from_secs(600)) {
///     eprintln!("a snapshot is held for long: the state's file grows");
/// }
/// # drop(snapshot);
/// # Ok::<(), viewlink::Error>(())
/// ```
///
/// A store writes them down as it goes, with a few additions for each group of changes and each call,
/// whether anybody reads them or not. The ones that are read together may be of neighbouring steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// The newest change that readers see; 0 when there was none yet.
    pub revision: u64,
    /// How many changes were made since the store was opened by this process, and how many of them
    /// shared a disk sync.
    pub groups: GroupSizes,
    /// What the keys of links, unlinks, replacements and
    /// [changes of many views](crate::Project::change_links) came to since then. Those of dry runs,
    /// and of calls that failed as a whole, are not counted.
    pub keys: OutcomeCounts,
    /// How long the last group of changes took, from when it began to be applied until readers saw
    /// it; `None` before the first since then.
    pub last_commit: Option<Duration>,
    /// How long the longest of them took.
    pub longest_commit: Option<Duration>,
    /// How many of them took as long as [`Options::slow_commit`](crate::Options::slow_commit) or
    /// longer.
    pub slow_commits: u64,
    /// How many snapshots there are that keep pages of the state from being used again. One whose
    /// age is beyond [`Options::snapshot_limit`](crate::Options::snapshot_limit) counts until the
    /// next change, checkpoint or compaction. A [backup](crate::Store::backup_to) that is under way
    /// counts, too, and so does a reading of [sizes](crate::Store::sizes).
    pub snapshots: u64,
    /// The age of the oldest of them; `None` without any.
    pub oldest_snapshot: Option<Duration>,
    /// The newest change that the oldest of them sees.
    pub oldest_snapshot_revision: Option<u64>,
    /// The length of the tail: how many changes of backlinks [wait in
    /// memory](crate::Options::tail) to be folded into the tables.
    pub waiting_backlinks: u64,
    /// How many rows were written since the last checkpoint.
    pub rows_since_checkpoint: u64,
    /// How many bytes of journal were written since the last checkpoint.
    pub bytes_since_checkpoint: u64,
    /// How many checkpoints there were since the store was opened, that of the opening included.
    pub checkpoints: u64,
    /// How long the last of them took; `None` before the first.
    pub last_checkpoint: Option<Duration>,
    /// How long the longest of them took.
    pub longest_checkpoint: Option<Duration>,
    /// The newest change that the state on disk has, with all before it.
    pub checkpoint_revision: u64,
    /// How many segments of the journal are kept.
    pub journal_segments: u64,
    /// How many bytes they take, the zeros that the newest one is filled with ahead included.
    pub journal_bytes: u64,
}
