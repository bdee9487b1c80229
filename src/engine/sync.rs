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
    use std::sync::OnceLock;

    use loom::sync::{Condvar, Mutex};

    /// The same from what the model checker knows, which the value itself is not part of: it is written and read only
    /// where the mark says so.
    #[derive(Debug)]
    pub(in crate::engine) struct Once<T> {
        value: OnceLock<T>,
        is_set: Mutex<bool>,
        set: Condvar,
    }

    impl<T> Once<T> {
        pub(in crate::engine) fn new() -> Self {
            Self { value: OnceLock::new(), is_set: Mutex::new(false), set: Condvar::new() }
        }

        pub(in crate::engine) fn set(&self, value: T) {
            let mut is_set = self.is_set.lock().unwrap();
            // The first one stays.
            let _ = self.value.set(value);
            *is_set = true;
            drop(is_set);
            self.set.notify_all();
        }

        pub(in crate::engine) fn is_set(&self) -> bool {
            *self.is_set.lock().unwrap()
        }

        pub(in crate::engine) fn wait(&self) -> &T {
            let mut is_set = self.is_set.lock().unwrap();
            while !*is_set {
                is_set = self.set.wait(is_set).unwrap();
            }
            drop(is_set);
            self.value.get().unwrap()
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
