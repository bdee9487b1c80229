//! The time of what an import does.

use std::sync::{Arc, Mutex, PoisonError};

use viewlink::Timestamp;

/// A clock that shows the system's time, or the time it was set to.
#[derive(Clone, Debug, Default)]
pub(super) struct Clock(Arc<Mutex<Option<Timestamp>>>);

impl Clock {
    /// Stops the clock at a time, or lets it show the system's.
    pub(super) fn set(&self, time: Option<Timestamp>) {
        // What is guarded is whole at any moment.
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
    fn a_clock_shows_what_it_was_set_to_and_else_the_time_of_the_system() {
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
