//! A store after losses of power on real file systems. `docs/testing.md` of the project describes the tests, and how to
//! run them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at the first unexpected result"
)]

mod cuts;
mod ready;
mod troubles;
