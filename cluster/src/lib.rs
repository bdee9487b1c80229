#![forbid(unsafe_code)]
//! Copies of a viewlink store on every host, over a log that is replicated already.

#[cfg(any(feature = "jetstream", feature = "postgres", feature = "object-store"))]
mod background;
#[cfg(feature = "jetstream")]
mod jetstream;
mod log;
#[cfg(any(feature = "jetstream", feature = "postgres"))]
mod place;
#[cfg(feature = "postgres")]
mod postgres;
mod sealed;
mod snapshots;

#[cfg(feature = "jetstream")]
pub use jetstream::{JetStreamLog, JetStreamOptions, JetStreamSnapshots, SyncProof};
pub use log::{Appended, Bounds, Log, LogError, Message};
#[cfg(feature = "postgres")]
pub use postgres::{PostgresLog, PostgresOptions};
#[cfg(feature = "object-store")]
pub use snapshots::ObjectStoreSnapshots;
pub use snapshots::{DirectorySnapshots, SnapshotName, Snapshots};

/// The examples of the page for operators.
#[cfg(all(doctest, feature = "jetstream", feature = "postgres"))]
#[doc = include_str!("../../docs/cluster.md")]
struct Page;
