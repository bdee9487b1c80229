//! The registry: which resources a project has, and what is known of them.

mod put;

pub(crate) use put::{replay, run};
