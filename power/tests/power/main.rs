//! What becomes of a store when the power of a real file system is lost. `docs/testing.md` of the project tells what is
//! tried and how it is run.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets something unexpected ends there"
)]

mod cuts;
mod ready;
mod troubles;
