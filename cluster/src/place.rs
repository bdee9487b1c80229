//! Checks whether a reader can continue at a sequence of a log.

#[cfg(feature = "jetstream")]
use std::sync::{Mutex, PoisonError};
#[cfg(feature = "jetstream")]
use std::time::{Duration, Instant};

use crate::{Bounds, LogError};

/// Checks that the messages from `from` on exist, or may still be appended.
///
/// # Errors
///
/// [`LogError::Trimmed`], [`LogError::CutOff`].
pub(crate) fn check(from: u64, bounds: Bounds) -> Result<(), LogError> {
    if from < bounds.first {
        return Err(LogError::Trimmed { from, first: bounds.first });
    }
    if from > bounds.last.saturating_add(1) {
        return Err(LogError::CutOff { from, last: bounds.last });
    }
    Ok(())
}

/// Reports the loss of the end of a log only after it lasted for a while: a server that is cut off from the others, or has
/// become the leader just now, may know less than the log contains.
#[cfg(feature = "jetstream")]
#[derive(Debug)]
pub(crate) struct Patience {
    within: Duration,
    /// The sequence that was requested when the log first looked too short, and the time of that.
    since: Mutex<Option<(u64, Instant)>>,
}

#[cfg(feature = "jetstream")]
impl Patience {
    pub(crate) fn new(within: Duration) -> Self {
        Self { within, since: Mutex::new(None) }
    }

    /// [`check`], with [`LogError::Away`] as long as the missing end may still appear.
    ///
    /// # Errors
    ///
    /// [`LogError::Trimmed`], [`LogError::CutOff`], [`LogError::Away`].
    pub(crate) fn check(&self, from: u64, bounds: Bounds) -> Result<(), LogError> {
        let mut since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        let error = match check(from, bounds) {
            Err(error @ LogError::CutOff { .. }) => error,
            other => {
                if since.is_some_and(|(missed, _)| check(missed, bounds).is_ok()) {
                    *since = None;
                }
                return other;
            }
        };
        let (_, first_seen) = *since.get_or_insert_with(|| (from, Instant::now()));
        if first_seen.elapsed() >= self.within {
            return Err(error);
        }
        let what = format!("a server reports that the log ends at {}, before {from}", bounds.last);
        Err(LogError::Away { what, source: Some(error.into()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { first: 5, last: 9 };

    #[test]
    fn a_reader_may_continue_in_the_log_or_right_after_it() {
        assert!(matches!(check(4, BOUNDS), Err(LogError::Trimmed { from: 4, first: 5 })));
        assert!(check(5, BOUNDS).is_ok());
        assert!(check(10, BOUNDS).is_ok());
        assert!(matches!(check(11, BOUNDS), Err(LogError::CutOff { from: 11, last: 9 })));
    }

    #[cfg(feature = "jetstream")]
    #[test]
    fn a_lost_end_is_reported_only_if_it_stays_lost() {
        let patience = Patience::new(Duration::from_millis(30));
        assert!(matches!(patience.check(11, BOUNDS), Err(LogError::Away { .. })));
        assert!(patience.check(10, BOUNDS).is_ok(), "another reader");
        std::thread::sleep(Duration::from_millis(40));
        assert!(matches!(patience.check(11, BOUNDS), Err(LogError::CutOff { .. })));
    }

    #[cfg(feature = "jetstream")]
    #[test]
    fn the_time_starts_again_after_the_log_had_its_end() {
        let patience = Patience::new(Duration::from_millis(30));
        assert!(patience.check(11, BOUNDS).is_err());
        assert!(patience.check(11, Bounds { first: 5, last: 10 }).is_ok());
        std::thread::sleep(Duration::from_millis(40));
        assert!(matches!(patience.check(11, BOUNDS), Err(LogError::Away { .. })));
    }
}
