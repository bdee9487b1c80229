//! The figures of a store, which can be read without waiting for a change.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::followed::Followed;
use super::live::Live;
use super::times::Times;
use crate::health::Health;
use crate::journal::Segments;
use crate::model::error::Error;
use crate::model::error_chain::chain;
use crate::stats::{BUCKETS, GroupSizes, OUTCOMES, OutcomeCounts, Stats, bucket};

/// Figures that the writer and the checkpointer update after each step. They are read one by one, so two of them may
/// be from different steps.
#[derive(Debug)]
pub(super) struct Metrics {
    health: Mutex<Health>,
    groups: [AtomicU64; BUCKETS],
    changes: AtomicU64,
    keys: [AtomicU64; OUTCOMES],
    commits: Times,
    slow_commits: AtomicU64,
    revision: AtomicU64,
    journal: JournalMetrics,
    pub(super) checkpoints: CheckpointMetrics,
}

/// The figures of the journal.
#[derive(Debug, Default)]
struct JournalMetrics {
    /// The bytes of all changes since the opening, and of those that were replayed then.
    appended: AtomicU64,
    segments: AtomicU64,
    bytes: AtomicU64,
}

/// The figures of checkpoints.
#[derive(Debug, Default)]
pub(super) struct CheckpointMetrics {
    count: AtomicU64,
    failed: AtomicU64,
    times: Times,
    /// The newest change in the last one.
    revision: AtomicU64,
    /// The bytes that had been appended to the journal up to it.
    appended: AtomicU64,
    /// The length of its file.
    bytes: AtomicU64,
    /// Why the last attempt failed, if it did.
    failure: Mutex<Option<Error>>,
    /// Why the last attempt to archive or trim the journal failed, if it did.
    trim_failure: Mutex<Option<Error>>,
}

/// A checkpoint that was made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Checkpointed {
    pub(super) revision: u64,
    /// The bytes that had been appended to the journal up to it.
    pub(super) appended: u64,
    /// The length of its file.
    pub(super) bytes: u64,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            health: Mutex::new(Health::Writable),
            groups: Default::default(),
            changes: AtomicU64::default(),
            keys: Default::default(),
            commits: Times::default(),
            slow_commits: AtomicU64::default(),
            revision: AtomicU64::default(),
            journal: JournalMetrics::default(),
            checkpoints: CheckpointMetrics::default(),
        }
    }
}

impl Metrics {
    pub(super) fn health(&self) -> Health {
        self.lock().clone()
    }

    /// Whether the store is open and nothing has failed.
    pub(super) fn is_well(&self) -> bool {
        matches!(*self.lock(), Health::Writable | Health::ReadOnly)
    }

    pub(super) fn set_health(&self, health: Health) {
        *self.lock() = health;
    }

    fn lock(&self) -> MutexGuard<'_, Health> {
        // It is written in one step.
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a group of changes that became durable together.
    pub(super) fn count_group(&self, changes: usize, bytes: u64) {
        if let Some(groups) = self.groups.get(bucket(changes)) {
            groups.fetch_add(1, Ordering::Relaxed);
        }
        self.changes.fetch_add(changes as u64, Ordering::Relaxed);
        self.count_appended(bytes);
    }

    /// Counts groups of changes of other stores, which became durable together.
    pub(super) fn count_followed(&self, followed: &Followed, bytes: u64) {
        followed.groups.iter().for_each(|group| self.count_group(group.changes.len(), 0));
        self.count_appended(bytes);
    }

    /// Counts bytes of journal that the last checkpoint does not have.
    pub(super) fn count_appended(&self, bytes: u64) {
        self.journal.appended.fetch_add(bytes, Ordering::Relaxed);
    }

    /// All bytes of journal that were counted.
    pub(super) fn appended(&self) -> u64 {
        self.journal.appended.load(Ordering::Relaxed)
    }

    /// The bytes of journal that the last checkpoint does not have.
    pub(super) fn bytes_since_checkpoint(&self) -> u64 {
        self.appended().saturating_sub(self.checkpoints.appended())
    }

    /// Counts the outcomes of the keys of a change.
    pub(super) fn count_keys(&self, keys: &OutcomeCounts) {
        for (count, keys) in self.keys.iter().zip(keys.counts) {
            if keys > 0 {
                count.fetch_add(keys, Ordering::Relaxed);
            }
        }
    }

    /// Records how long a group of changes took until readers saw it.
    pub(super) fn time_commit(&self, took: Duration, is_slow: bool) {
        self.commits.note(took);
        if is_slow {
            self.slow_commits.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Cost: O(1).
    pub(super) fn note(&self, live: &Live) {
        let live = live.lock();
        let Some(open) = live.as_ref() else { return };
        self.revision.store(open.state.head().revision, Ordering::Relaxed);
        self.note_journal(&open.segments);
    }

    /// Cost: O(1).
    pub(super) fn note_journal(&self, segments: &Segments) {
        let (count, bytes) = segments.size();
        self.journal.segments.store(count, Ordering::Relaxed);
        self.journal.bytes.store(bytes, Ordering::Relaxed);
    }

    /// The newest change that readers see.
    pub(super) fn revision(&self) -> u64 {
        self.revision.load(Ordering::Relaxed)
    }

    /// Continues with the figures that a recovery found.
    pub(super) fn renew(&self, recovered: &Self) {
        self.set_health(recovered.health());
        let made = recovered.checkpoints.last();
        let since = recovered.bytes_since_checkpoint();
        let appended = self.appended();
        self.checkpoints.set(Checkpointed { appended, ..made });
        self.count_appended(since);
    }

    /// The figures, without those of snapshots and memory.
    pub(super) fn stats(&self) -> Stats {
        let load = |figure: &AtomicU64| figure.load(Ordering::Relaxed);
        Stats {
            revision: self.revision(),
            groups: GroupSizes {
                counts: self.groups.each_ref().map(load),
                changes: load(&self.changes),
            },
            keys: OutcomeCounts { counts: self.keys.each_ref().map(load) },
            last_commit: self.commits.last(),
            longest_commit: self.commits.longest(),
            slow_commits: load(&self.slow_commits),
            bytes_since_checkpoint: self.bytes_since_checkpoint(),
            checkpoints: load(&self.checkpoints.count),
            failed_checkpoints: load(&self.checkpoints.failed),
            checkpoint_failure: self.checkpoints.failure().as_ref().map(|error| chain(error)),
            journal_failure: self.checkpoints.trim_failure().as_ref().map(|error| chain(error)),
            last_checkpoint: self.checkpoints.times.last(),
            longest_checkpoint: self.checkpoints.times.longest(),
            checkpoint_revision: self.checkpoints.revision(),
            checkpoint_bytes: self.checkpoints.bytes(),
            journal_segments: load(&self.journal.segments),
            journal_bytes: load(&self.journal.bytes),
            ..Stats::default()
        }
    }
}

impl CheckpointMetrics {
    /// Counts a checkpoint that was made.
    pub(super) fn count(&self, made: Checkpointed, took: Duration) {
        self.times.note(took);
        self.count.fetch_add(1, Ordering::Relaxed);
        *self.failure() = None;
        self.set(made);
    }

    /// Counts a checkpoint that failed.
    pub(super) fn count_failure(&self, error: Error) {
        self.failed.fetch_add(1, Ordering::Relaxed);
        *self.failure() = Some(error);
    }

    /// Sets the figures of the last checkpoint.
    pub(super) fn set(&self, made: Checkpointed) {
        self.revision.store(made.revision, Ordering::Relaxed);
        self.appended.store(made.appended, Ordering::Relaxed);
        self.bytes.store(made.bytes, Ordering::Relaxed);
    }

    fn last(&self) -> Checkpointed {
        Checkpointed { revision: self.revision(), appended: self.appended(), bytes: self.bytes() }
    }

    /// The bytes that had been appended to the journal up to it.
    pub(super) fn appended(&self) -> u64 {
        self.appended.load(Ordering::Relaxed)
    }

    /// The newest change in the last one.
    pub(super) fn revision(&self) -> u64 {
        self.revision.load(Ordering::Relaxed)
    }

    /// The length of its file.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Records whether the journal could be archived and trimmed.
    pub(super) fn note_trim(&self, failure: Option<Error>) {
        *self.trim_failure() = failure;
    }

    fn trim_failure(&self) -> MutexGuard<'_, Option<Error>> {
        // It is written in one step.
        self.trim_failure.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why the last attempt failed, if it did.
    pub(super) fn failure(&self) -> MutexGuard<'_, Option<Error>> {
        // It is written in one step.
        self.failure.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
