//! Takes the power from real file systems under a viewlink store.
//!
//! A disk is a file on a layer of its own (FUSE), which takes down each write and flush. A loop device on that file
//! carries a real file system, and on it a process runs a store under load and tells of each change that was
//! acknowledged. Of what was done to the disk up to some moment a loss of power leaves what was flushed, and a random
//! part of the rest, reordered and torn. From that the machine starts again, and what was acknowledged must be there.
//!
//! `docs/testing.md` of the project tells how it is run.

#![forbid(unsafe_code)]

pub mod check;
pub mod child;
pub mod file_system;
pub mod history;
pub mod image;
pub mod knowledge;
pub mod layer;
pub mod load;
pub mod machine;
pub mod record;
pub mod setup;
mod system;
pub mod tally;
pub mod task;
pub mod trial;
pub mod trouble;
pub mod workplace;
