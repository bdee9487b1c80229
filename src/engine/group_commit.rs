//! Group commit: calls that arrive while a change is being made form a group. The first caller of the group makes the
//! changes of all its calls with one sync.
//!
//! - At any moment a caller leads, or no group waits.
//! - Calls join groups in the order in which they arrive, and groups are led in the order in which they began. The
//!   first caller of a group leads it; the others sleep until they have their answers.
//! - A caller that stops leading, for any reason, wakes the first caller of the next group. So no call is forgotten,
//!   and no threads are needed except those of the callers.
//! - All callers of a group are woken by one system call. The leader of the next group is woken before them, so that
//!   one group is answered while the next one is decided.

use std::collections::VecDeque;
use std::sync::PoisonError;

use super::sync::{Arc, Condvar, Mutex, MutexGuard, Once, Patience};

/// A call in a group.
pub(super) trait Grouped {
    /// By how much the call increases the weight of its group.
    fn weight(&self) -> u64;

    /// Whether the call must be alone in its group.
    fn is_alone(&self) -> bool;
}

/// The groups that wait, and whether a group is being led.
#[derive(Debug)]
pub(super) struct GroupCommit<C, A> {
    /// The maximum weight of a group. Only a group with a single call can exceed it.
    limit: u64,
    inner: Mutex<Inner<C, A>>,
}

#[derive(Debug)]
struct Inner<C, A> {
    is_led: bool,
    /// In the order in which they began. New calls join the last one.
    groups: VecDeque<Gathering<C, A>>,
    /// An estimate of how many calls arrive at the same time: those of the last group, and those that waited after it.
    expected: usize,
}

/// A group that calls may join.
#[derive(Debug)]
struct Gathering<C, A> {
    calls: Vec<C>,
    weight: u64,
    is_alone: bool,
    group: Arc<Group<A>>,
}

/// Where the callers of a group wait.
#[derive(Debug)]
struct Group<A> {
    turn: Turn,
    /// The answers; each caller takes its own. Empty if the leader panicked.
    answers: Once<Vec<Mutex<Option<A>>>>,
}

impl<A> Group<A> {
    fn new() -> Arc<Self> {
        Arc::new(Self { turn: Turn::new(), answers: Once::new() })
    }

    /// Waits for the answer to a call; `None` if the leader panicked.
    fn answer(&self, index: usize) -> Option<A> {
        let answer = self.answers.wait().get(index)?;
        answer.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl<C: Grouped, A> GroupCommit<C, A> {
    pub(super) fn new(limit: u64) -> Self {
        let inner = Inner { is_led: false, groups: VecDeque::new(), expected: 0 };
        Self { limit, inner: Mutex::new(inner) }
    }

    /// Gets an answer to a call. If its caller leads, `lead` gets the calls of the group, in order, and must give one
    /// answer for each. No other caller waits for the work that `lead` does after that.
    ///
    /// `None` if the leader panicked before it gave answers, or gave too few.
    pub(super) fn call(&self, call: C, lead: impl FnOnce(Vec<C>, Reply<'_, C, A>)) -> Option<A> {
        let (group, index, leads) = self.join(call);
        if index > 0 {
            return group.answer(index);
        }
        if !leads {
            group.turn.wait();
        }
        let calls = self.take_group();
        let reply = Reply { commit: self, group: &group, calls: calls.len() };
        lead(calls, reply);
        group.answer(0)
    }

    /// Adds a call to the last group, or begins a new group. Returns its index, and whether its caller leads at once.
    fn join(&self, call: C) -> (Arc<Group<A>>, usize, bool) {
        let (weight, is_alone) = (call.weight(), call.is_alone());
        let mut inner = self.inner();
        let last = inner.groups.back_mut().filter(|last| {
            !is_alone && !last.is_alone && last.weight.saturating_add(weight) <= self.limit
        });
        if let Some(last) = last {
            last.calls.push(call);
            last.weight += weight;
            return (Arc::clone(&last.group), last.calls.len() - 1, false);
        }
        let group = Group::new();
        let begun = Gathering { calls: vec![call], weight, is_alone, group: Arc::clone(&group) };
        inner.groups.push_back(begun);
        let leads = !std::mem::replace(&mut inner.is_led, true);
        (group, 0, leads)
    }

    /// Takes the first group. Its leader calls this.
    ///
    /// Callers that were just answered are likely to call again. So the leader waits for a moment while the group has
    /// fewer calls than arrived at the same time before. A single caller never waits, and many callers share one sync
    /// instead of two.
    fn take_group(&self) -> Vec<C> {
        let mut inner = self.inner();
        let mut patience = Patience::new();
        let mut seen = 0;
        while inner.is_gathering() {
            let here = inner.groups.front().map_or(0, |first| first.calls.len());
            if !patience.lasts(here > seen) {
                break;
            }
            seen = here;
            drop(inner);
            patience.step_aside();
            inner = self.inner();
        }
        inner.groups.pop_front().map(|first| first.calls).unwrap_or_default()
    }

    /// Wakes the leader of the next group, after a group with this number of calls.
    fn hand_over(&self, calls: usize) {
        let mut inner = self.inner();
        let next = inner.groups.front();
        let waiting = next.map_or(0, |next| next.calls.len());
        let next = next.map(|next| Arc::clone(&next.group));
        inner.expected = calls.saturating_add(waiting);
        inner.is_led = next.is_some();
        drop(inner);
        if let Some(next) = next {
            next.turn.give();
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner<C, A>> {
        // No code panics between two writes to it.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C, A> Inner<C, A> {
    /// Whether more calls may join the first group, and are expected.
    fn is_gathering(&self) -> bool {
        let first = self.groups.front().filter(|first| !first.is_alone && self.groups.len() == 1);
        first.is_some_and(|first| first.calls.len() < self.expected)
    }
}

/// The answers that a leader must give. If it is dropped without them, the calls of its group return `None`.
pub(super) struct Reply<'c, C: Grouped, A> {
    commit: &'c GroupCommit<C, A>,
    group: &'c Group<A>,
    /// How many calls the group has.
    calls: usize,
}

impl<C: Grouped, A> Reply<'_, C, A> {
    /// Wakes the leader of the next group, then the callers of this one.
    pub(super) fn answer(self, answers: Vec<A>) {
        debug_assert_eq!(answers.len(), self.calls, "each call has an answer");
        self.commit.hand_over(self.calls);
        let answers = answers.into_iter().map(|answer| Mutex::new(Some(answer)));
        self.group.answers.set(answers.collect());
    }
}

impl<C: Grouped, A> Drop for Reply<'_, C, A> {
    fn drop(&mut self) {
        if self.group.answers.is_set() {
            return;
        }
        self.commit.hand_over(self.calls);
        self.group.answers.set(Vec::new());
    }
}

/// The signal to lead, for which the first caller of a group waits.
#[derive(Debug)]
struct Turn {
    is_given: Mutex<bool>,
    given: Condvar,
}

impl Turn {
    fn new() -> Self {
        Self { is_given: Mutex::new(false), given: Condvar::new() }
    }

    fn give(&self) {
        *self.is_given.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.given.notify_one();
    }

    fn wait(&self) {
        let mut is_given = self.is_given.lock().unwrap_or_else(PoisonError::into_inner);
        while !*is_given {
            is_given = self.given.wait(is_given).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

#[cfg(test)]
mod tests;
