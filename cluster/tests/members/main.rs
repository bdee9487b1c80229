//! Several members at once, and what checks them.

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
#[cfg(feature = "jetstream")]
mod measured;
#[cfg(feature = "jetstream")]
#[path = "../servers/mod.rs"]
mod servers;
#[cfg(feature = "jetstream")]
mod three_servers;
