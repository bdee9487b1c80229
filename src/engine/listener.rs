//! Waiting for notifications in a task, with a waker and without a thread.

use std::sync::Arc;
use std::task::{Poll, Waker};

use super::Engine;

/// The registration of one task at the notifier of a store; it ends when it is dropped.
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

    /// Ready as soon as the number of notifications differs from `seen`; wakes the task that polled last.
    pub(crate) fn poll_notified(&self, seen: u64, waker: &Waker) -> Poll<()> {
        self.engine.notifier().poll_notified(self.key, seen, waker)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.engine.notifier().forget(self.key);
    }
}
