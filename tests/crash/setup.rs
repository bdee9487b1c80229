//! How the stores of these tests are opened.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use viewlink::{Options, Timestamp};

use crate::random::Random;

/// A number from the environment, or the usual one.
pub(crate) fn number_from_environment(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|number| number.parse().ok()).unwrap_or(usual)
}

/// Where the random histories begin: other ones with `VIEWLINK_SEED`. The next run has the next
/// number.
pub(crate) fn first_seed() -> u64 {
    number_from_environment("VIEWLINK_SEED", 0)
}

/// A clock that a test sets, and that can be slow, so that callers queue up behind the one who
/// asks for the time in the middle of a change.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clock {
    millis: Arc<AtomicU64>,
    slow: Arc<AtomicBool>,
}

impl Clock {
    pub(crate) fn set(&self, millis: u64) {
        self.millis.store(millis, Ordering::SeqCst);
    }

    pub(crate) fn set_slow(&self, slow: bool) {
        self.slow.store(slow, Ordering::SeqCst);
    }

    pub(crate) fn now(&self) -> u64 {
        self.millis.load(Ordering::SeqCst)
    }

    fn ask(&self) -> Timestamp {
        if self.slow.load(Ordering::SeqCst) {
            thread::sleep(Duration::from_micros(100));
        }
        Timestamp::from_millis(self.now())
    }
}

/// Options small enough that a short run rotates segments, trims them, folds and checkpoints.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setup {
    tail: (usize, usize),
    cache: usize,
    rows: u64,
    pub(crate) keep: Option<u64>,
}

impl Setup {
    pub(crate) fn random(random: &mut Random) -> Self {
        Self {
            tail: [(25, 6), (60, 20), (0, 1)][random.below(3)],
            cache: [0, 1 << 20][random.below(2)],
            rows: [12, 40, 200][random.below(3)],
            keep: Some([1, 8, 20][random.below(3)]),
        }
    }

    /// All changes are kept, so that the journal tells who made what.
    pub(crate) const fn keeping_all() -> Self {
        Self { tail: (10, 4), cache: 1 << 20, rows: 30, keep: None }
    }

    /// With or without memory for pages of the state; segments go soon.
    pub(crate) const fn forgetting(in_memory: bool) -> Self {
        let cache = if in_memory { 1 << 20 } else { 0 };
        Self { tail: (10, 4), cache, rows: 30, keep: Some(6) }
    }

    pub(crate) fn options(self, clock: &Clock) -> Options {
        let clock = clock.clone();
        Options::new()
            .segment_size(4096)
            .checkpoint_interval(self.rows, 8192)
            .keep_changes(self.keep)
            .tail(self.tail.0, self.tail.1)
            .cache_size(self.cache)
            .clock(move || clock.ask())
    }
}
