//! What happens often and is told now and then.

use std::time::{Duration, Instant};

/// How long nothing is told after it was.
const REST: Duration = Duration::from_secs(10);

/// Tells the first time, and then at most once in ten seconds.
#[derive(Default)]
pub(crate) struct Rarely {
    told: Option<Instant>,
    untold: u64,
}

impl Rarely {
    /// How many times were not told since the last that was, if this one is to be told.
    pub(crate) fn turn(&mut self) -> Option<u64> {
        let now = Instant::now();
        if self.told.is_some_and(|told| now.duration_since(told) < REST) {
            self.untold += 1;
            return None;
        }
        self.told = Some(now);
        Some(std::mem::take(&mut self.untold))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_told_is_counted_and_told_later() {
        let mut rarely = Rarely::default();
        assert_eq!(rarely.turn(), Some(0));
        assert_eq!((rarely.turn(), rarely.turn()), (None, None));
        rarely.told = rarely.told.map(|told| told - REST);
        assert_eq!(rarely.turn(), Some(2));
        assert_eq!(rarely.turn(), None);
    }
}
