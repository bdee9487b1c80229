//! Proposing: changes get their place in the log.

use std::time::{Duration, Instant};

use viewlink::Outcome;
use viewlink::sequencer::{At, Mark, Proposal, Proposed};

use super::{Order, State, mark_of};
use crate::backoff::Backoff;
use crate::entry;
use crate::rule::Effect;
use crate::tail::Failure;
use crate::{Appended, LogError};

/// A message that may not have reached the log is sent again after this time at the latest.
const RESEND: Duration = Duration::from_secs(2);
/// How long to wait at most for the message that came first, after the log reported a conflict.
const CONFLICT: Duration = Duration::from_millis(200);
/// The longest pause for each time that another member came first.
const PAUSE: Duration = Duration::from_millis(4);

/// A proposal in progress.
struct Proposing<'o> {
    order: &'o Order,
    state: &'o mut State,
    at: At,
    nonce: u128,
    /// Whether it has no changes.
    is_empty: bool,
    until: Instant,
    backoff: Backoff,
    /// Whether an append has a condition on the newest message. A log that lost its newest message would refuse every
    /// append with such a condition.
    is_conditional: bool,
    /// Whether a message of the proposal may be in the log.
    may_be_in_log: bool,
}

/// The outcome of an attempt to append.
enum Sent {
    /// All messages are in the log; with the sequence if it is a single message.
    Whole(Option<u64>),
    /// No message is in the log, because another message came first.
    Conflict,
    /// Some or all messages may be in the log.
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
        if let Some(lead) = self.tail.clock.too_far_ahead().filter(|_| !changes.is_empty()) {
            return refused(Box::new(Failure::ClockAhead(lead)));
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
            is_conditional: true,
            may_be_in_log: false,
        };
        proposing.run(voids, &messages).unwrap_or_else(|outcome| outcome)
    }
}

impl Proposing<'_> {
    /// Proposes until there is an outcome. An `Err` is an outcome, too: it ends the proposal early.
    fn run(mut self, voids: u32, messages: &[Vec<u8>]) -> Step<Proposed> {
        if self.state.mark != self.at.mark {
            // The store is at another position, and must follow first.
            return Ok(Proposed::Void);
        }
        self.make_ready(voids)?;
        while Instant::now() < self.until {
            self.process_arrived()?;
            let until = match self.append(messages)? {
                Sent::Conflict => {
                    self.is_conditional = self.wait(self.until.min(Instant::now() + CONFLICT))?;
                    continue;
                }
                // No other message came between the processed ones and this one.
                Sent::Whole(Some(sequence)) if self.is_next(sequence) => {
                    return Ok(self.took(sequence));
                }
                Sent::Whole(_) => self.until,
                Sent::Unknown => {
                    let again = RESEND.min(self.order.deadline / 8);
                    self.until.min(Instant::now() + again)
                }
            };
            while self.wait(until)? {
                self.process_arrived()?;
            }
        }
        Err(self.failed(Failure::Late(self.order.deadline)))
    }

    /// Waits until the log is known to belong to the store, and a moment longer if others came first before.
    fn make_ready(&self, voids: u32) -> Step<()> {
        let tail = &self.order.tail;
        let confirmed = tail.wait_confirmed(self.until);
        if !confirmed.map_err(|failure| self.failed(failure))? {
            return Err(self.failed(Failure::Late(self.order.deadline)));
        }
        if voids > 1 {
            // A random pause, so that the same members do not collide again.
            tail.sleep(PAUSE.mul_f64(fastrand::f64() * f64::from(voids.min(8))));
        }
        Ok(())
    }

    /// Whether a message is the next one to process.
    fn is_next(&self, sequence: u64) -> bool {
        self.order.tail.seen().processed.checked_add(1) == Some(sequence)
    }

    /// Processes the messages that arrived. Ends if one of them is this entry, or if another entry takes effect.
    fn process_arrived(&mut self) -> Step<()> {
        let tail = &self.order.tail;
        while let Some(message) = tail.pop() {
            let sequence = message.sequence;
            match self.order.judge(self.state, self.at.position, &message) {
                Ok(Effect::Fence { nonce } | Effect::Changes { nonce, .. })
                    if nonce == self.nonce =>
                {
                    return Err(self.took(sequence));
                }
                Ok(Effect::Fence { .. } | Effect::None) => tail.set_processed(sequence),
                // Another entry came first, and the store follows it next.
                Ok(Effect::Changes { .. }) => {
                    tail.push_front(message);
                    return Err(Proposed::Void);
                }
                // This copy stops at the message; other copies may continue.
                Err(error) => {
                    tail.push_front(message);
                    return Err(self.failed_by(Box::new(error)));
                }
            }
        }
        Ok(())
    }

    fn took(&mut self, sequence: u64) -> Proposed {
        self.order.tail.set_processed(sequence);
        if self.is_empty {
            return Proposed::Took { mark: Mark::default() };
        }
        let mark = mark_of(sequence);
        (self.state.mark, self.state.returned) = (mark, None);
        Proposed::Took { mark }
    }

    fn wait(&self, until: Instant) -> Step<bool> {
        self.order.tail.wait(until).map_err(|failure| self.failed(failure))
    }

    fn append(&mut self, messages: &[Vec<u8>]) -> Step<Sent> {
        let mut after = self.is_conditional.then(|| self.order.tail.last_read());
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
                    self.may_be_in_log = true;
                    return Ok(Sent::Whole(Some(sequence)));
                }
                Appended::Conflict => return Ok(Sent::Conflict),
                Appended::Unknown(error) => {
                    self.may_be_in_log = true;
                    self.order.tail.note_away(&error);
                    return Ok(Sent::Unknown);
                }
                Appended::Refused(error) => self.pause_after(error)?,
            }
        }
    }

    /// Waits before a refused message is sent again. Ends if waiting does not help.
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
        let outcome = match self.may_be_in_log && !self.is_empty {
            true => Outcome::Unknown,
            false => Outcome::NotApplied,
        };
        Proposed::Failed { outcome, source }
    }
}
