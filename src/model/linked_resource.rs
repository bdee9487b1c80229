//! A resource that is linked to a view.

use super::resource::Resource;
use super::time::Timestamp;

/// A resource that is linked to a view. Example: at [`ProjectSnapshot`](crate::ProjectSnapshot).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LinkedResource {
    /// The resource.
    pub resource: Resource,
    /// When it was linked.
    pub linked_at: Timestamp,
    /// The revision of the change that linked it.
    pub revision: u64,
}
