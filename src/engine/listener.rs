//! Who waits for notifications without a thread: a task, by its waker.

use std::sync::Arc;
use std::task::{Poll, Waker};

use super::Engine;

/// A place at the notifier of a store, for one task at a time; given up when it is dropped.
#[derive(Debug)]
pub(crate) struct Listener {
    engine: Arc<Engine>,
    key: u64,
}

impl Listener {
    pub(crate) fn new(engine: Arc<Engine>) -> Self {
        let key = engine.notifier().new_listener();
        Self { engine, key }
    }

    /// Ready as soon as there were other notifications than those `seen`; wakes the task that asked last.
    pub(crate) fn poll_notified(&self, seen: u64, waker: &Waker) -> Poll<()> {
        self.engine.notifier().poll_notified(self.key, seen, waker)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.engine.notifier().forget(self.key);
    }
}
