//! The batch: many keys of one view in one change, with an outcome for each key.

mod engine;
mod job;
mod outcome;
mod report;
mod request;
mod screen;

pub(crate) use engine::{Walk, Walked};
pub(crate) use job::{Aim, Job};
pub use outcome::{Action, Failure, FailureCode, FailureReason, KeyOutcome};
pub use report::Report;
pub(crate) use report::Reported;
pub use request::{Batch, SegmentRef};
pub(crate) use screen::screen;
