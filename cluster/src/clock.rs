//! The check that the clock of this host is not ahead of the clock of the log.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use crate::Log;

/// How often the clocks are compared.
const INTERVAL: Duration = Duration::from_secs(10);
/// How often the clocks are compared if that failed, or if the clock of this host is too far ahead.
const RETRY: Duration = Duration::from_secs(1);

/// The comparison of both clocks.
#[derive(Debug)]
pub(crate) struct ClockCheck {
    max_lead: Duration,
    last: Mutex<Option<Comparison>>,
}

/// The last comparison.
#[derive(Clone, Copy, Debug)]
struct Comparison {
    at: Instant,
    /// How far this host was ahead; `None` if the log did not answer or has no clock.
    lead: Option<Duration>,
}

impl ClockCheck {
    pub(crate) fn new(max_lead: Duration) -> Self {
        Self { max_lead, last: Mutex::default() }
    }

    /// Compares the clocks, if that is due.
    pub(crate) fn compare(&self, log: &dyn Log) {
        if !self.is_due() {
            return;
        }
        // The log answers with a later time than this one, so a slow answer never looks like a fast clock.
        let now = SystemTime::now();
        let time = log.time().ok().flatten();
        let lead = time.map(|time| now.duration_since(time).unwrap_or_default());
        *self.last() = Some(Comparison { at: Instant::now(), lead });
    }

    fn is_due(&self) -> bool {
        let Some(Comparison { at, lead }) = *self.last() else { return true };
        let is_good = lead.is_some_and(|lead| lead <= self.max_lead);
        at.elapsed() >= if is_good { INTERVAL } else { RETRY }
    }

    fn last(&self) -> MutexGuard<'_, Option<Comparison>> {
        // It is written in one step.
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How far the clock of this host is ahead, if that is too far.
    pub(crate) fn too_far_ahead(&self) -> Option<Duration> {
        let last = *self.last();
        last.and_then(|Comparison { lead, .. }| lead).filter(|lead| *lead > self.max_lead)
    }
}
