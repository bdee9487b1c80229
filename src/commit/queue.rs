//! Who leads: callers who come while a change is being made wait together, and one of them makes
//! the changes of all with one sync.
//!
//! - Somebody leads, or nobody waits.
//! - Who leads takes a group from the front; its own call is the first in it.
//! - Who stops leading, by whatever way, makes the first one that still waits lead. So no call is
//!   left behind, and there is no thread besides those of the callers.

use std::collections::VecDeque;

use super::sync::{Condvar, Mutex, MutexGuard, PoisonError, yield_now};

/// A call in the queue.
pub(super) trait Waiter {
    /// How much a group that takes it in grows by.
    fn weight(&self) -> u64;

    /// Tells its caller to lead.
    fn lead(&self);
}

/// The calls that wait.
#[derive(Debug)]
pub(super) struct Queue<C> {
    inner: Mutex<Inner<C>>,
}

#[derive(Debug)]
struct Inner<C> {
    led: bool,
    waiting: VecDeque<C>,
    /// How many calls the last group had.
    last_group: usize,
}

impl<C: Waiter> Queue<C> {
    pub(super) fn new() -> Self {
        Self { inner: Mutex::new(Inner { led: false, waiting: VecDeque::new(), last_group: 0 }) }
    }

    /// Lines a call up; its caller leads at once where nobody does.
    pub(super) fn join(&self, call: C) -> Option<Lead<'_, C>> {
        let mut inner = self.inner();
        inner.waiting.push_back(call);
        let led = std::mem::replace(&mut inner.led, true);
        // Not made where it is not given: dropping one hands the lead on.
        if led { None } else { Some(Lead { queue: self }) }
    }

    /// Leads; only for a caller who was told to.
    pub(super) fn take_over(&self) -> Lead<'_, C> {
        Lead { queue: self }
    }

    fn inner(&self) -> MutexGuard<'_, Inner<C>> {
        // Nothing panics between two writes to it.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The lead of a queue, handed on when it is dropped.
pub(super) struct Lead<'q, C: Waiter> {
    queue: &'q Queue<C>,
}

impl<C: Waiter> Lead<'_, C> {
    /// Takes calls from the front up to a weight, and one at least.
    ///
    /// Those who were answered just now are likely to call again. So the lead steps aside as long
    /// as more come and the group is not as large as the last one: a caller who is alone never
    /// waits, and many share one sync and not two.
    pub(super) fn group(&self, limit: u64) -> Vec<C> {
        let mut inner = self.queue.inner();
        let mut seen = 0;
        while inner.waiting.len() > seen && inner.waiting.len() < inner.last_group {
            seen = inner.waiting.len();
            drop(inner);
            yield_now();
            inner = self.queue.inner();
        }
        let mut weight = 0_u64;
        let fitting = inner.waiting.iter().take_while(|call| {
            weight = weight.saturating_add(call.weight());
            weight <= limit
        });
        let count = fitting.count().max(1).min(inner.waiting.len());
        inner.last_group = count;
        inner.waiting.drain(..count).collect()
    }

    /// Puts calls of a group back in front of those that wait, in their order. The first call of the
    /// group, whose caller leads, is none of them.
    pub(super) fn give_back(&self, calls: Vec<C>) {
        let mut inner = self.queue.inner();
        calls.into_iter().rev().for_each(|call| inner.waiting.push_front(call));
    }
}

impl<C: Waiter> Drop for Lead<'_, C> {
    fn drop(&mut self) {
        let mut inner = self.queue.inner();
        match inner.waiting.front() {
            Some(first) => first.lead(),
            None => inner.led = false,
        }
    }
}

/// What a caller who waits is told.
#[derive(Debug)]
pub(super) enum Word<A> {
    /// To lead.
    Lead,
    /// What came of the call.
    Answer(A),
}

/// Where one caller waits.
#[derive(Debug)]
pub(super) struct Place<A> {
    word: Mutex<Option<Word<A>>>,
    told: Condvar,
}

impl<A> Place<A> {
    pub(super) fn new() -> Self {
        Self { word: Mutex::new(None), told: Condvar::new() }
    }

    pub(super) fn tell(&self, word: Word<A>) {
        *self.word.lock().unwrap_or_else(PoisonError::into_inner) = Some(word);
        self.told.notify_one();
    }

    pub(super) fn wait(&self) -> Word<A> {
        let mut word = self.word.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match word.take() {
                Some(word) => return word,
                None => word = self.told.wait(word).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}

#[cfg(test)]
mod tests;
