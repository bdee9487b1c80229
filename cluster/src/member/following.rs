//! The thread that applies the changes of the log, and recovers the store after it stopped.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use viewlink::{Error, Health, Store};

use crate::LogError;
use crate::backoff::Backoff;
use crate::error::chain;
use crate::status::State;
use crate::tail::{Failure, Seen, Tail};

/// How often the store follows the log if no message comes.
const IDLE: Duration = Duration::from_millis(200);

/// Applies the changes of the log to a store.
#[derive(Debug)]
pub(super) struct Follower {
    store: Store,
    tail: Arc<Tail>,
    /// The reason why the last attempt to follow failed, if it did.
    failed: Mutex<Option<State>>,
}

impl Follower {
    pub(super) fn new(store: Store, tail: Arc<Tail>) -> Self {
        Self { store, tail, failed: Mutex::default() }
    }

    fn failed(&self) -> MutexGuard<'_, Option<State>> {
        // It is written in one step.
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Follows the log until the member is closed.
    pub(super) fn follow_until_closed(&self) {
        let mut backoff = Backoff::new();
        loop {
            // Also without a new message: the journal may have refused the last change.
            if let Err(Failure::Closed) = self.tail.wait(Instant::now() + IDLE) {
                return;
            }
            match self.follow() {
                Ok(()) => {
                    *self.failed() = None;
                    backoff.reset();
                }
                Err(Error::Closed) => {
                    *self.failed() = Some(State::Closed);
                    return;
                }
                Err(error) => {
                    *self.failed() = Some(state_of(&error));
                    self.tail.sleep(backoff.next());
                }
            }
        }
    }

    fn follow(&self) -> Result<(), Error> {
        if matches!(self.store.health(), Health::WritesStopped { .. }) {
            self.store.recover()?;
        }
        self.store.follow().map(drop)
    }

    /// Whether the log is followed.
    pub(super) fn state(&self, seen: &Seen) -> State {
        if let Some(failure) = &seen.failure {
            return state_of_log(failure);
        }
        if let Some(failed) = &*self.failed() {
            return failed.clone();
        }
        if let Some(reason) = &seen.away {
            return State::Away { reason: reason.clone() };
        }
        match self.tail.clock.too_far_ahead() {
            Some(lead) => state_of_log(&Failure::ClockAhead(lead)),
            None => State::Following,
        }
    }
}

fn state_of(error: &Error) -> State {
    let reason = chain(error);
    match error {
        Error::Diverged { .. } => State::Diverged { reason },
        Error::NewerFormat { .. } => State::NeedsUpgrade { reason },
        Error::SharedLog { source, .. } => match source.downcast_ref::<Failure>() {
            Some(failure) => state_of_log(failure),
            None => State::Failing { reason },
        },
        _ => State::Failing { reason },
    }
}

fn state_of_log(failure: &Failure) -> State {
    let reason = chain(failure);
    match failure {
        Failure::OtherLog => State::Diverged { reason },
        Failure::Log(error) => match **error {
            LogError::CutOff { .. } => State::Diverged { reason },
            LogError::Trimmed { .. } => State::Outrun { reason },
            _ => State::Failing { reason },
        },
        Failure::Closed => State::Closed,
        Failure::Late(_) => State::Away { reason },
        Failure::ClockAhead(_) => State::Failing { reason },
    }
}
