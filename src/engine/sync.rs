//! What [group commit](super::group_commit) and the [notifier](super::notifier) wait with, and what a model
//! checker puts in its place: `RUSTFLAGS="--cfg loom" cargo test --release --lib -- engine::group_commit
//! engine::notifier`.

#[cfg(not(all(test, loom)))]
pub(super) use std::sync::{Arc, Condvar, Mutex, MutexGuard};

#[cfg(all(test, loom))]
pub(super) use loom::sync::{Arc, Condvar, Mutex, MutexGuard};

#[cfg(not(all(test, loom)))]
mod waiting {
    use std::sync::OnceLock;
    use std::thread::yield_now;
    use std::time::{Duration, Instant};

    /// A value that is set once, and for which any number of threads wait.
    #[derive(Debug)]
    pub(in crate::engine) struct Once<T>(OnceLock<T>);

    impl<T> Once<T> {
        pub(in crate::engine) const fn new() -> Self {
            Self(OnceLock::new())
        }

        /// Sets the value, unless it is set; wakes all that wait by one call to the system.
        pub(in crate::engine) fn set(&self, value: T) {
            // The first one stays.
            let _ = self.0.set(value);
        }

        pub(in crate::engine) fn is_set(&self) -> bool {
            self.0.get().is_some()
        }

        pub(in crate::engine) fn wait(&self) -> &T {
            self.0.wait()
        }
    }

    /// How long a leader waits for others when none come. A caller who was woken needs some microseconds
    /// until it calls again.
    const PATIENCE: Duration = Duration::from_micros(20);

    /// The patience of a leader that others may join.
    #[derive(Debug, Default)]
    pub(in crate::engine) struct Patience {
        began: Option<Instant>,
    }

    impl Patience {
        pub(in crate::engine) fn new() -> Self {
            Self::default()
        }

        /// Whether to wait on; `more` tells that somebody came since the last time.
        pub(in crate::engine) fn lasts(&mut self, more: bool) -> bool {
            let began = self.began.get_or_insert_with(Instant::now);
            more || began.elapsed() < PATIENCE
        }

        pub(in crate::engine) fn step_aside(&self) {
            yield_now();
        }
    }
}

#[cfg(all(test, loom))]
mod waiting {
    use loom::sync::{Condvar, Mutex};

    /// The same from what the model checker knows. What it gives out lives as long as the test.
    #[derive(Debug)]
    pub(in crate::engine) struct Once<T> {
        value: Mutex<Option<&'static T>>,
        is_set: Condvar,
    }

    impl<T> Once<T> {
        pub(in crate::engine) fn new() -> Self {
            Self { value: Mutex::new(None), is_set: Condvar::new() }
        }

        pub(in crate::engine) fn set(&self, value: T) {
            let mut inner = self.value.lock().unwrap();
            if inner.is_none() {
                *inner = Some(Box::leak(Box::new(value)));
            }
            drop(inner);
            self.is_set.notify_all();
        }

        pub(in crate::engine) fn is_set(&self) -> bool {
            self.value.lock().unwrap().is_some()
        }

        pub(in crate::engine) fn wait(&self) -> &T {
            let mut value = self.value.lock().unwrap();
            loop {
                match *value {
                    Some(value) => return value,
                    None => value = self.is_set.wait(value).unwrap(),
                }
            }
        }
    }

    /// Waits as long as others come, and one step more.
    #[derive(Debug, Default)]
    pub(in crate::engine) struct Patience {
        waited: bool,
    }

    impl Patience {
        pub(in crate::engine) fn new() -> Self {
            Self::default()
        }

        pub(in crate::engine) fn lasts(&mut self, more: bool) -> bool {
            more || !std::mem::replace(&mut self.waited, true)
        }

        pub(in crate::engine) fn step_aside(&self) {
            loom::thread::yield_now();
        }
    }
}

pub(super) use waiting::{Once, Patience};
