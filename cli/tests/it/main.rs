//! The program as a process.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets something unexpected ends there"
)]

mod keys;
mod lists;
mod log;
mod reports;
mod segments;
mod stats;
mod support;
