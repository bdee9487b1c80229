//! The primitives with which [group commit](super::group_commit) and the [notifier](super::notifier) wait, and their
//! replacements for a model checker: `RUSTFLAGS="--cfg loom" cargo test --release --lib -- engine::group_commit
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

        /// Sets the value, unless it is set; wakes all waiting threads by one system call.
        pub(in crate::engine) fn set(&self, value: T) {
            // If it is set, the first value stays.
            let _ = self.0.set(value);
        }

        pub(in crate::engine) fn is_set(&self) -> bool {
            self.0.get().is_some()
        }

        pub(in crate::engine) fn wait(&self) -> &T {
            self.0.wait()
        }
    }

    /// How long a leader waits if no other callers arrive. A caller that was woken needs some microseconds until it
    /// calls again.
    const PATIENCE: Duration = Duration::from_micros(20);

    /// Decides how long a leader waits for callers that may join.
    #[derive(Debug, Default)]
    pub(in crate::engine) struct Patience {
        began: Option<Instant>,
    }

    impl Patience {
        pub(in crate::engine) fn new() -> Self {
            Self::default()
        }

        /// Whether to continue waiting; `more` means that a caller has arrived since the last time.
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

    /// The same, built from primitives that the model checker knows. It does not know the value itself, so the value
    /// is written and read only when the flag allows it.
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
            // If it is set, the first value stays.
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

    /// Waits as long as callers arrive, and one step more.
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
