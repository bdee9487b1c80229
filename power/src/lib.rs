//! Simulates losses of power below a viewlink store on real file systems.
//!
//! A disk is a file on its own layer (FUSE), which records each write and flush. A loop device on that file has a real
//! file system. A process runs a store under load on it, and reports each acknowledged change. A loss of power at some
//! moment keeps everything that was flushed before, and a random part of the other writes, reordered and torn. The
//! machine starts again from that, and all acknowledged changes must be there.
//!
//! `docs/testing.md` of the project describes how to run it.

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
