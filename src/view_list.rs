//! The views of a project, in the orders there are.

use crate::error::Result;
use crate::key::ViewKey;
use crate::page::{List, Page, Paging, Position, ViewSort};
use crate::snapshot::ProjectSnapshot;
use crate::storage::ViewRow;
use crate::view::View;

impl ProjectSnapshot<'_> {
    /// The views, in key order or another one.
    ///
    /// Cost: by key O(log views + offset + limit); in another order O(n log n) with the n views of
    /// the project.
    ///
    /// ```
    /// # use viewlink::{NewView, Options, Paging, ViewSort};
    /// # let store = Options::new().open_in_memory()?;
    /// let project = store.project("default")?;
    /// project.ensure_view(NewView::new("a", "Zebra"))?;
    /// project.ensure_view(NewView::new("b", "Ant"))?;
    ///
    /// let snapshot = store.snapshot()?;
    /// let by_name = Paging::first(10).sort(ViewSort::Name);
    /// let views = snapshot.project("default")?.views(by_name)?;
    /// assert_eq!((views.total, views.items[0].name.as_str()), (2, "Ant"));
    /// # Ok::<(), viewlink::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::InvalidCursor`](crate::Error::InvalidCursor) when the cursor is of another list or
    /// order.
    pub fn views(&self, paging: Paging<ViewSort>) -> Result<Page<View>> {
        match paging.sort {
            ViewSort::Key => self.views_by_key(&paging),
            ViewSort::Name | ViewSort::UpdatedAt => self.views_sorted(&paging),
        }
    }

    fn views_by_key(&self, paging: &Paging<ViewSort>) -> Result<Page<View>> {
        let project = self.project.id;
        let list = List::Views { project };
        let (after, skip) = paging.start.in_list(&list)?;
        let after = after.map(|at| at.key(|key| ViewKey::parse(key).ok())).transpose()?;
        let rows = self
            .snapshot
            .read(|tables| tables.view_page(project, after.as_ref(), skip, paging.rows()))?;
        let position = |row: &ViewRow| Position::Key(row.key().to_string());
        Page::from_rows(rows, paging.limit, self.project.views, list, position, |row| {
            Ok(row.into_view())
        })
    }

    fn views_sorted(&self, paging: &Paging<ViewSort>) -> Result<Page<View>> {
        let (project, sort) = (self.project.id, paging.sort);
        let list = List::SortedViews { project, sort };
        let (after, skip) = paging.start.in_list(&list)?;
        let after = after.map(|at| at.check_sort(sort)).transpose()?;
        let rows = self.snapshot.read(|tables| tables.view_page(project, None, 0, usize::MAX))?;
        let mut views: Vec<View> = rows.into_iter().map(ViewRow::into_view).collect();
        views.sort_by_cached_key(|view| Position::of_view(view, sort));
        let behind = after.map_or(0, |after| {
            views.partition_point(|view| Position::of_view(view, sort) <= *after)
        });
        let views = views.split_off(behind.max(skip.min(views.len())));
        let views = views.into_iter().take(paging.rows()).collect();
        let position = |view: &View| Position::of_view(view, sort);
        Page::from_rows(views, paging.limit, self.project.views, list, position, Ok)
    }
}
