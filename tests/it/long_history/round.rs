//! Threads that call a store at the same time, until each writer has made its calls.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use viewlink::{Error, Outcome, Store};

use super::call::{Call, Event};
use super::content::Act;
use super::reader::Held;
use super::{copies, trouble};
use crate::support::{Random, project};

const WRITERS: u64 = 8;
pub(super) const READERS: usize = 8;
/// The number of calls of each writer.
const CALLS: u64 = 120;

/// The data that the threads of a round share.
pub(super) struct Round<'a> {
    pub(super) store: &'a Store,
    /// The revision before the round.
    pub(super) first: u64,
    pub(super) seed: u64,
    moments: AtomicU64,
    /// The number of writers that are not done yet.
    writing: AtomicU64,
    /// The number of recoveries that began and ended, in all rounds.
    recoveries: &'a AtomicU64,
    calls: Mutex<Vec<Call>>,
}

impl<'a> Round<'a> {
    pub(super) fn new(store: &'a Store, recoveries: &'a AtomicU64, first: u64, seed: u64) -> Self {
        let (moments, writing) = (AtomicU64::new(1), AtomicU64::new(WRITERS));
        let calls = Mutex::default();
        Self { store, first, seed, moments, writing, recoveries, calls }
    }

    /// Runs all threads; returns the calls.
    pub(super) fn run(self, held: &mut [Held]) -> Vec<Call> {
        thread::scope(|scope| {
            let round = &self;
            (0..WRITERS).for_each(|number| drop(scope.spawn(move || round.write(number))));
            for (number, held) in held.iter_mut().enumerate() {
                scope.spawn(move || held.read(round, number as u64));
            }
            scope.spawn(|| copies::make(round));
            scope.spawn(|| trouble::check(round));
            scope.spawn(|| trouble::make(round));
        });
        self.calls.into_inner().unwrap()
    }

    /// A random generator for one of the threads.
    pub(super) fn random(&self, thread: u64) -> Random {
        Random(self.seed * 1_000 + thread)
    }

    pub(super) fn is_writing(&self) -> bool {
        self.writing.load(Ordering::SeqCst) > 0
    }

    pub(super) fn now(&self) -> u64 {
        self.moments.fetch_add(1, Ordering::SeqCst)
    }

    /// Whether changes fail in this round, or may still fail because of the previous one.
    pub(super) fn is_troubled(&self) -> bool {
        !self.seed.is_multiple_of(4)
    }

    pub(super) fn recoveries(&self) -> u64 {
        self.recoveries.load(Ordering::SeqCst)
    }

    /// Whether the store was recovered at any moment since there were this many recoveries.
    pub(super) fn was_recovered(&self, since: u64) -> bool {
        since % 2 == 1 || self.recoveries() > since
    }

    pub(super) fn recover(&self) {
        self.recoveries.fetch_add(1, Ordering::SeqCst);
        self.store.recover().unwrap();
        self.recoveries.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn add(&self, calls: Vec<Call>) {
        self.calls.lock().unwrap().extend(calls);
    }

    fn write(&self, number: u64) {
        let (mut random, mut calls) = (self.random(number), Vec::new());
        let project = project(self.store);
        for call in 0..CALLS {
            let id = (self.seed * WRITERS + number) * CALLS + call;
            let act = Act::random(&mut random);
            let called = self.now();
            let answer = act.call(&project.comment(id.to_string()));
            let answered = self.now();
            let stopped = matches!(answer, Err(Error::WritesStopped { .. } | Error::Closed));
            let answer = answer.map_err(|error| self.outcome(&error));
            calls.push(Call { called, answered, event: Event::Change { id, act, answer } });
            if stopped {
                thread::sleep(Duration::from_micros(300));
            }
        }
        self.add(calls);
        self.writing.fetch_sub(1, Ordering::SeqCst);
    }

    fn outcome(&self, error: &Error) -> Outcome {
        assert!(self.is_troubled(), "nothing was made to fail: {error}");
        error.outcome()
    }
}
