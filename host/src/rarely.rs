//! Events that are frequent but reported only now and then.

use std::time::{Duration, Instant};

/// The shortest time between two reports.
const REST: Duration = Duration::from_secs(10);

/// Reports the first event, and then at most one in ten seconds.
#[derive(Default)]
pub(crate) struct Rarely {
    reported: Option<Instant>,
    unreported: u64,
}

impl Rarely {
    /// If this event is to be reported: the number of events that were not reported since the last report.
    pub(crate) fn turn(&mut self) -> Option<u64> {
        let now = Instant::now();
        if self.reported.is_some_and(|reported| now.duration_since(reported) < REST) {
            self.unreported += 1;
            return None;
        }
        self.reported = Some(now);
        Some(std::mem::take(&mut self.unreported))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_that_were_not_reported_are_counted_and_reported_later() {
        let mut rarely = Rarely::default();
        assert_eq!(rarely.turn(), Some(0));
        assert_eq!((rarely.turn(), rarely.turn()), (None, None));
        rarely.reported = rarely.reported.map(|reported| reported - REST);
        assert_eq!(rarely.turn(), Some(2));
        assert_eq!(rarely.turn(), None);
    }
}
