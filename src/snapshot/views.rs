//! The views of a project, in several orders.

use super::ProjectSnapshot;
use crate::filter::ViewFilter;
use crate::model::error::Result;
use crate::model::page::{Page, Paging, ViewSort};
use crate::model::view::View;

impl ProjectSnapshot {
    /// The views, in key order or in another order.
    ///
    /// Cost: O(log views + offset + limit) by key; O(n log n) in another order, with n views of the project.
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
    /// [`Error::InvalidCursor`](crate::Error::InvalidCursor) when the cursor belongs to another list or order; those
    /// that [all reads](crate::Snapshot#errors) share.
    pub fn views(&self, paging: Paging<ViewSort>) -> Result<Page<View>> {
        self.views_matching(&ViewFilter::all(), paging)
    }

    /// The views that match a filter, in key order or in another order.
    ///
    /// The total counts only matches.
    ///
    /// Cost: O(n log n) with n views of the project; that of [`views`](Self::views) for a filter without a condition.
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
        self.read()?.views(filter, &paging)
    }
}
