//! The duration of work that is repeated.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The last and the longest duration; zero nanoseconds means never.
#[derive(Debug, Default)]
pub(super) struct Times {
    last: AtomicU64,
    longest: AtomicU64,
}

impl Times {
    pub(super) fn note(&self, took: Duration) {
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX).max(1);
        self.last.store(nanos, Ordering::Relaxed);
        self.longest.fetch_max(nanos, Ordering::Relaxed);
    }

    pub(super) fn last(&self) -> Option<Duration> {
        read(&self.last)
    }

    pub(super) fn longest(&self) -> Option<Duration> {
        read(&self.longest)
    }
}

fn read(nanos: &AtomicU64) -> Option<Duration> {
    let nanos = nanos.load(Ordering::Relaxed);
    (nanos > 0).then(|| Duration::from_nanos(nanos))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_time_and_the_longest_are_kept() {
        let times = Times::default();
        assert_eq!((times.last(), times.longest()), (None, None));
        let of = |millis| Some(Duration::from_millis(millis));
        for millis in [2, 9, 4] {
            times.note(Duration::from_millis(millis));
        }
        assert_eq!((times.last(), times.longest()), (of(4), of(9)));
    }

    #[test]
    fn a_duration_of_zero_counts_as_work_that_was_done() {
        let times = Times::default();
        times.note(Duration::ZERO);
        assert!(times.last().is_some());
        times.note(Duration::MAX);
        assert_eq!(times.longest(), Some(Duration::from_nanos(u64::MAX)));
    }
}
