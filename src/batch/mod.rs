//! The batch: many keys of one view in one change, with an outcome for each key.

mod engine;

pub(crate) use engine::LinkPlan;
