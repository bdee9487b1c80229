//! Compares the answers of a round with the model, in the order of the feed.
//!
//! A change has its revision, and a read has the one that it saw. A call that changed nothing may be at any place where
//! it would have changed nothing. A call that was answered comes before all calls that began later.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::ops::AddAssign;

use viewlink::Outcome;

use super::call::{Call, Event, Seen};
use super::content::{Act, Answer, Content};

/// The counts of checked calls.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    rounds: u64,
    changes: u64,
    unchanged: u64,
    reads: u64,
    past: u64,
    copies: u64,
    /// Calls with an unknown outcome whose change was there later, and was not there.
    unknown_made: u64,
    unknown_lost: u64,
    committed: u64,
    not_applied: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.rounds += other.rounds;
        self.changes += other.changes;
        self.unchanged += other.unchanged;
        self.reads += other.reads;
        self.past += other.past;
        self.copies += other.copies;
        self.unknown_made += other.unknown_made;
        self.unknown_lost += other.unknown_lost;
        self.committed += other.committed;
        self.not_applied += other.not_applied;
    }
}

impl Tally {
    fn seen(&mut self, of: Seen) -> &mut u64 {
        match of {
            Seen::Now => &mut self.reads,
            Seen::Past => &mut self.past,
            Seen::Copy => &mut self.copies,
        }
    }

    /// Every kind of call occurred.
    pub(super) fn assert_has_all(&self) {
        let Self { changes, unchanged, reads, past, copies, committed, not_applied, .. } = *self;
        let unknown = self.unknown_made + self.unknown_lost;
        for count in [changes, unchanged, reads, past, copies, committed, not_applied, unknown] {
            assert!(count > 0, "{self:?}");
        }
    }
}

/// The state of the check.
#[derive(Clone, Debug)]
pub(super) struct Judge {
    revision: u64,
    content: Content,
}

/// The states of a round, beginning with the one before it, and the call that led to each.
struct Order {
    first: u64,
    states: Vec<Content>,
    /// The begin of the call that led to a state, and its number.
    called: Vec<u64>,
    made: BTreeSet<u64>,
}

impl Judge {
    pub(super) fn new((revision, content): (u64, Content)) -> Self {
        Self { revision, content }
    }

    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    pub(super) fn content(&self) -> Content {
        self.content
    }

    /// Checks the calls of a round; `changes` are those of the feed, each with its revision and its number.
    pub(super) fn check(
        &mut self,
        calls: &[Call],
        changes: &[(u64, u64)],
    ) -> Result<Tally, String> {
        let mut tally = Tally { rounds: 1, ..Tally::default() };
        let order = self.order(calls, changes, &mut tally)?;
        order.place_all(calls, &mut tally)?;
        (self.revision, self.content) = (order.last(), *order.states.last().unwrap());
        Ok(tally)
    }

    /// Makes the changes one after another, and compares them with the answers.
    fn order(
        &self,
        calls: &[Call],
        changes: &[(u64, u64)],
        tally: &mut Tally,
    ) -> Result<Order, String> {
        let mut made = BTreeMap::new();
        for call in calls {
            if let Event::Change { id, act, answer } = &call.event {
                made.insert(*id, (call, act, answer));
            }
        }
        let mut order = Order {
            first: self.revision,
            states: vec![self.content],
            called: vec![0],
            made: BTreeSet::new(),
        };
        for (revision, id) in changes {
            if *revision != order.last() + 1 {
                return Err(format!("revision {revision} after {}", order.last()));
            }
            let (call, act, answer) =
                made.remove(id).ok_or_else(|| format!("no call made {revision}"))?;
            order.make(act, answer, *revision, tally).map_err(|why| format!("{why}: {call:?}"))?;
            order.called.push(call.called);
            order.made.insert(*id);
        }
        // The other parts changed nothing.
        for (call, _, answer) in made.into_values() {
            match answer {
                // A call that changed nothing gets the error of its group.
                Ok((_, None)) | Err(Outcome::Committed) => tally.unchanged += 1,
                Err(Outcome::NotApplied) => tally.not_applied += 1,
                Err(Outcome::Unknown) => tally.unknown_lost += 1,
                _ => return Err(format!("a change is lost: {call:?}")),
            }
        }
        Ok(order)
    }
}

impl Order {
    fn last(&self) -> u64 {
        self.first + self.states.len() as u64 - 1
    }

    fn make(
        &mut self,
        act: &Act,
        answer: &Result<(Answer, Option<u64>), Outcome>,
        revision: u64,
        tally: &mut Tally,
    ) -> Result<(), String> {
        let (expected, after) = self.states[self.states.len() - 1].after(act);
        match answer {
            Ok(answer) if *answer == (expected, Some(revision)) => tally.changes += 1,
            Err(Outcome::Unknown) => tally.unknown_made += 1,
            Err(Outcome::Committed) => tally.committed += 1,
            _ => return Err(format!("another answer than at revision {revision}")),
        }
        self.states.push(after);
        Ok(())
    }

    /// Finds a place for every answered call, after the calls that were answered before it began.
    fn place_all(&self, calls: &[Call], tally: &mut Tally) -> Result<(), String> {
        let mut calls: Vec<&Call> = calls.iter().collect();
        calls.sort_unstable_by_key(|call| call.called);
        let (mut least, mut open) = (0, BinaryHeap::new());
        for call in calls {
            while let Some(Reverse((answered, place))) = open.peek().copied() {
                if answered > call.called {
                    break;
                }
                least = least.max(place);
                open.pop();
            }
            let placed = self.place(call, least, tally);
            if let Some(place) = placed.map_err(|()| format!("after {least}: {call:?}"))? {
                open.push(Reverse((call.answered, place)));
            }
        }
        Ok(())
    }

    /// The largest number of states when a call was answered: it cannot have seen later ones.
    fn begun(&self, answered: u64) -> usize {
        self.called.iter().take_while(|called| **called < answered).count()
    }

    /// The first possible place of a call from `least` on; `None` if it does not restrict other calls.
    fn place(&self, call: &Call, least: usize, tally: &mut Tally) -> Result<Option<usize>, ()> {
        let at = |revision: u64| {
            usize::try_from(revision.checked_sub(self.first).ok_or(())?).map_err(drop)
        };
        let shows = |place: usize, content: &Content| {
            let began = self.called.get(place).is_some_and(|called| *called < call.answered);
            if began && self.states[place] == *content { Ok(Some(place)) } else { Err(()) }
        };
        match &call.event {
            Event::Change { id, act, answer: Err(outcome) } => {
                let stays = |state: &Content| state.after(act).1 == *state;
                let begun = self.begun(call.answered);
                match outcome {
                    Outcome::Committed if !self.made.contains(id) => {
                        self.states[least..begun].iter().any(stays).then_some(None).ok_or(())
                    }
                    _ => Ok(None),
                }
            }
            Event::Change { answer: Ok((_, Some(revision))), .. } => {
                Some(at(*revision)?).filter(|place| *place > least).map(Some).ok_or(())
            }
            Event::Change { act, answer: Ok((answer, None)), .. } => {
                let stays = |place: &usize| {
                    let state = &self.states[*place];
                    state.after(act) == (answer.clone(), *state)
                };
                (least..self.begun(call.answered)).find(stays).map(Some).ok_or(())
            }
            Event::Seen { of, revision, content } => {
                *tally.seen(*of) += 1;
                let place = at(*revision)?;
                match of {
                    Seen::Past => shows(place, content).map(|_| None),
                    Seen::Now | Seen::Copy if place < least => Err(()),
                    Seen::Now | Seen::Copy => shows(place, content),
                }
            }
        }
    }
}
