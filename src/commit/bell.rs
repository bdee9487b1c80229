//! Where those wait who want to know of the next change.
//!
//! Whoever waits takes a [`Peal`] first, then looks whether there is what it wants, and waits with the
//! peal only where there is not. So a ring between the look and the wait is not missed: the peal is
//! an old one by then. The bell says that something happened and not what; who was woken looks again.
//!
//! Nobody polls, and no thread is needed. A ring that nobody waits for costs one lock that nobody
//! else wants.

use std::time::Instant;

use super::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Rung whenever a change became visible, and when the store is closed or recovered.
#[derive(Debug)]
pub(crate) struct Bell {
    inner: Mutex<Inner>,
    rung: Condvar,
}

#[derive(Debug)]
struct Inner {
    peal: Peal,
    /// How many threads wait.
    threads: usize,
}

/// Which ring was the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Peal(u64);

impl Bell {
    pub(super) fn new() -> Self {
        let inner = Inner { peal: Peal(0), threads: 0 };
        Self { inner: Mutex::new(inner), rung: Condvar::new() }
    }

    /// Wakes all who wait.
    ///
    /// Cost: O(those who wait).
    pub(super) fn ring(&self) {
        let mut inner = self.inner();
        inner.peal = Peal(inner.peal.0.wrapping_add(1));
        let threads = inner.threads;
        drop(inner);
        if threads > 0 {
            self.rung.notify_all();
        }
    }

    /// The last ring, to be taken before the look for what it may have told.
    pub(crate) fn peal(&self) -> Peal {
        self.inner().peal
    }

    /// Waits for a ring after `peal`, until `deadline`, or without one for as long as it takes.
    /// Tells whether there was one.
    pub(crate) fn wait(&self, peal: Peal, deadline: Option<Instant>) -> bool {
        let mut inner = self.inner();
        inner.threads += 1;
        while inner.peal == peal {
            let Some(deadline) = deadline else {
                inner = self.rung.wait(inner).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let waited = self.rung.wait_timeout(inner, left);
            inner = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        inner.threads -= 1;
        inner.peal != peal
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // Nothing panics between two writes to it.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
