//! The store as a host sees it: every promise of the public API, from the outside.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first unexpected result"
)]

mod anything;
mod archive;
mod asynchronous;
mod backup;
mod backup_places;
mod bad_input;
mod batches;
mod changes;
mod checkpoints;
mod choices;
mod closing;
mod compaction;
mod concurrency;
mod cursors;
mod damage;
mod debug_output;
mod dry_runs;
mod errors;
mod faults;
mod feed;
mod feed_stream;
mod feed_waiting;
mod flips;
mod follow;
mod follow_limits;
mod follow_undo;
mod gate;
mod group_limit;
mod groups;
mod health;
mod history;
mod journal_limit;
mod laws;
mod limits;
mod linearizability;
mod links;
mod long_history;
mod long_life;
mod memory_limit;
mod model;
mod opening;
mod over_views;
mod panics;
mod past;
mod policy;
mod positions;
mod preconditions;
mod project_reads;
mod projects;
mod random;
mod read_only;
mod reads;
mod registration;
mod registry;
mod removal;
mod reopening;
mod replica;
mod restore;
mod reverts;
mod selections;
mod sets;
mod sizes;
mod snapshots;
mod stats;
mod support;
mod verification;
mod views;
mod wire;
