//! Figures of the store for whoever asks, without waiting for a change.

use std::sync::atomic::{AtomicU64, Ordering};

use super::checkpoint::Work;
use crate::stats::Stats;
use crate::storage::State;

/// What the one who changes the store writes down behind each step. The figures are read one by
/// one, so two of them may be of neighbouring steps.
#[derive(Debug, Default)]
pub(super) struct Gauges {
    revision: AtomicU64,
    waiting: AtomicU64,
    rows: AtomicU64,
    bytes: AtomicU64,
    checkpoints: AtomicU64,
}

impl Gauges {
    /// Cost: O(runs of the tail), which are few.
    pub(super) fn note(&self, state: &State, work: Work) {
        let (revision, waiting) = state.shown();
        self.revision.store(revision, Ordering::Relaxed);
        self.waiting.store(waiting as u64, Ordering::Relaxed);
        self.rows.store(work.rows(), Ordering::Relaxed);
        self.bytes.store(work.bytes(), Ordering::Relaxed);
    }

    pub(super) fn count_checkpoint(&self) {
        self.checkpoints.fetch_add(1, Ordering::Relaxed);
    }

    /// Adds the checkpoints that a recovery made.
    pub(super) fn add_checkpoints(&self, others: &Self) {
        let made = others.checkpoints.load(Ordering::Relaxed);
        self.checkpoints.fetch_add(made, Ordering::Relaxed);
    }

    /// The figures; those of snapshots are left out.
    pub(super) fn stats(&self) -> Stats {
        Stats {
            revision: self.revision.load(Ordering::Relaxed),
            waiting_backlinks: self.waiting.load(Ordering::Relaxed),
            rows_since_checkpoint: self.rows.load(Ordering::Relaxed),
            bytes_since_checkpoint: self.bytes.load(Ordering::Relaxed),
            checkpoints: self.checkpoints.load(Ordering::Relaxed),
            ..Stats::default()
        }
    }
}
