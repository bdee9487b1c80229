//! Several members at once, and the checker of their replies.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets something unexpected ends there"
)]

#[path = "../checker/mod.rs"]
mod checker;
mod doctored;
#[cfg(all(feature = "jetstream", feature = "postgres"))]
mod faults;
#[cfg(all(feature = "jetstream", feature = "postgres"))]
mod measured;
#[cfg(all(feature = "jetstream", feature = "postgres"))]
mod process;
#[cfg(all(feature = "jetstream", feature = "postgres"))]
mod real_servers;
#[cfg(all(feature = "jetstream", feature = "postgres"))]
#[path = "../servers/mod.rs"]
mod servers;
