//! Who waits for the bell without a thread: a task, by its waker.

use std::sync::Arc;
use std::task::{Poll, Waker};

use super::Engine;

/// A place at the bell of a store, for one task at a time; given up when it is dropped.
#[derive(Debug)]
pub(crate) struct Listener {
    engine: Arc<Engine>,
    key: u64,
}

impl Listener {
    pub(crate) fn new(engine: Arc<Engine>) -> Self {
        let key = engine.bell().new_listener();
        Self { engine, key }
    }

    /// Ready as soon as the bell was rung more often than `seen`; wakes the task that asked last.
    pub(crate) fn poll_ring(&self, seen: u64, waker: &Waker) -> Poll<()> {
        self.engine.bell().poll_ring(self.key, seen, waker)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.engine.bell().forget(self.key);
    }
}
