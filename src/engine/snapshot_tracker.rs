//! Which snapshots are held, for those who look after a store.
//!
//! A snapshot is a clone of the state and needs nobody to know of it. It keeps what changes after it in memory, so
//! an operator wants to know how many there are, and how old.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The snapshots that are held.
#[derive(Debug, Default)]
pub(super) struct SnapshotTracker {
    /// The number of the next one.
    next: AtomicU64,
    /// By number, so the oldest first.
    held: Mutex<BTreeMap<u64, Held>>,
}

#[derive(Clone, Copy, Debug)]
struct Held {
    since: Instant,
    revision: u64,
}

/// The oldest of all snapshots.
#[derive(Clone, Copy, Debug)]
pub(super) struct Oldest {
    pub(super) age: Duration,
    pub(super) revision: u64,
}

impl SnapshotTracker {
    /// Counts a snapshot of a revision as long as the guard lives.
    ///
    /// Cost: O(log of those that are held).
    pub(super) fn track(self: &Arc<Self>, revision: u64) -> SnapshotGuard {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.held().insert(number, Held { since: Instant::now(), revision });
        SnapshotGuard { tracker: Arc::clone(self), number }
    }

    /// How many there are, and the oldest.
    pub(super) fn figures(&self) -> (u64, Option<Oldest>) {
        let held = self.held();
        let oldest = held
            .first_key_value()
            .map(|(_, held)| Oldest { age: held.since.elapsed(), revision: held.revision });
        (held.len() as u64, oldest)
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<u64, Held>> {
        // Each change of the map is one insert or remove, so a panic elsewhere leaves it whole.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A snapshot that is held.
#[derive(Debug)]
pub(crate) struct SnapshotGuard {
    tracker: Arc<SnapshotTracker>,
    number: u64,
}

impl Drop for SnapshotGuard {
    fn drop(&mut self) {
        self.tracker.held().remove(&self.number);
    }
}
