//! The order of changes, as the log defines it: a store proposes its changes here, and gets the changes of others.

mod proposing;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use viewlink::sequencer::{At, LoggedGroup, Mark, Proposal, Proposed, Sequencer};
use viewlink::{Error, Outcome, Position};

use crate::Message;
use crate::entry::Entry;
use crate::rule::{Effect, Rule, not_an_entry};
use crate::tail::{Failure, Tail};

/// The entries of a log that take effect, in order.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) tail: Arc<Tail>,
    /// How long a change waits for its place in the log.
    deadline: Duration,
    /// Locked by the thread that may write to the store.
    state: Mutex<State>,
}

/// The part of the log that was processed.
#[derive(Debug, Default)]
struct State {
    rule: Rule,
    /// The mark of the last entry that took effect.
    mark: Mark,
    /// The group that was returned last, and the mark before it.
    returned: Option<(Mark, LoggedGroup)>,
}

/// The mark of an entry: the sequence of its last message.
pub(crate) fn mark_of(sequence: u64) -> Mark {
    Mark::new(&sequence.to_be_bytes()).unwrap_or_default()
}

/// The sequence in a mark, 0 for an empty mark; `None` if the mark is not from a log.
pub(crate) fn sequence_of(mark: Mark) -> Option<u64> {
    if mark.is_empty() {
        return Some(0);
    }
    mark.as_bytes().try_into().ok().map(u64::from_be_bytes)
}

impl Order {
    pub(crate) fn new(tail: Arc<Tail>, deadline: Duration) -> Self {
        Self { tail, deadline, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic leaves an old state at worst, and the next call then seeks the right place in the log.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The effect of a message on a copy at a position.
    fn judge(&self, state: &mut State, at: Position, message: &Message) -> Result<Effect, Error> {
        let Message { sequence, bytes } = message;
        let entry = Entry::decode(*sequence, bytes).map_err(not_an_entry)?;
        state.rule.judge(at, *sequence, &entry)
    }
}

impl State {
    /// Moves to the position of the store.
    fn move_to(&mut self, tail: &Tail, at: At) {
        if self.mark != at.mark {
            tail.seek(sequence_of(at.mark).unwrap_or_default());
            *self = Self { mark: at.mark, ..Self::default() };
        }
        self.rule.set_position(at.position);
    }
}

impl Sequencer for Order {
    fn next(&self, at: At) -> Result<Option<LoggedGroup>, Error> {
        let mut state = self.state();
        if let Some((before, group)) = &state.returned
            && *before == at.mark
        {
            return Ok(Some(group.clone()));
        }
        state.move_to(&self.tail, at);
        while let Some(message) = self.tail.pop() {
            let sequence = message.sequence;
            let effect = match self.judge(&mut state, at.position, &message) {
                Ok(effect) => effect,
                Err(error) => {
                    self.tail.push_front(message);
                    return Err(error);
                }
            };
            self.tail.set_processed(sequence);
            if let Effect::Changes { changes, .. } = effect {
                let mark = mark_of(sequence);
                let group = LoggedGroup { base: at.position, changes, mark };
                state.mark = mark;
                state.returned = Some((at.mark, group.clone()));
                return Ok(Some(group));
            }
        }
        match self.tail.seen().failure {
            None => Ok(None),
            Some(failure) => Err(failed(failure)),
        }
    }

    fn propose(&self, at: At, proposal: Proposal<'_>) -> Proposed {
        self.propose_in(&mut self.state(), at, proposal)
    }
}

/// The error for a log from which no more messages come.
pub(crate) fn failed(failure: Failure) -> Error {
    Error::SharedLog { outcome: Outcome::NotApplied, source: Box::new(failure) }
}
