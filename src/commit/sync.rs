//! The locks of the [queue](super::queue), which a model checker takes the place of:
//! `RUSTFLAGS="--cfg loom" cargo test --release --lib commit::queue`.

#[cfg(not(all(test, loom)))]
pub(super) use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

#[cfg(all(test, loom))]
pub(super) use loom::sync::{Condvar, Mutex, MutexGuard};
#[cfg(all(test, loom))]
pub(super) use std::sync::PoisonError;
