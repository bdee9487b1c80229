//! The laws of logs and of places for snapshots, checked for all implementations.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets something unexpected ends there"
)]

#[cfg(any(feature = "jetstream", feature = "postgres"))]
mod conformance;
#[cfg(any(feature = "jetstream", feature = "postgres"))]
mod faults;
#[cfg(feature = "jetstream")]
mod jetstream;
#[cfg(any(feature = "jetstream", feature = "postgres"))]
mod measured;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(any(feature = "jetstream", feature = "postgres"))]
#[path = "../servers/mod.rs"]
mod servers;
mod snapshots;
