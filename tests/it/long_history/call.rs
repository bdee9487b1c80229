//! A call, its time and its answer.

use viewlink::{KeyOutcome, Outcome};

use super::content::{Act, Answer, Content};

/// A call with the times of its begin and end.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) called: u64,
    pub(super) answered: u64,
    pub(super) event: Event,
}

#[derive(Clone, Debug)]
pub(super) enum Event {
    /// A change by its number, which is also its comment.
    Change { id: u64, act: Act, answer: Result<(Answer, Option<u64>), Outcome> },
    /// The content that a reader saw.
    Seen { of: Seen, revision: u64, content: Content },
}

/// The source of the content.
#[derive(Clone, Copy, Debug)]
pub(super) enum Seen {
    /// The current store.
    Now,
    /// An earlier revision of it.
    Past,
    /// A copy of it.
    Copy,
}

impl Call {
    /// Changes the answer to an incorrect one, if possible; returns whether it did.
    pub(super) fn doctor(&mut self) -> bool {
        match &mut self.event {
            Event::Change { answer: Ok((answer, revision)), .. } => match answer {
                Answer::Outcomes(outcomes) => outcomes.push(KeyOutcome::Unlinked),
                Answer::Links(links) => *links += 100,
                Answer::Created => *answer = Answer::Refused,
                Answer::Refused => (*answer, *revision) = (Answer::Created, Some(1)),
            },
            Event::Change { answer: Err(_), .. } => return false,
            Event::Seen { revision, .. } => *revision += 1_000_000,
        }
        true
    }
}
