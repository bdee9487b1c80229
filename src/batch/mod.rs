//! The batch: many keys of one view in one change, with an outcome for each key.

mod engine;
mod report;
mod request;

pub(crate) use engine::{run, screen};
pub use report::{Action, Failure, FailureCode, FailureReason, KeyOutcome, Report};
pub use request::Batch;
