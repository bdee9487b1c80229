//! The views of a resource.

use super::ProjectSnapshot;
use crate::model::error::Result;
use crate::model::key::ViewKey;
use crate::model::page::{KeySort, Page, Paging};
use crate::model::resource::Resource;
use crate::model::view::View;

impl ProjectSnapshot {
    /// The views that a resource is linked to, in key order; none for a resource nobody linked.
    ///
    /// Cost: O(n · log n) with the n views of the resource. Example: at [`ProjectSnapshot`].
    ///
    /// # Errors
    ///
    /// [`Error::InvalidCursor`](crate::Error::InvalidCursor) when the cursor is of another list; those that
    /// [all reads](crate::Snapshot#errors) share.
    pub fn linked_views(&self, resource: &Resource, paging: Paging<KeySort>) -> Result<Page<View>> {
        self.read()?.linked_views(resource, &paging)
    }

    /// The keys of the views that a resource is linked to, in order: what
    /// [`linked_views`](Self::linked_views) gives without reading the views.
    ///
    /// Cost: O(n · log n) with the n views of the resource. Example: at [`ProjectSnapshot`].
    ///
    /// # Errors
    ///
    /// Those of [`linked_views`](Self::linked_views), whose cursors go on here, too.
    pub fn linked_view_keys(
        &self,
        resource: &Resource,
        paging: Paging<KeySort>,
    ) -> Result<Page<ViewKey>> {
        self.read()?.linked_view_keys(resource, &paging)
    }
}
