//! The order of changes that the log gives: what a store asks for its place, and what it follows.

mod proposing;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use viewlink::sequencer::{At, LoggedGroup, Mark, Proposal, Proposed, Sequencer};
use viewlink::{Error, Outcome, Position};

use crate::Message;
use crate::entry::Entry;
use crate::rule::{Came, Rule, no_entry};
use crate::tail::{Failure, Tail};

/// The order of the entries of a log that take effect.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) tail: Arc<Tail>,
    /// How long a change waits for its place.
    deadline: Duration,
    /// Locked by the one who has the store's turn.
    state: Mutex<State>,
}

/// How far the log was taken.
#[derive(Debug, Default)]
struct State {
    rule: Rule,
    /// That of the last entry that took effect.
    mark: Mark,
    /// The group that was given last, and the mark before it.
    given: Option<(Mark, LoggedGroup)>,
}

/// The mark of an entry: the place of its last message in the log.
pub(crate) fn mark_of(sequence: u64) -> Mark {
    Mark::new(&sequence.to_be_bytes()).unwrap_or_default()
}

/// The place that a mark tells, 0 of none; `None` where it is no mark of a log.
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
        // A panic leaves a place that is behind at most: it is sought anew then.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a message comes to for a copy that stands at a position.
    fn look(&self, state: &mut State, at: Position, message: &Message) -> Result<Came, Error> {
        let Message { sequence, bytes } = message;
        let entry = Entry::decode(*sequence, bytes).map_err(no_entry)?;
        state.rule.look(at, *sequence, &entry)
    }
}

impl State {
    /// Goes on where the store stands, wherever that is.
    fn go_to(&mut self, tail: &Tail, at: At) {
        if self.mark != at.mark {
            tail.seek(sequence_of(at.mark).unwrap_or_default());
            *self = Self { mark: at.mark, ..Self::default() };
        }
        self.rule.note(at.position);
    }
}

impl Sequencer for Order {
    fn next(&self, at: At) -> Result<Option<LoggedGroup>, Error> {
        let mut state = self.state();
        if let Some((before, group)) = &state.given
            && *before == at.mark
        {
            return Ok(Some(group.clone()));
        }
        state.go_to(&self.tail, at);
        while let Some(message) = self.tail.pop() {
            let sequence = message.sequence;
            let came = match self.look(&mut state, at.position, &message) {
                Ok(came) => came,
                Err(error) => {
                    self.tail.put_back(message);
                    return Err(error);
                }
            };
            self.tail.take(sequence);
            if let Came::Effect { changes, .. } = came {
                let mark = mark_of(sequence);
                let group = LoggedGroup { base: at.position, changes, mark };
                state.mark = mark;
                state.given = Some((at.mark, group.clone()));
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

/// The error of a log of which nothing more comes.
pub(crate) fn failed(failure: Failure) -> Error {
    Error::SharedLog { outcome: Outcome::NotApplied, source: Box::new(failure) }
}
