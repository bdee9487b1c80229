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
///     eprintln!("a snapshot is held for long: it keeps memory");
/// }
/// # drop(snapshot);
/// # Ok::<(), viewlink::Error>(())
/// ```
///
/// A store updates them all the time, with a few additions for each group of changes and each call. Figures that are
/// read together may come from adjacent moments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// The newest change that readers see; 0 when there is none yet.
    pub revision: u64,
    /// How many changes were made since this process opened the store, and how many of them shared a disk sync.
    pub groups: GroupSizes,
    /// The outcomes of the keys of links, unlinks, replacements and [changes of many
    /// views](crate::Project::change_links) since then. Dry runs, and calls that failed as a whole, are not counted.
    pub keys: OutcomeCounts,
    /// How long the last group of changes took, from the start of its decision until readers saw it; `None` before the
    /// first group.
    pub last_commit: Option<Duration>,
    /// How long the longest group took.
    pub longest_commit: Option<Duration>,
    /// How many groups took at least as long as [`Options::slow_commit`](crate::Options::slow_commit).
    pub slow_commits: u64,
    /// How many snapshots are open. Each keeps in memory what changed after it. A running
    /// [backup](crate::Store::backup_to) or [verification](crate::Store::verify) counts as one.
    pub snapshots: u64,
    /// The age of the oldest snapshot; `None` without any.
    pub oldest_snapshot: Option<Duration>,
    /// The newest change that the oldest snapshot sees.
    pub oldest_snapshot_revision: Option<u64>,
    /// How many bytes of journal were written since the last checkpoint.
    pub bytes_since_checkpoint: u64,
    /// How many checkpoints were made since the store was opened.
    pub checkpoints: u64,
    /// How many attempts to make a checkpoint failed.
    pub failed_checkpoints: u64,
    /// Why the last attempt failed; `None` if it succeeded.
    pub checkpoint_failure: Option<String>,
    /// Why segments of the journal could not be [archived](crate::Options::archive) or removed after the last
    /// checkpoint; `None` if they could. They stay in the journal, and the next checkpoint tries again.
    pub journal_failure: Option<String>,
    /// How long the last checkpoint took; `None` before the first.
    pub last_checkpoint: Option<Duration>,
    /// How long the longest checkpoint took.
    pub longest_checkpoint: Option<Duration>,
    /// The newest change in the newest checkpoint.
    pub checkpoint_revision: u64,
    /// The length of the newest checkpoint's file in bytes.
    pub checkpoint_bytes: u64,
    /// How many segments the journal has.
    pub journal_segments: u64,
    /// How many bytes they take, including the zeros that fill the newest one ahead.
    pub journal_bytes: u64,
}
