//! How long something took on each engine.

use std::time::Duration;

use crate::engine::Kind;

/// The times of one operation, for each engine in the order they were taken.
#[derive(Debug, Default)]
pub(crate) struct Times {
    of: Vec<(Kind, Vec<Duration>)>,
}

impl Times {
    /// Adds a time.
    pub(crate) fn add(&mut self, kind: Kind, time: Duration) {
        match self.of.iter_mut().find(|(of, _)| *of == kind) {
            Some((_, times)) => times.push(time),
            None => self.of.push((kind, vec![time])),
        }
    }

    /// One time for each engine, out of all its times.
    pub(crate) fn summary(
        &self,
        summarize: impl Fn(&[Duration]) -> Duration,
    ) -> Vec<(Kind, Duration)> {
        self.of.iter().map(|(kind, times)| (*kind, summarize(times))).collect()
    }
}

/// The time that half of them do not exceed.
pub(crate) fn median(times: &[Duration]) -> Duration {
    percentile(times, 50)
}

/// The longest time.
pub(crate) fn worst(times: &[Duration]) -> Duration {
    percentile(times, 100)
}

/// The shortest time that `percent` of a hundred do not exceed (nearest rank); zero without times.
pub(crate) fn percentile(times: &[Duration], percent: usize) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(numbers: impl IntoIterator<Item = u64>) -> Vec<Duration> {
        numbers.into_iter().map(Duration::from_micros).collect()
    }

    #[test]
    fn percentiles_are_the_nearest_rank() {
        let hundred = times((1..=100).rev());
        assert_eq!(median(&hundred), Duration::from_micros(50));
        assert_eq!(percentile(&hundred, 99), Duration::from_micros(99));
        assert_eq!(worst(&hundred), Duration::from_micros(100));
        assert_eq!(median(&times([3, 1, 2])), Duration::from_micros(2));
        assert_eq!(percentile(&times([5]), 99), Duration::from_micros(5));
        assert_eq!(median(&[]), Duration::ZERO);
    }

    #[test]
    fn times_are_kept_apart_by_engine() {
        let mut all = Times::default();
        for (kind, micros) in [(Kind::Redb, 4), (Kind::Viewlink, 1), (Kind::Redb, 2)] {
            all.add(kind, Duration::from_micros(micros));
        }
        let expected =
            [(Kind::Redb, Duration::from_micros(4)), (Kind::Viewlink, Duration::from_micros(1))];
        assert_eq!(all.summary(worst), expected);
    }
}
