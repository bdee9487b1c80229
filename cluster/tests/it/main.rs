//! Members over a log in memory.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod beginning;
mod calls;
mod clock;
mod concurrent;
mod failures;
mod laws;
mod powers;
mod snapshots;
mod support;
mod versions;
