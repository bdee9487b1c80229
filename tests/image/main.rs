//! The memory image, held against the engine that stands, against a model of a few maps, and against itself.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets something unexpected ends there"
)]

mod call;
mod laws;
mod made;
#[path = "../it/model/mod.rs"]
mod model;
mod oracle;
mod pair;
#[path = "../it/random.rs"]
mod random;
mod reads;
