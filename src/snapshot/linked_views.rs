//! The views of a resource.

use super::ProjectSnapshot;
use crate::model::error::Result;
use crate::model::key::ViewKey;
use crate::model::page::{KeySort, Page, Paging};
use crate::model::resource::Resource;
use crate::model::view::View;

impl ProjectSnapshot {
    /// The views that a resource is linked to, in key order; none for a resource that is not linked.
    ///
    /// Cost: O(n · log n) with n views of the resource. Example: at [`ProjectSnapshot`].
    ///
    /// # Errors
    ///
    /// [`Error::InvalidCursor`](crate::Error::InvalidCursor) when the cursor belongs to another list; those that [all
    /// reads](crate::Snapshot#errors) share.
    pub fn linked_views(&self, resource: &Resource, paging: Paging<KeySort>) -> Result<Page<View>> {
        self.read()?.linked_views(resource, &paging)
    }

    /// The keys of the views that a resource is linked to, in order: like [`linked_views`](Self::linked_views), but
    /// without reading the views.
    ///
    /// Cost: O(n · log n) with n views of the resource. Example: at [`ProjectSnapshot`].
    ///
    /// # Errors
    ///
    /// Those of [`linked_views`](Self::linked_views), whose cursors also work here.
    pub fn linked_view_keys(
        &self,
        resource: &Resource,
        paging: Paging<KeySort>,
    ) -> Result<Page<ViewKey>> {
        self.read()?.linked_view_keys(resource, &paging)
    }
}
