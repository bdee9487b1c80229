//! Where those wait who want to know of the next change.
//!
//! Whoever [watches](Notifier::watch) first takes the number of notifications, then looks for what it wants, and
//! sleeps only as long as the number is the same. So a notification between the look and the sleep is not
//! missed. A notification tells that something happened and not what: who was woken looks again.
//!
//! A task does the same without a thread: its waker is kept under the lock under which it saw that there was no
//! other notification. No waker is called or dropped under that lock: both run code that is not known here
//! and may call back.
//!
//! Nobody polls, and no thread is needed. A notification that nobody waits for costs one lock that nobody else
//! wants.

#![cfg_attr(all(loom, not(test)), allow(dead_code, reason = "tokio is not there for the tasks"))]

#[cfg(feature = "tokio")]
use std::collections::BTreeMap;
use std::sync::PoisonError;
#[cfg(feature = "tokio")]
use std::task::{Poll, Waker};
use std::time::Instant;

use super::sync::{Condvar, Mutex, MutexGuard};
#[cfg(feature = "tokio")]
use crate::catch_panic::catch_panic;
use crate::model::error::Result;

/// Notifies whenever a change became visible, and when the store is closed or recovered.
#[derive(Debug)]
pub(crate) struct Notifier {
    inner: Mutex<Inner>,
    notified: Condvar,
}

#[derive(Debug, Default)]
struct Inner {
    /// How many notifications there were.
    count: u64,
    /// How many threads wait.
    threads: usize,
    /// The tasks that wait, by listener, each until the next notification at most.
    #[cfg(feature = "tokio")]
    tasks: BTreeMap<u64, Waker>,
    /// How many listeners there were.
    #[cfg(feature = "tokio")]
    listeners: u64,
}

impl Notifier {
    pub(super) fn new() -> Self {
        Self { inner: Mutex::new(Inner::default()), notified: Condvar::new() }
    }

    /// Wakes all who wait.
    ///
    /// Cost: O(those who wait).
    pub(super) fn notify(&self) {
        let mut inner = self.inner();
        inner.count = inner.count.wrapping_add(1);
        let threads = inner.threads;
        #[cfg(feature = "tokio")]
        let tasks = std::mem::take(&mut inner.tasks);
        drop(inner);
        if threads > 0 {
            self.notified.notify_all();
        }
        #[cfg(feature = "tokio")]
        for waker in tasks.into_values() {
            // A runtime that panics over it must not bring down who made a change.
            let _ = catch_panic(|| {
                waker.wake();
                Ok(())
            });
        }
    }

    /// Looks for something, and again after each notification, until it is there or `deadline` is over; without
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
            // Before the look, which may miss what a later notification tells.
            let seen = self.inner().count;
            let found = look()?;
            if found.is_some() || !self.sleep(seen, deadline) {
                return Ok(found);
            }
        }
    }

    /// Sleeps until there are other notifications than those `seen`; tells whether there are.
    fn sleep(&self, seen: u64, deadline: Option<Instant>) -> bool {
        let mut inner = self.inner();
        inner.threads += 1;
        while inner.count == seen {
            let Some(deadline) = deadline else {
                inner = self.notified.wait(inner).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let waited = self.notified.wait_timeout(inner, left);
            inner = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        inner.threads -= 1;
        inner.count != seen
    }

    /// How many notifications there were.
    #[cfg(feature = "tokio")]
    pub(crate) fn count(&self) -> u64 {
        self.inner().count
    }

    /// The key of a new listener.
    #[cfg(feature = "tokio")]
    pub(super) fn new_listener(&self) -> u64 {
        let mut inner = self.inner();
        inner.listeners = inner.listeners.wrapping_add(1);
        inner.listeners
    }

    /// Ready where there are other notifications than those `seen`; otherwise the waker is called at the next one,
    /// in place of an earlier one of the same listener.
    ///
    /// Cost: O(log of those who wait).
    #[cfg(feature = "tokio")]
    pub(super) fn poll_notified(&self, listener: u64, seen: u64, waker: &Waker) -> Poll<()> {
        let waker = waker.clone();
        let mut inner = self.inner();
        let notified = inner.count != seen;
        let unused = if notified { Some(waker) } else { inner.tasks.insert(listener, waker) };
        drop(inner);
        drop(unused);
        if notified { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Drops the waker of a listener that is gone.
    #[cfg(feature = "tokio")]
    pub(super) fn forget(&self, listener: u64) {
        let unused = self.inner().tasks.remove(&listener);
        drop(unused);
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
    fn a_notification_in_the_middle_of_a_look_is_not_slept_through() {
        check(|| {
            let notifier = Notifier::new();
            let mut looks = 0;
            let found = notifier.watch(Instant::now().checked_add(Duration::from_secs(20)), || {
                looks += 1;
                notifier.notify();
                Ok((looks == 3).then_some(looks))
            });
            assert_eq!(found.unwrap(), Some(3));
        });
    }

    #[test]
    fn whoever_watches_finds_what_is_done_before_a_notification() {
        check(|| {
            let shared = Arc::new((Notifier::new(), Mutex::new(false)));
            let is_done = |shared: &(Notifier, Mutex<bool>)| *shared.1.lock().unwrap();
            let watching: Vec<_> = (0..2)
                .map(|_| {
                    let shared = Arc::clone(&shared);
                    thread::spawn(move || {
                        shared.0.watch(None, || Ok(is_done(&shared).then_some(())))
                    })
                })
                .collect();
            *shared.1.lock().unwrap() = true;
            shared.0.notify();
            for thread in watching {
                assert_eq!(thread.join().unwrap().unwrap(), Some(()));
            }
        });
    }

    /// Makes a thread go on.
    #[cfg(feature = "tokio")]
    #[derive(Default)]
    struct Alarm {
        rung: Mutex<bool>,
        told: Condvar,
    }

    #[cfg(feature = "tokio")]
    impl std::task::Wake for Alarm {
        fn wake(self: std::sync::Arc<Self>) {
            *self.notified.lock().unwrap() = true;
            self.told.notify_one();
        }
    }

    #[cfg(feature = "tokio")]
    impl Alarm {
        fn wait(&self) {
            let mut rung = self.rung.lock().unwrap();
            while !*rung {
                rung = self.told.wait(rung).unwrap();
            }
            *rung = false;
        }
    }

    /// Two, of which the second gives its place up, so that who keeps one is told from who does not.
    #[cfg(feature = "tokio")]
    #[test]
    fn a_task_finds_what_is_done_before_a_notification() {
        check(|| {
            let shared = Arc::new((Notifier::new(), Mutex::new(false)));
            let leaving = shared.0.new_listener();
            let other = Arc::clone(&shared);
            let task = thread::spawn(move || {
                let alarm = std::sync::Arc::new(Alarm::default());
                let waker = Waker::from(std::sync::Arc::clone(&alarm));
                let listener = other.0.new_listener();
                loop {
                    let seen = other.0.count();
                    if *other.1.lock().unwrap() {
                        break;
                    }
                    while other.0.poll_notified(listener, seen, &waker).is_pending() {
                        alarm.wait();
                    }
                }
                other.0.forget(listener);
            });
            let _ = shared.0.poll_notified(leaving, 0, Waker::noop());
            shared.0.forget(leaving);
            *shared.1.lock().unwrap() = true;
            shared.0.notify();
            task.join().unwrap();
            assert!(shared.0.inner().tasks.is_empty());
        });
    }

    #[cfg(all(feature = "tokio", not(loom)))]
    #[test]
    fn a_listener_that_is_gone_keeps_no_waker_and_one_that_asks_again_keeps_one() {
        let notifier = Notifier::new();
        let alarm = std::sync::Arc::new(Alarm::default());
        let waker = Waker::from(std::sync::Arc::clone(&alarm));
        let kept = || std::sync::Arc::strong_count(&alarm) - 2;
        let listener = notifier.new_listener();
        for _ in 0..3 {
            assert!(notifier.poll_notified(listener, 0, &waker).is_pending());
            assert_eq!(kept(), 1);
        }
        notifier.forget(listener);
        assert_eq!(kept(), 0);
        assert!(notifier.poll_notified(listener, 0, &waker).is_pending());
        notifier.notify();
        assert_eq!((kept(), *alarm.rung.lock().unwrap()), (0, true));
        assert!(notifier.poll_notified(listener, 0, &waker).is_ready());
        assert_eq!(kept(), 0);
    }

    /// A task may come back from its waker, or when its waker is dropped.
    #[cfg(all(feature = "tokio", not(loom)))]
    #[test]
    fn a_waker_may_notify_and_panic() {
        struct Broken(std::sync::Arc<Notifier>);
        impl std::task::Wake for Broken {
            fn wake(self: std::sync::Arc<Self>) {
                panic!("woken");
            }
        }
        impl Drop for Broken {
            fn drop(&mut self) {
                self.0.notify();
            }
        }
        let notifier = std::sync::Arc::new(Notifier::new());
        for count in [1, 3] {
            let waker = Waker::from(std::sync::Arc::new(Broken(std::sync::Arc::clone(&notifier))));
            assert!(notifier.poll_notified(count, notifier.count(), &waker).is_pending());
            drop(waker);
            if count == 1 {
                notifier.forget(count)
            } else {
                notifier.notify()
            }
            assert_eq!(notifier.count(), count);
        }
    }

    #[cfg(not(loom))]
    #[test]
    fn a_watch_ends_with_its_time_and_looks_once_where_nobody_notifies() {
        let notifier = Notifier::new();
        let mut looks = 0;
        let found: Option<()> = notifier
            .watch(Some(Instant::now()), || {
                looks += 1;
                Ok(None)
            })
            .unwrap();
        assert_eq!((found, looks), (None, 1));
    }
}
