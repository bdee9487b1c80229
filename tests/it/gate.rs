//! A clock that blocks changes, so that callers queue up.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use viewlink::{Options, Timestamp};

/// A time limit that no working call reaches.
const LONG: Duration = Duration::from_secs(30);

/// A clock that can be blocked. It is read in the middle of a change. While it is blocked, the change is not complete,
/// and later callers queue up.
#[derive(Clone, Default)]
pub(crate) struct Gate {
    shared: Arc<(Mutex<Held>, Condvar)>,
    /// How long callers may take to queue up.
    patience: Duration,
}

#[derive(Default)]
struct Held {
    held: bool,
    /// The number of calls that are at the gate or went through.
    asked: u64,
    /// The numbers of the calls that panic; the first call is 0.
    panics: BTreeSet<u64>,
}

impl Gate {
    pub(crate) fn options(&self) -> Options {
        let gate = self.clone();
        Options::new().clock(move || gate.pass())
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.shared.0.lock().unwrap()
    }

    /// Blocks while `wait` returns true.
    fn wait_while(&self, wait: impl FnMut(&mut Held) -> bool) -> MutexGuard<'_, Held> {
        let (inner, waited) = self.shared.1.wait_timeout_while(self.lock(), LONG, wait).unwrap();
        assert!(!waited.timed_out(), "the gate stays closed");
        inner
    }

    fn pass(&self) -> Timestamp {
        let call = {
            let mut inner = self.lock();
            inner.asked += 1;
            inner.asked - 1
        };
        self.shared.1.notify_all();
        let panics = self.wait_while(|inner| inner.held).panics.contains(&call);
        assert!(!panics, "call {call} of the clock");
        Timestamp::from_millis(call)
    }

    /// Blocks the first call in the middle of its change until the others have queued up, approximately in their order;
    /// then continues all of them. Returns the result of each, by number from 0.
    pub(crate) fn group<T: Send + 'static>(
        &self,
        calls: Vec<Box<dyn FnOnce() -> T + Send>>,
    ) -> BTreeMap<usize, T> {
        let asked = self.asked();
        self.lock().held = true;
        let (done, results) = mpsc::channel();
        let count = calls.len();
        for (number, call) in calls.into_iter().enumerate() {
            let done = done.clone();
            thread::spawn(move || done.send((number, call())));
            drop(self.wait_while(|inner| inner.asked == asked));
            thread::sleep(Duration::from_millis(1));
        }
        thread::sleep(self.patience);
        self.lock().held = false;
        self.shared.1.notify_all();
        received(&results, count)
    }

    /// How often the clock was read.
    pub(crate) fn asked(&self) -> u64 {
        self.lock().asked
    }

    /// Lets the clock panic at the call after `calls` others.
    pub(crate) fn panic_after(&self, calls: u64) {
        let mut inner = self.lock();
        let at = inner.asked + calls;
        inner.panics.insert(at);
    }
}

/// The results of all callers; none of them may wait for ever.
pub(crate) fn received<T>(results: &Receiver<(usize, T)>, count: usize) -> BTreeMap<usize, T> {
    (0..count).map(|_| results.recv_timeout(LONG).expect("a caller waits for ever")).collect()
}

/// Repeats a test until its callers were one group: on a busy machine some may come too late, and then it is tried
/// again with more time.
pub(crate) fn until_they_are_one_group(attempt: impl Fn(&Gate) -> bool) {
    let mut patience = [2, 20, 200, 2_000].into_iter().map(Duration::from_millis);
    let managed = patience.any(|patience| attempt(&Gate { patience, ..Gate::default() }));
    assert!(managed, "the callers were never one group");
}
