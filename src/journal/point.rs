//! A point of a journal: a change, the hash after it, and the age of the journal.

use std::time::Duration;

use crate::model::chain_hash::ChainHash;
use crate::model::time::Timestamp;

/// The point of a journal after a change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Point {
    /// The revision of the change; 0 before the first one.
    pub(crate) revision: u64,
    /// The chain hash after it.
    pub(crate) hash: ChainHash,
    /// The age of the journal when the change was appended.
    pub(crate) age: Age,
}

/// The age of a journal, by its own count.
///
/// The clock of a machine may jump, for example to the year 2096 and back. The journal only adds the steps between two
/// readings: zero if the clock went back, and at most a limit if it went forward. So a jump costs at most that limit,
/// and the journal continues to age afterwards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Age {
    /// The age in milliseconds.
    pub(crate) millis: u64,
    /// The last clock reading that was counted.
    pub(crate) clock: Timestamp,
}

impl Age {
    /// The age at the clock reading `now`; at most `longest` is added.
    ///
    /// The first reading of a new journal counts as a step from 1970. This makes all its changes older by the same
    /// time, so the step does not change how long they are kept.
    #[must_use]
    pub(super) fn advance(self, now: Timestamp, longest: Duration) -> Self {
        let step = now.as_millis().saturating_sub(self.clock.as_millis());
        let longest = u64::try_from(longest.as_millis()).unwrap_or(u64::MAX);
        Self { millis: self.millis.saturating_add(step.min(longest)), clock: now }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_grows_with_the_clock_and_a_jump_adds_at_most_the_limit() {
        let longest = Duration::from_millis(100);
        let mut age = Age { millis: 7, clock: Timestamp::from_millis(1_000) };
        let steps =
            [(1_000, 7), (1_040, 47), (1_140, 147), (u64::MAX, 247), (900, 247), (950, 297)];
        for (now, millis) in steps {
            age = age.advance(Timestamp::from_millis(now), longest);
            assert_eq!((age.millis, age.clock.as_millis()), (millis, now));
        }
        age.millis = u64::MAX - 1;
        assert_eq!(age.advance(Timestamp::from_millis(1_000), longest).millis, u64::MAX);
    }
}
