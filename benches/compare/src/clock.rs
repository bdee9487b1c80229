//! The time that every engine sees.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A clock that the measurement moves, so that all engines store the same link times and their answers can be compared.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    millis: Arc<AtomicU64>,
}

impl Clock {
    /// When the first view is loaded: a day in 2025.
    pub(crate) const START: u64 = 1_750_000_000_000;

    /// A clock with a fixed time.
    pub(crate) fn at(millis: u64) -> Self {
        Self { millis: Arc::new(AtomicU64::new(millis)) }
    }

    /// The time, in milliseconds.
    pub(crate) fn now(&self) -> u64 {
        self.millis.load(Ordering::Relaxed)
    }

    /// Sets the time.
    pub(crate) fn set(&self, millis: u64) {
        self.millis.store(millis, Ordering::Relaxed);
    }

    /// Lets a millisecond pass, so that the next change has a time of its own.
    pub(crate) fn tick(&self) {
        self.millis.fetch_add(1, Ordering::Relaxed);
    }
}
