//! Counts the snapshots that are held, for the operator of a store.
//!
//! A snapshot is a clone of the state and works without this tracker. It keeps the parts that change later in memory,
//! so an operator wants to know how many snapshots there are, and how old they are.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The snapshots that are held.
#[derive(Debug, Default)]
pub(super) struct SnapshotTracker {
    /// The number of the next one.
    next: AtomicU64,
    /// By number, so the oldest is first.
    held: Mutex<BTreeMap<u64, Held>>,
}

#[derive(Clone, Copy, Debug)]
struct Held {
    since: Instant,
    revision: u64,
}

/// The oldest snapshot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Oldest {
    pub(super) age: Duration,
    pub(super) revision: u64,
}

impl SnapshotTracker {
    /// Counts a snapshot of a revision as long as the guard lives.
    ///
    /// Cost: O(log held snapshots).
    pub(super) fn track(self: &Arc<Self>, revision: u64) -> SnapshotGuard {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.held().insert(number, Held { since: Instant::now(), revision });
        SnapshotGuard { tracker: Arc::clone(self), number }
    }

    /// The number of snapshots, and the oldest one.
    pub(super) fn figures(&self) -> (u64, Option<Oldest>) {
        let held = self.held();
        let oldest = held
            .first_key_value()
            .map(|(_, held)| Oldest { age: held.since.elapsed(), revision: held.revision });
        (held.len() as u64, oldest)
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<u64, Held>> {
        // Each change of the map is one insert or remove, so it is consistent even after a panic elsewhere.
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
