//! How changes get their place in the log.

use std::time::{Duration, Instant};

use viewlink::Outcome;
use viewlink::sequencer::{At, Mark, Proposal, Proposed};

use super::{Order, State, mark_of};
use crate::backoff::Backoff;
use crate::entry;
use crate::rule::Came;
use crate::tail::Failure;
use crate::{Appended, LogError};

/// After how much time at most what may not have reached the log is sent once more.
const AGAIN: Duration = Duration::from_secs(2);
/// How long to wait at most for what came first, where the log says that something did.
const CONFLICT: Duration = Duration::from_millis(200);
/// The longest pause for each time that others came first.
const PAUSE: Duration = Duration::from_millis(4);

/// One proposal under way.
struct Proposing<'o> {
    order: &'o Order,
    state: &'o mut State,
    at: At,
    nonce: u128,
    /// Whether there is nothing that could take effect.
    is_empty: bool,
    until: Instant,
    backoff: Backoff,
    /// Whether the log is told what should be its newest message: a log that lost its newest one, or counts otherwise, would
    /// refuse for good.
    hints: bool,
    /// Whether a message of it may be in the log.
    may_be_there: bool,
}

/// What an attempt to append came to.
enum Sent {
    /// All of it is in the log; with its place where it is one message.
    Whole(Option<u64>),
    /// Nothing of it is; something came first.
    Conflict,
    /// It may be, or a part of it.
    Unknown,
}

type Step<T> = Result<T, Proposed>;

impl Order {
    pub(super) fn propose_in(&self, state: &mut State, at: At, proposal: Proposal<'_>) -> Proposed {
        let Proposal { changes, voids, since } = proposal;
        let refused = |source| Proposed::Failed { outcome: Outcome::NotApplied, source };
        let late = voids > 0 && since.elapsed() >= self.deadline;
        if late {
            return refused(Box::new(Failure::Late(self.deadline)));
        }
        let mut nonce = [0; 16];
        if let Err(error) = getrandom::fill(&mut nonce) {
            return refused(Box::new(error));
        }
        let nonce = u128::from_ne_bytes(nonce);
        let messages =
            entry::messages(at.position, nonce, changes, self.tail.log.max_message_len());
        let messages = match messages {
            Ok(messages) => messages,
            Err(error) => return refused(Box::new(error)),
        };
        let proposing = Proposing {
            order: self,
            state,
            at,
            nonce,
            is_empty: changes.is_empty(),
            until: Instant::now() + self.deadline,
            backoff: Backoff::new(),
            hints: true,
            may_be_there: false,
        };
        proposing.run(voids, &messages).unwrap_or_else(|end| end)
    }
}

impl Proposing<'_> {
    /// `Err` is what it came to before all was said.
    fn run(mut self, voids: u32, messages: &[Vec<u8>]) -> Step<Proposed> {
        if self.state.mark != self.at.mark {
            // The store stands elsewhere, and follows first.
            return Ok(Proposed::Void);
        }
        self.make_ready(voids)?;
        while Instant::now() < self.until {
            self.take_arrived()?;
            let until = match self.append(messages)? {
                Sent::Conflict => {
                    self.hints = self.wait(self.until.min(Instant::now() + CONFLICT))?;
                    continue;
                }
                // Nothing is between what was taken and this one.
                Sent::Whole(Some(sequence)) if self.is_next(sequence) => {
                    return Ok(self.took(sequence));
                }
                Sent::Whole(_) => self.until,
                Sent::Unknown => {
                    let again = AGAIN.min(self.order.deadline / 8);
                    self.until.min(Instant::now() + again)
                }
            };
            while self.wait(until)? {
                self.take_arrived()?;
            }
        }
        Err(self.failed(Failure::Late(self.order.deadline)))
    }

    /// Waits until it is known that the log is the store's; and a moment, where others came first before.
    fn make_ready(&self, voids: u32) -> Step<()> {
        let tail = &self.order.tail;
        let confirmed = tail.wait_confirmed(self.until);
        if !confirmed.map_err(|failure| self.failed(failure))? {
            return Err(self.failed(Failure::Late(self.order.deadline)));
        }
        if voids > 1 {
            // So that they do not meet again and again.
            tail.sleep(PAUSE.mul_f64(fastrand::f64() * f64::from(voids.min(8))));
        }
        Ok(())
    }

    /// Whether a message comes right after what was taken.
    fn is_next(&self, sequence: u64) -> bool {
        self.order.tail.seen().taken.checked_add(1) == Some(sequence)
    }

    /// Takes what has arrived: ends where it is this one, or takes effect.
    fn take_arrived(&mut self) -> Step<()> {
        let tail = &self.order.tail;
        while let Some(message) = tail.pop() {
            let sequence = message.sequence;
            match self.order.look(self.state, self.at.position, &message) {
                Ok(Came::Asked { nonce } | Came::Effect { nonce, .. }) if nonce == self.nonce => {
                    return Err(self.took(sequence));
                }
                Ok(Came::Asked { .. } | Came::Nothing) => tail.take(sequence),
                // Others came first: who follows finds it.
                Ok(Came::Effect { .. }) => {
                    tail.put_back(message);
                    return Err(Proposed::Void);
                }
                // The copy stops there, and others may not.
                Err(error) => {
                    tail.put_back(message);
                    return Err(self.failed_by(Box::new(error)));
                }
            }
        }
        Ok(())
    }

    fn took(&mut self, sequence: u64) -> Proposed {
        self.order.tail.take(sequence);
        if self.is_empty {
            return Proposed::Took { mark: Mark::default() };
        }
        let mark = mark_of(sequence);
        (self.state.mark, self.state.given) = (mark, None);
        Proposed::Took { mark }
    }

    fn wait(&self, until: Instant) -> Step<bool> {
        self.order.tail.wait(until).map_err(|failure| self.failed(failure))
    }

    fn append(&mut self, messages: &[Vec<u8>]) -> Step<Sent> {
        let mut after = self.hints.then(|| self.order.tail.read_up_to());
        let mut last = None;
        for message in messages {
            match self.append_one(after, message)? {
                Sent::Whole(sequence) => last = sequence,
                other => return Ok(other),
            }
            after = None;
        }
        Ok(Sent::Whole(last.filter(|_| messages.len() == 1)))
    }

    fn append_one(&mut self, after: Option<u64>, message: &[u8]) -> Step<Sent> {
        loop {
            match self.order.tail.log.append(after, message) {
                Appended::At(sequence) => {
                    self.may_be_there = true;
                    return Ok(Sent::Whole(Some(sequence)));
                }
                Appended::Conflict => return Ok(Sent::Conflict),
                Appended::Unknown(error) => {
                    self.may_be_there = true;
                    self.order.tail.note_away(&error);
                    return Ok(Sent::Unknown);
                }
                Appended::Refused(error) => self.pause_after(error)?,
            }
        }
    }

    /// Waits before a message is sent again that was not taken; ends where waiting does not help.
    fn pause_after(&mut self, error: LogError) -> Step<()> {
        let is_away = matches!(error, LogError::Away { .. });
        let pause = self.backoff.next();
        if !is_away || Instant::now() + pause >= self.until {
            return Err(self.failed_by(Box::new(error)));
        }
        self.order.tail.note_away(&error);
        if self.order.tail.sleep(pause) {
            return Err(self.failed(Failure::Closed));
        }
        Ok(())
    }

    fn failed(&self, failure: Failure) -> Proposed {
        self.failed_by(Box::new(failure))
    }

    fn failed_by(&self, source: Box<dyn std::error::Error + Send + Sync>) -> Proposed {
        let outcome = match self.may_be_there && !self.is_empty {
            true => Outcome::Unknown,
            false => Outcome::NotApplied,
        };
        Proposed::Failed { outcome, source }
    }
}
