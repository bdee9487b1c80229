//! A log and snapshots in NATS JetStream: several servers with Raft inside.

mod append;
mod connection;
mod cursor;
mod fitness;
mod log;
mod options;
mod snapshots;

pub use log::JetStreamLog;
pub use options::{JetStreamOptions, SyncProof};
pub use snapshots::JetStreamSnapshots;
