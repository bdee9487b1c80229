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
/// A store writes them down as it goes, with a few additions for each group of changes and each call,
/// whether anybody reads them or not. The ones that are read together may be of neighbouring steps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    /// How long the last group of changes took, from when it began to be decided until readers saw
    /// it; `None` before the first since then.
    pub last_commit: Option<Duration>,
    /// How long the longest of them took.
    pub longest_commit: Option<Duration>,
    /// How many of them took as long as [`Options::slow_commit`](crate::Options::slow_commit) or
    /// longer.
    pub slow_commits: u64,
    /// How many snapshots are held. Each keeps in memory what changed since. A [backup](crate::Store::backup_to) or a
    /// [verification](crate::Store::verify) that is under way counts as one.
    pub snapshots: u64,
    /// The age of the oldest of them; `None` without any.
    pub oldest_snapshot: Option<Duration>,
    /// The newest change that the oldest of them sees.
    pub oldest_snapshot_revision: Option<u64>,
    /// How many bytes of journal were written since the last checkpoint.
    pub bytes_since_checkpoint: u64,
    /// How many checkpoints were made since the store was opened.
    pub checkpoints: u64,
    /// How many attempts to make one failed.
    pub failed_checkpoints: u64,
    /// Why the last attempt failed; `None` where it did not.
    pub checkpoint_failure: Option<String>,
    /// Why segments of the journal could not be [archived](crate::Options::archive) or removed after the last
    /// checkpoint; `None` where they could. They stay in the journal, and the next checkpoint tries again.
    pub journal_failure: Option<String>,
    /// How long the last of them took; `None` before the first.
    pub last_checkpoint: Option<Duration>,
    /// How long the longest of them took.
    pub longest_checkpoint: Option<Duration>,
    /// The newest change that the newest checkpoint has, with all before it.
    pub checkpoint_revision: u64,
    /// The length of its file in bytes.
    pub checkpoint_bytes: u64,
    /// How many segments of the journal are kept.
    pub journal_segments: u64,
    /// How many bytes they take, the zeros that the newest one is filled with ahead included.
    pub journal_bytes: u64,
}
