//! A store after a loss of power, a failed disk call, or a kill of its process. `docs/testing.md` describes the tests,
//! and how to run more of them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets something unexpected ends there"
)]

mod archive;
mod backups;
mod callers;
mod child;
mod content;
mod controls;
mod damage;
mod explore;
mod faults;
mod follow;
mod history;
mod images;
mod killing;
mod model;
mod opening;
mod put;
#[path = "../it/random.rs"]
mod random;
mod registry;
mod request;
mod run;
mod setup;
mod tally;
mod verdict;
mod view;
mod watchdog;
