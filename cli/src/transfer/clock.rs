//! The clock of an import.

use std::sync::{Arc, Mutex, PoisonError};

use viewlink::Timestamp;

/// A clock that shows the time of the system, or a time that was set.
#[derive(Clone, Debug, Default)]
pub(super) struct Clock(Arc<Mutex<Option<Timestamp>>>);

impl Clock {
    /// Stops the clock at a time, or lets it show the time of the system.
    pub(super) fn set(&self, time: Option<Timestamp>) {
        // The guarded value is complete at any moment.
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = time;
    }

    pub(super) fn now(&self) -> Timestamp {
        let set = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        set.unwrap_or_else(Timestamp::now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_shows_the_time_it_was_set_to_or_the_time_of_the_system() {
        let clock = Clock::default();
        let before = Timestamp::now();
        assert!(clock.now() >= before);
        let other = clock.clone();
        other.set(Some(Timestamp::from_millis(5)));
        assert_eq!(clock.now(), Timestamp::from_millis(5));
        clock.set(None);
        assert!(other.now() >= before);
    }
}
