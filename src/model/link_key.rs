//! A key of a batch.

use super::resource_name::ResourceName;

/// A resource to link or unlink, and its place in the request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LinkKey<'a> {
    pub(crate) name: ResourceName<'a>,
    pub(crate) request_index: u32,
}

impl LinkKey<'_> {
    pub(crate) fn name_bytes(&self) -> &[u8] {
        self.name.as_bytes()
    }
}
