//! The program as a process.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first unexpected result"
)]

mod completions;
mod copies;
mod follow;
mod keys;
mod lists;
mod log;
mod opening;
mod past;
mod pipes;
mod reports;
mod segments;
mod sets;
mod stats;
mod support;
mod top;
mod transfer;
mod verification;
