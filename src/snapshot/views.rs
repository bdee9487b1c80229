//! The views of a project, in the orders there are.

use super::ProjectSnapshot;
use crate::filter::ViewFilter;
use crate::model::error::Result;
use crate::model::key::ViewKey;
use crate::model::page::{List, Page, Paging, Position, ViewSort};
use crate::model::view::View;
use crate::storage::ViewRow;

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
    /// order; those that [all reads](crate::Snapshot#errors) share.
    pub fn views(&self, paging: Paging<ViewSort>) -> Result<Page<View>> {
        self.views_matching(&ViewFilter::all(), paging)
    }

    /// The views that a filter finds, in key order or another one.
    ///
    /// The total is that of what the filter finds.
    ///
    /// Cost: O(n log n) with the n views of the project; that of [`views`](Self::views) for a filter
    /// without a condition.
    ///
    /// ```
    /// # use viewlink::{NewView, Options, Paging, ViewFilter};
    /// # let store = Options::new().open_in_memory()?;
    /// # let project = store.project("default")?;
    /// project.ensure_view(NewView::new("a", "A").tags(["web"]))?;
    /// project.ensure_view(NewView::new("b", "B"))?;
    ///
    /// let filter = ViewFilter::parse("tag = web")?;
    /// let snapshot = store.snapshot()?;
    /// let views = snapshot.project("default")?.views_matching(&filter, Paging::first(10))?;
    /// assert_eq!((views.total, views.items[0].key.as_str()), (1, "a"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`views`](Self::views).
    pub fn views_matching(
        &self,
        filter: &ViewFilter,
        paging: Paging<ViewSort>,
    ) -> Result<Page<View>> {
        if paging.sort == ViewSort::Key && filter.conditions().is_empty() {
            self.views_by_key(&paging)
        } else {
            self.views_found(filter, &paging)
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
        let position = |row: &ViewRow| Ok(Position::Key(row.key().to_string()));
        Page::from_rows(rows, paging.limit, self.project.views, list, position, |row| {
            Ok(row.into_view())
        })
    }

    fn views_found(&self, filter: &ViewFilter, paging: &Paging<ViewSort>) -> Result<Page<View>> {
        let (project, sort) = (self.project.id, paging.sort);
        let list = match sort {
            ViewSort::Key => List::Views { project },
            ViewSort::Name | ViewSort::UpdatedAt => List::SortedViews { project, sort },
        };
        let (after, skip) = paging.start.in_list(&list)?;
        let after = after.map(|at| at.check_sort(sort)).transpose()?;
        let rows = self.snapshot.read(|tables| tables.view_page(project, None, 0, usize::MAX))?;
        let views = rows.into_iter().map(ViewRow::into_view);
        let mut views: Vec<View> = views.filter(|view| filter.matches(view)).collect();
        let total = views.len() as u64;
        views.sort_by_cached_key(|view| Position::of_view(view, sort));
        let behind = after.map_or(0, |after| {
            views.partition_point(|view| Position::of_view(view, sort) <= *after)
        });
        let views = views.split_off(behind.max(skip.min(views.len())));
        let views = views.into_iter().take(paging.rows()).collect();
        let position = |view: &View| Ok(Position::of_view(view, sort));
        Page::from_rows(views, paging.limit, total, list, position, Ok)
    }
}
