#![forbid(unsafe_code)]
//! Copies of a viewlink store on every host, over a log that is replicated already.

mod log;
mod snapshots;

pub use log::{Appended, Bounds, Log, LogError, Message};
pub use snapshots::{SnapshotName, Snapshots};
