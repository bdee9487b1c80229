//! Whether a reader can go on at its place in a log.

#[cfg(feature = "jetstream")]
use std::sync::{Mutex, PoisonError};
#[cfg(feature = "jetstream")]
use std::time::{Duration, Instant};

use crate::{Bounds, LogError};

/// Whether the messages from `from` on are there, or may still come.
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

/// Says that a log lost its end only where it looks so for a while: a server that was cut off from the others, or leads
/// since a moment, may know less than what is in the log.
#[cfg(feature = "jetstream")]
#[derive(Debug)]
pub(crate) struct Patience {
    within: Duration,
    /// What was to be read when the log first looked too short, and when that was.
    since: Mutex<Option<(u64, Instant)>>,
}

#[cfg(feature = "jetstream")]
impl Patience {
    pub(crate) fn new(within: Duration) -> Self {
        Self { within, since: Mutex::new(None) }
    }

    /// [`check`], with [`LogError::Away`] as long as it may be too early to say that the end is gone.
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
        let what = format!("a server says that the log ends at {}, before {from}", bounds.last);
        Err(LogError::Away { what, source: Some(error.into()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { first: 5, last: 9 };

    #[test]
    fn a_place_is_in_the_log_or_right_behind_it() {
        assert!(matches!(check(4, BOUNDS), Err(LogError::Trimmed { from: 4, first: 5 })));
        assert!(check(5, BOUNDS).is_ok());
        assert!(check(10, BOUNDS).is_ok());
        assert!(matches!(check(11, BOUNDS), Err(LogError::CutOff { from: 11, last: 9 })));
    }

    #[cfg(feature = "jetstream")]
    #[test]
    fn an_end_is_gone_only_where_it_stays_so() {
        let patience = Patience::new(Duration::from_millis(30));
        assert!(matches!(patience.check(11, BOUNDS), Err(LogError::Away { .. })));
        assert!(patience.check(10, BOUNDS).is_ok(), "another reader");
        std::thread::sleep(Duration::from_millis(40));
        assert!(matches!(patience.check(11, BOUNDS), Err(LogError::CutOff { .. })));
    }

    #[cfg(feature = "jetstream")]
    #[test]
    fn a_log_that_was_read_again_to_its_end_gets_all_the_patience_anew() {
        let patience = Patience::new(Duration::from_millis(30));
        assert!(patience.check(11, BOUNDS).is_err());
        assert!(patience.check(11, Bounds { first: 5, last: 10 }).is_ok());
        std::thread::sleep(Duration::from_millis(40));
        assert!(matches!(patience.check(11, BOUNDS), Err(LogError::Away { .. })));
    }
}
