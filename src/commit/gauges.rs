//! What can be told of the store without waiting for a change.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Open;
use super::checkpoint::Work;
use super::times::Times;
use crate::health::Health;
use crate::journal::Segments;
use crate::stats::{BUCKETS, GroupSizes, OUTCOMES, OutcomeCounts, Stats, bucket};

/// What the one who changes the store writes down behind each step. The figures are read one by
/// one, so two of them may be of neighbouring steps.
#[derive(Debug)]
pub(super) struct Gauges {
    health: Mutex<Health>,
    groups: [AtomicU64; BUCKETS],
    changes: AtomicU64,
    keys: [AtomicU64; OUTCOMES],
    commits: Times,
    slow_commits: AtomicU64,
    revision: AtomicU64,
    waiting: AtomicU64,
    rows: AtomicU64,
    bytes: AtomicU64,
    checkpoints: AtomicU64,
    checkpoint_times: Times,
    checkpoint_revision: AtomicU64,
    journal_segments: AtomicU64,
    journal_bytes: AtomicU64,
}

impl Default for Gauges {
    fn default() -> Self {
        Self {
            health: Mutex::new(Health::Writable),
            groups: Default::default(),
            changes: AtomicU64::default(),
            keys: Default::default(),
            commits: Times::default(),
            slow_commits: AtomicU64::default(),
            revision: AtomicU64::default(),
            waiting: AtomicU64::default(),
            rows: AtomicU64::default(),
            bytes: AtomicU64::default(),
            checkpoints: AtomicU64::default(),
            checkpoint_times: Times::default(),
            checkpoint_revision: AtomicU64::default(),
            journal_segments: AtomicU64::default(),
            journal_bytes: AtomicU64::default(),
        }
    }
}

impl Gauges {
    pub(super) fn health(&self) -> Health {
        self.lock().clone()
    }

    /// Whether nothing failed and the store is open.
    pub(super) fn is_well(&self) -> bool {
        matches!(*self.lock(), Health::Writable | Health::ReadOnly)
    }

    pub(super) fn set_health(&self, health: Health) {
        *self.lock() = health;
    }

    fn lock(&self) -> MutexGuard<'_, Health> {
        // Written in one step.
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a group of changes that became durable together.
    pub(super) fn count_group(&self, changes: usize) {
        if let Some(groups) = self.groups.get(bucket(changes)) {
            groups.fetch_add(1, Ordering::Relaxed);
        }
        self.changes.fetch_add(changes as u64, Ordering::Relaxed);
    }

    /// Counts what the keys of a change came to.
    pub(super) fn count_keys(&self, keys: &OutcomeCounts) {
        for (count, keys) in self.keys.iter().zip(keys.counts) {
            if keys > 0 {
                count.fetch_add(keys, Ordering::Relaxed);
            }
        }
    }

    /// Notes how long a group of changes took until readers saw it.
    pub(super) fn time_commit(&self, took: Duration, is_slow: bool) {
        self.commits.note(took);
        if is_slow {
            self.slow_commits.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Cost: O(runs of the tail), which are few.
    pub(super) fn note(&self, open: &Open, work: Work) {
        let (revision, waiting) = open.state.shown();
        self.revision.store(revision, Ordering::Relaxed);
        self.waiting.store(waiting as u64, Ordering::Relaxed);
        self.rows.store(work.rows(), Ordering::Relaxed);
        self.bytes.store(work.bytes(), Ordering::Relaxed);
        self.note_journal(&open.segments);
    }

    /// Cost: O(1).
    pub(super) fn note_journal(&self, segments: &Segments) {
        let (count, bytes) = segments.size();
        self.journal_segments.store(count, Ordering::Relaxed);
        self.journal_bytes.store(bytes, Ordering::Relaxed);
    }

    /// The newest change that is shown.
    pub(super) fn revision(&self) -> u64 {
        self.revision.load(Ordering::Relaxed)
    }

    /// Counts a checkpoint that brought the state to disk up to a change.
    pub(super) fn count_checkpoint(&self, revision: u64, took: Duration) {
        self.checkpoint_times.note(took);
        self.checkpoints.fetch_add(1, Ordering::Relaxed);
        self.set_checkpoint_revision(revision);
    }

    /// Says up to which change the state on disk is complete.
    pub(super) fn set_checkpoint_revision(&self, revision: u64) {
        self.checkpoint_revision.store(revision, Ordering::Relaxed);
    }

    pub(super) fn checkpoint_revision(&self) -> u64 {
        self.checkpoint_revision.load(Ordering::Relaxed)
    }

    /// Goes on as well as a recovery found the store, with the checkpoints that it made.
    pub(super) fn renew(&self, recovered: &Self) {
        self.set_health(recovered.health());
        let made = recovered.checkpoints.load(Ordering::Relaxed);
        self.checkpoints.fetch_add(made, Ordering::Relaxed);
        self.checkpoint_times.take_in(&recovered.checkpoint_times);
        self.set_checkpoint_revision(recovered.checkpoint_revision());
    }

    /// The figures; those of snapshots are left out.
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
            waiting_backlinks: load(&self.waiting),
            rows_since_checkpoint: load(&self.rows),
            bytes_since_checkpoint: load(&self.bytes),
            checkpoints: load(&self.checkpoints),
            last_checkpoint: self.checkpoint_times.last(),
            longest_checkpoint: self.checkpoint_times.longest(),
            checkpoint_revision: self.checkpoint_revision(),
            journal_segments: load(&self.journal_segments),
            journal_bytes: load(&self.journal_bytes),
            ..Stats::default()
        }
    }
}
