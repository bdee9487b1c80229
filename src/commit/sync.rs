//! What the [queue](super::queue) and the [bell](super::bell) wait with, and what a model checker puts
//! in its place: `RUSTFLAGS="--cfg loom" cargo test --release --lib -- commit::queue commit::bell`.

#[cfg(not(all(test, loom)))]
pub(super) use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread::yield_now,
};

#[cfg(all(test, loom))]
pub(super) use loom::{
    sync::{Condvar, Mutex, MutexGuard},
    thread::yield_now,
};
#[cfg(all(test, loom))]
pub(super) use std::sync::PoisonError;
