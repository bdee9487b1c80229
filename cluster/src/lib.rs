#![forbid(unsafe_code)]
//! A copy of a viewlink store on every host, over a log that another system replicates.
//!
//! Start with [`Member`]. `docs/cluster.md` describes the guarantees, the limits and the way it works.

#[cfg(any(feature = "jetstream", feature = "postgres", feature = "object-store"))]
mod background;
mod backoff;
mod clock;
mod entry;
mod error;
#[cfg(feature = "jetstream")]
mod jetstream;
mod log;
mod member;
mod memory_log;
mod memory_snapshots;
mod options;
mod order;
#[cfg(any(feature = "jetstream", feature = "postgres"))]
mod place;
#[cfg(feature = "postgres")]
mod postgres;
mod rule;
mod sealed;
mod snapshots;
mod status;
mod tail;
mod token;

pub use error::{Error, Result};
#[cfg(feature = "jetstream")]
pub use jetstream::{JetStreamLog, JetStreamOptions, JetStreamSnapshots, SyncProof};
pub use log::{Appended, Bounds, Log, LogError, Message};
pub use member::Member;
pub use memory_log::MemoryLog;
pub use memory_snapshots::MemorySnapshots;
pub use options::ClusterOptions;
#[cfg(feature = "postgres")]
pub use postgres::{PostgresLog, PostgresOptions};
#[cfg(feature = "object-store")]
pub use snapshots::ObjectStoreSnapshots;
pub use snapshots::{DirectorySnapshots, SnapshotName, Snapshots};
pub use status::{State, Status};
pub use token::{InvalidToken, Token};

/// The examples of the page for operators.
#[cfg(all(doctest, feature = "jetstream", feature = "postgres"))]
#[doc = include_str!("../../docs/cluster.md")]
struct Page;
