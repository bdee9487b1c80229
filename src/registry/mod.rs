//! The registry: which resources a project has, and what is known of them.

mod fields;
mod new_resource;
mod put;

pub use fields::RegisteredResource;
pub(crate) use fields::ResourceFields;
pub(crate) use new_resource::Named;
pub use new_resource::NewResource;
pub(crate) use put::{replay, run, screen};
