//! Points in time, as the store records them.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// A point in time in milliseconds since 1970-01-01 00:00 UTC.
///
/// A change gets the time of the clock, but never less than the time of the change before it. So times and revisions
/// have the same order even when a clock is set back.
///
/// ```
/// use viewlink::Timestamp;
///
/// let time = Timestamp::from_millis(1_700_000_000_000);
/// assert_eq!(time.as_millis(), 1_700_000_000_000);
/// assert!(time < Timestamp::now());
/// assert_eq!(time.saturating_add(std::time::Duration::from_secs(1)).as_millis() % 10_000, 1_000);
/// ```
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The time `millis` milliseconds after the start of 1970.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the start of 1970.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// The time of the system clock; a clock before 1970 counts as 1970.
    #[must_use]
    pub fn now() -> Self {
        SystemTime::now().into()
    }

    /// This time plus `duration`, or the largest possible time.
    #[must_use]
    pub fn saturating_add(self, duration: Duration) -> Self {
        let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(millis))
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adding_saturates_instead_of_wrapping() {
        let late = Timestamp::from_millis(u64::MAX - 1);
        assert_eq!(late.saturating_add(Duration::from_secs(1)).as_millis(), u64::MAX);
    }

    #[test]
    fn a_clock_before_1970_counts_as_1970() {
        let before = UNIX_EPOCH - Duration::from_secs(5);
        assert_eq!(Timestamp::from(before), Timestamp::from_millis(0));
    }
}
