//! What can be told of the store without waiting for a change.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::checkpoint::Work;
use crate::group_sizes::{BUCKETS, GroupSizes, bucket};
use crate::health::Health;
use crate::stats::Stats;
use crate::storage::State;

/// What the one who changes the store writes down behind each step. The figures are read one by
/// one, so two of them may be of neighbouring steps.
#[derive(Debug)]
pub(super) struct Gauges {
    health: Mutex<Health>,
    groups: [AtomicU64; BUCKETS],
    changes: AtomicU64,
    revision: AtomicU64,
    waiting: AtomicU64,
    rows: AtomicU64,
    bytes: AtomicU64,
    checkpoints: AtomicU64,
    checkpoint_revision: AtomicU64,
}

impl Default for Gauges {
    fn default() -> Self {
        Self {
            health: Mutex::new(Health::Writable),
            groups: Default::default(),
            changes: AtomicU64::default(),
            revision: AtomicU64::default(),
            waiting: AtomicU64::default(),
            rows: AtomicU64::default(),
            bytes: AtomicU64::default(),
            checkpoints: AtomicU64::default(),
            checkpoint_revision: AtomicU64::default(),
        }
    }
}

impl Gauges {
    pub(super) fn health(&self) -> Health {
        self.lock().clone()
    }

    pub(super) fn is_writable(&self) -> bool {
        *self.lock() == Health::Writable
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

    /// Cost: O(runs of the tail), which are few.
    pub(super) fn note(&self, state: &State, work: Work) {
        let (revision, waiting) = state.shown();
        self.revision.store(revision, Ordering::Relaxed);
        self.waiting.store(waiting as u64, Ordering::Relaxed);
        self.rows.store(work.rows(), Ordering::Relaxed);
        self.bytes.store(work.bytes(), Ordering::Relaxed);
    }

    /// The newest change that is shown.
    pub(super) fn revision(&self) -> u64 {
        self.revision.load(Ordering::Relaxed)
    }

    pub(super) fn count_checkpoint(&self, revision: u64) {
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
        self.set_checkpoint_revision(recovered.checkpoint_revision());
    }

    /// The figures; those of snapshots are left out.
    pub(super) fn stats(&self) -> Stats {
        let counts = self.groups.each_ref().map(|count| count.load(Ordering::Relaxed));
        Stats {
            revision: self.revision.load(Ordering::Relaxed),
            groups: GroupSizes { counts, changes: self.changes.load(Ordering::Relaxed) },
            waiting_backlinks: self.waiting.load(Ordering::Relaxed),
            rows_since_checkpoint: self.rows.load(Ordering::Relaxed),
            bytes_since_checkpoint: self.bytes.load(Ordering::Relaxed),
            checkpoints: self.checkpoints.load(Ordering::Relaxed),
            ..Stats::default()
        }
    }
}
