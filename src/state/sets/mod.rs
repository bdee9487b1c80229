//! Questions over sets: which resources are in which views, which views have which resources, how much views have in
//! common.
//!
//! Nothing is kept for them but the bits of large sets. A question looks at the smallest set that every answer is in;
//! for each member of it the posting tells the rest. Where all sets of it are large, whole blocks of bits are
//! compared, and nobody looks at a member.

mod merged;
mod overlap;
mod resource_tests;
mod view_tests;

pub(super) use merged::Merged;
pub(super) use overlap::{near_views, overlap};
pub(super) use resource_tests::ResourceTests;
pub(super) use view_tests::ViewTests;
