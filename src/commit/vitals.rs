//! What can be told of the writer without waiting for it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::group_sizes::{BUCKETS, GroupSizes, bucket};
use crate::health::Health;

/// Shared by the writer, who alone changes it, and those who ask.
#[derive(Debug)]
pub(super) struct Vitals {
    health: Mutex<Health>,
    groups: [AtomicU64; BUCKETS],
    changes: AtomicU64,
}

impl Default for Vitals {
    fn default() -> Self {
        let (groups, changes) = Default::default();
        Self { health: Mutex::new(Health::Writable), groups, changes }
    }
}

impl Vitals {
    pub(super) fn health(&self) -> Health {
        self.lock().clone()
    }

    pub(super) fn is_writable(&self) -> bool {
        *self.lock() == Health::Writable
    }

    pub(super) fn set_health(&self, health: Health) {
        *self.lock() = health;
    }

    /// Counts a group of changes that became durable together.
    pub(super) fn count_group(&self, changes: usize) {
        if let Some(groups) = self.groups.get(bucket(changes)) {
            groups.fetch_add(1, Ordering::Relaxed);
        }
        self.changes.fetch_add(changes as u64, Ordering::Relaxed);
    }

    pub(super) fn group_sizes(&self) -> GroupSizes {
        let counts = self.groups.each_ref().map(|count| count.load(Ordering::Relaxed));
        GroupSizes { counts, changes: self.changes.load(Ordering::Relaxed) }
    }

    fn lock(&self) -> MutexGuard<'_, Health> {
        // Written in one step.
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
