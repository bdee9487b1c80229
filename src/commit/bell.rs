//! Where those wait who want to know of the next change.
//!
//! Whoever [watches](Bell::watch) takes the number of the last ring first, then looks whether there is
//! what it wants, and sleeps only as long as the number is the same. So a ring between the look and
//! the sleep is not missed. The bell says that something happened and not what; who was woken looks
//! again.
//!
//! Nobody polls, and no thread is needed. A ring that nobody waits for costs one lock that nobody
//! else wants.

use std::time::Instant;

use super::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use crate::error::Result;

/// Rung whenever a change became visible, and when the store is closed or recovered.
#[derive(Debug)]
pub(crate) struct Bell {
    inner: Mutex<Inner>,
    rung: Condvar,
}

#[derive(Debug)]
struct Inner {
    /// How often it was rung.
    rings: u64,
    /// How many threads wait.
    threads: usize,
}

impl Bell {
    pub(super) fn new() -> Self {
        let inner = Inner { rings: 0, threads: 0 };
        Self { inner: Mutex::new(inner), rung: Condvar::new() }
    }

    /// Wakes all who wait.
    ///
    /// Cost: O(those who wait).
    pub(super) fn ring(&self) {
        let mut inner = self.inner();
        inner.rings = inner.rings.wrapping_add(1);
        let threads = inner.threads;
        drop(inner);
        if threads > 0 {
            self.rung.notify_all();
        }
    }

    /// Looks for something, and again after each ring, until it is there or `deadline` is over; without
    /// one for as long as it takes.
    ///
    /// # Errors
    ///
    /// Those of `look`.
    pub(crate) fn watch<T>(
        &self,
        deadline: Option<Instant>,
        mut look: impl FnMut() -> Result<Option<T>>,
    ) -> Result<Option<T>> {
        loop {
            // Before the look, which may miss what is told by a ring behind it.
            let seen = self.inner().rings;
            let found = look()?;
            if found.is_some() || !self.sleep(seen, deadline) {
                return Ok(found);
            }
        }
    }

    /// Sleeps until there are other rings than those `seen`; tells whether there are.
    fn sleep(&self, seen: u64, deadline: Option<Instant>) -> bool {
        let mut inner = self.inner();
        inner.threads += 1;
        while inner.rings == seen {
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
        inner.rings != seen
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // Nothing panics between two writes to it.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[cfg(loom)]
    use loom::{sync::Arc, thread};
    #[cfg(not(loom))]
    use std::{sync::Arc, thread};

    fn check(run: impl Fn() + Sync + Send + 'static) {
        #[cfg(loom)]
        loom::model(run);
        #[cfg(not(loom))]
        (0..200).for_each(|_| run());
    }

    #[test]
    fn a_ring_in_the_middle_of_a_look_is_not_slept_through() {
        check(|| {
            let bell = Bell::new();
            let mut looks = 0;
            let found = bell.watch(Instant::now().checked_add(Duration::from_secs(20)), || {
                looks += 1;
                bell.ring();
                Ok((looks == 3).then_some(looks))
            });
            assert_eq!(found.unwrap(), Some(3));
        });
    }

    #[test]
    fn whoever_watches_finds_what_is_done_before_a_ring() {
        check(|| {
            let shared = Arc::new((Bell::new(), Mutex::new(false)));
            let is_done = |shared: &(Bell, Mutex<bool>)| *shared.1.lock().unwrap();
            let watching: Vec<_> = (0..2)
                .map(|_| {
                    let shared = Arc::clone(&shared);
                    thread::spawn(move || {
                        shared.0.watch(None, || Ok(is_done(&shared).then_some(())))
                    })
                })
                .collect();
            *shared.1.lock().unwrap() = true;
            shared.0.ring();
            for thread in watching {
                assert_eq!(thread.join().unwrap().unwrap(), Some(()));
            }
        });
    }

    #[cfg(not(loom))]
    #[test]
    fn a_watch_ends_with_its_time_and_looks_once_where_nobody_rings() {
        let bell = Bell::new();
        let mut looks = 0;
        let found: Option<()> = bell
            .watch(Some(Instant::now()), || {
                looks += 1;
                Ok(None)
            })
            .unwrap();
        assert_eq!((found, looks), (None, 1));
    }
}
