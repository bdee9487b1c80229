//! What every log and every place for snapshots must do, tried on all that there are.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets something unexpected ends there"
)]

mod conformance;
#[cfg(any(feature = "jetstream", feature = "postgres"))]
mod faults;
#[cfg(feature = "jetstream")]
mod jetstream;
#[cfg(any(feature = "jetstream", feature = "postgres"))]
mod measured;
mod memory;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(any(feature = "jetstream", feature = "postgres"))]
#[path = "../servers/mod.rs"]
mod servers;
mod snapshots;
