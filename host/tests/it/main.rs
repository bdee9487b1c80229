//! The host as its clients see it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first unexpected result"
)]

mod bodies;
mod changes;
mod comparisons;
mod connections;
mod copies;
mod cors;
mod follow;
mod keys;
mod links;
mod logging;
mod members;
mod metrics;
mod past;
mod paths;
mod process;
mod program;
mod projects;
mod registry;
mod requests;
mod restored;
mod shared_log;
mod stopping;
mod storage;
mod support;
mod terms;
mod unread;
mod views;
