//! Waiting for the next change.
//!
//! A caller of [`watch`](Notifier::watch) first reads the number of notifications, then looks for its data, and sleeps
//! only as long as the number is the same. So it does not miss a notification between the look and the sleep. A
//! notification says only that something has changed; a woken caller looks again.
//!
//! A task does the same without a thread. Its waker is stored under the same lock under which it found no new
//! notification. No waker is called or dropped under that lock, because both run unknown code, which may call back.
//!
//! There is no polling, and no extra thread. If no caller waits, a notification costs one uncontended lock.

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

/// Notifies whenever a change becomes visible, and when the store is closed or recovered.
#[derive(Debug)]
pub(crate) struct Notifier {
    inner: Mutex<Inner>,
    notified: Condvar,
}

#[derive(Debug, Default)]
struct Inner {
    /// The number of notifications so far.
    count: u64,
    /// The number of threads that wait.
    threads: usize,
    /// The wakers of the tasks that wait, by listener, each until the next notification at most.
    #[cfg(feature = "tokio")]
    tasks: BTreeMap<u64, Waker>,
    /// The number of listeners so far.
    #[cfg(feature = "tokio")]
    listeners: u64,
}

impl Notifier {
    pub(super) fn new() -> Self {
        Self { inner: Mutex::new(Inner::default()), notified: Condvar::new() }
    }

    /// Wakes all waiting threads and tasks.
    ///
    /// Cost: O(waiting threads and tasks).
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
            // If a runtime panics here, the caller that made the change must not fail.
            let _ = catch_panic(|| {
                waker.wake();
                Ok(())
            });
        }
    }

    /// Calls `look` now and again after each notification, until it finds something or `deadline` has passed; without
    /// a deadline there is no time limit.
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
            // This must be read before `look`, which may miss a change that is notified later.
            let seen = self.inner().count;
            let found = look()?;
            if found.is_some() || !self.sleep(seen, deadline) {
                return Ok(found);
            }
        }
    }

    /// Sleeps until the number of notifications differs from `seen`; returns whether it does.
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

    /// The number of notifications so far.
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

    /// Ready if the number of notifications differs from `seen`. Otherwise the waker is called at the next one, and
    /// replaces an earlier waker of the same listener.
    ///
    /// Cost: O(log waiting tasks).
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

    /// Drops the waker of a listener that was dropped.
    #[cfg(feature = "tokio")]
    pub(super) fn forget(&self, listener: u64) {
        let unused = self.inner().tasks.remove(&listener);
        drop(unused);
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // No code panics between two writes to it.
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
    fn a_notification_during_a_look_is_not_missed() {
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
    fn a_watcher_finds_a_change_that_is_made_before_a_notification() {
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

    /// Lets a thread continue.
    #[cfg(feature = "tokio")]
    #[derive(Default)]
    struct Alarm {
        rung: Mutex<bool>,
        rings: Condvar,
    }

    #[cfg(feature = "tokio")]
    impl std::task::Wake for Alarm {
        fn wake(self: std::sync::Arc<Self>) {
            *self.rung.lock().unwrap() = true;
            self.rings.notify_one();
        }
    }

    #[cfg(feature = "tokio")]
    impl Alarm {
        fn wait(&self) {
            let mut rung = self.rung.lock().unwrap();
            while !*rung {
                rung = self.rings.wait(rung).unwrap();
            }
            *rung = false;
        }
    }

    /// Two tasks. The second one drops its listener, so that the test can distinguish a listener that keeps its waker
    /// from one that does not.
    #[cfg(feature = "tokio")]
    #[test]
    fn a_task_finds_a_change_that_is_made_before_a_notification() {
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
    fn a_dropped_listener_keeps_no_waker_and_one_that_polls_again_keeps_one() {
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

    /// A waker may call the notifier, when it is called or dropped.
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
    fn a_watch_ends_at_its_deadline_and_looks_once_without_a_notification() {
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
