//! Queries over sets: the resources of a combination of views, the views of a combination of resources, and the common
//! links of views.
//!
//! They need no stored data except the bits of large sets. A query reads the smallest set that contains all results,
//! and checks each member in its posting. If all such sets are large, whole blocks of bits are compared, and members
//! are not read.

mod merged;
mod overlap;
mod resource_tests;
mod view_tests;

pub(super) use merged::Merged;
pub(super) use overlap::{near_views, overlap};
pub(super) use resource_tests::ResourceTests;
pub(super) use view_tests::ViewTests;
