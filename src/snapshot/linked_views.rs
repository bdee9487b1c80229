//! The views of a resource.

use super::ProjectSnapshot;
use crate::model::error::{Error, Result, StoreFile};
use crate::model::key::ViewKey;
use crate::model::page::{KeySort, List, Page, Paging, Position};
use crate::model::resource::Resource;
use crate::model::view::View;
use crate::storage::ReadTables;

impl ProjectSnapshot<'_> {
    /// The views that a resource is linked to, in key order; none for a resource nobody linked.
    ///
    /// Cost: O(log links + n · log views) with the n views of the resource. Example: at
    /// [`ProjectSnapshot`].
    ///
    /// # Errors
    ///
    /// [`Error::InvalidCursor`] when the cursor is of another list; those that
    /// [all reads](crate::Snapshot#errors) share.
    pub fn linked_views(&self, resource: &Resource, paging: Paging<KeySort>) -> Result<Page<View>> {
        self.views_of(resource, &paging, |tables, key| {
            let view = tables.view(self.project.id, &key)?.ok_or_else(|| {
                Error::damaged(StoreFile::State, "table views", format!("{key} is missing"))
            });
            Ok(view?.into_view())
        })
    }

    /// The keys of the views that a resource is linked to, in order: what
    /// [`linked_views`](Self::linked_views) gives without reading the views.
    ///
    /// Cost: O(log links + n · log n) with the n views of the resource, and O(log views) for each whose key
    /// no reader has met yet. Example: at [`ProjectSnapshot`].
    ///
    /// # Errors
    ///
    /// Those of [`linked_views`](Self::linked_views), whose cursors go on here, too.
    pub fn linked_view_keys(
        &self,
        resource: &Resource,
        paging: Paging<KeySort>,
    ) -> Result<Page<ViewKey>> {
        self.views_of(resource, &paging, |_, key| Ok(key))
    }

    fn views_of<T>(
        &self,
        resource: &Resource,
        paging: &Paging<KeySort>,
        read: impl Fn(&ReadTables, ViewKey) -> Result<T>,
    ) -> Result<Page<T>> {
        let (project, resource_type) = (self.project.id, resource.resource_type());
        let name = resource.name();
        let list = List::ViewsOf { project, resource_type, name: name.as_str().to_owned() };
        let (after, skip) = paging.start.in_list(&list)?;
        let after = after.map(|at| at.key(|key| ViewKey::parse(key).ok())).transpose()?;
        let position = |key: &ViewKey| Ok(Position::Key(key.to_string()));
        self.snapshot.read(|tables| {
            let mut keys = tables.views_of(project, resource_type, &name)?;
            let total = keys.len() as u64;
            keys.sort_unstable();
            let behind = after.map_or(0, |after| keys.partition_point(|key| *key <= after));
            let rows = keys.split_off(behind.max(skip.min(keys.len())));
            let rows = rows.into_iter().take(paging.rows()).collect();
            Page::from_rows(rows, paging.limit, total, list, position, |key| read(tables, key))
        })
    }
}
