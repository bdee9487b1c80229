//! The views of a project, and those of a resource.

use super::{ProjectReader, ranked};
use crate::filter::ViewFilter;
use crate::model::error::Result;
use crate::model::key::ViewKey;
use crate::model::overlap::{NearView, Overlap};
use crate::model::page::{KeySort, List, ListPlace, Page, Paging, ViewSort};
use crate::model::resource::Resource;
use crate::model::view::View;
use crate::state::sets::{self, ResourceTests};
use crate::state::view::ViewState;

impl<'s> ProjectReader<'s> {
    /// The views that match a filter, in key order or another order.
    ///
    /// Cost: by key without a condition O(log views + offset + limit); else O(n log n) with the n views of the
    /// project. If the filter requires linked resources, n is the smallest number of views of one of them.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidCursor`](crate::Error::InvalidCursor) if the cursor is from another list or order.
    pub(crate) fn views(
        &self,
        filter: &ViewFilter,
        paging: &Paging<ViewSort>,
    ) -> Result<Page<View>> {
        let (project, sort) = (self.project.id, paging.sort);
        let list = match sort {
            ViewSort::Key => List::Views { project },
            ViewSort::Name | ViewSort::UpdatedAt => List::SortedViews { project, sort },
        };
        let (after, skip) = paging.start.in_list(&list)?;
        let after = after.map(|at| at.check_sort(sort)).transpose()?;
        let position = |view: &View| Ok(ListPlace::of_view(view, sort));
        if sort == ViewSort::Key && filter.conditions().is_empty() {
            let after = after.map(|at| at.key(|key| ViewKey::parse(key).ok())).transpose()?;
            let views = self.project.views.iter(after.as_ref()).skip(skip).take(paging.rows());
            let rows = views.map(|(_, view)| view.to_view()).collect();
            let total = self.project.views.len();
            return Page::from_rows(rows, paging.limit, total, list, position, Ok);
        }
        let views = ResourceTests::new(self.project, filter.linked()).views();
        let views = views.into_iter().map(|(_, view)| view);
        let total = views.len() as u64;
        if sort == ViewSort::Key && !filter.has_field_conditions() {
            let after = after.map(|at| at.key(|key| ViewKey::parse(key).ok())).transpose()?;
            let key = |view: &&'s ViewState| &view.about().key;
            let rows = ranked(views, key, after.as_ref().as_ref(), skip, paging.rows());
            let rows = rows.into_iter().map(ViewState::to_view).collect();
            return Page::from_rows(rows, paging.limit, total, list, position, Ok);
        }
        let views = views.map(ViewState::to_view);
        let found: Vec<View> = views.filter(|view| filter.matches(view)).collect();
        let total = found.len() as u64;
        let place = |view: &View| ListPlace::of_view(view, sort);
        let rows = ranked(found.into_iter(), place, after, skip, paging.rows());
        Page::from_rows(rows, paging.limit, total, list, position, Ok)
    }

    /// The number of common links of two views.
    ///
    /// Cost: O(log views + n) with the n links of the smaller view; if both are large O(log views + ids / 512).
    ///
    /// # Errors
    ///
    /// [`Error::UnknownView`](crate::Error::UnknownView) if one does not exist.
    pub(crate) fn overlap(&self, first: &ViewKey, second: &ViewKey) -> Result<Overlap> {
        Ok(sets::overlap(self.project, self.find_view(first)?, self.find_view(second)?))
    }

    /// The views that have common links with a view and whose Jaccard index with it is at least this value, in key
    /// order.
    ///
    /// Cost: O(views + m) with the m links that the resources of the view have in all views.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownView`](crate::Error::UnknownView) if the view does not exist;
    /// [`Error::InvalidCursor`](crate::Error::InvalidCursor) if the cursor is from another list.
    pub(crate) fn near_views(
        &self,
        key: &ViewKey,
        at_least: f64,
        paging: &Paging<KeySort>,
    ) -> Result<Page<NearView>> {
        let view = self.find_view(key)?;
        let list = List::NearViews { view: view.1.about().id };
        let (after, skip) = paging.start.in_list(&list)?;
        let after = after.map(|at| at.key(|key| ViewKey::parse(key).ok())).transpose()?;
        let near = sets::near_views(self.project, view, at_least);
        let total = near.len() as u64;
        let place = |(view, _): &(&'s ViewState, Overlap)| &view.about().key;
        let rows = ranked(near.into_iter(), place, after.as_ref().as_ref(), skip, paging.rows());
        let position = |row: &(&'s ViewState, Overlap)| Ok(ListPlace::Key(place(row).to_string()));
        let item = |row: (&'s ViewState, Overlap)| {
            Ok(NearView { key: place(&row).clone(), overlap: row.1 })
        };
        Page::from_rows(rows, paging.limit, total, list, position, item)
    }

    /// The views that a resource is linked to, in key order.
    ///
    /// Cost: O(n log n) with the n views of the resource.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidCursor`](crate::Error::InvalidCursor) if the cursor is from another list.
    pub(crate) fn linked_views(
        &self,
        resource: &Resource,
        paging: &Paging<KeySort>,
    ) -> Result<Page<View>> {
        self.views_of(resource, paging, ViewState::to_view)
    }

    /// The keys of the views that a resource is linked to, in order.
    ///
    /// Cost and errors: those of [`linked_views`](Self::linked_views).
    pub(crate) fn linked_view_keys(
        &self,
        resource: &Resource,
        paging: &Paging<KeySort>,
    ) -> Result<Page<ViewKey>> {
        self.views_of(resource, paging, |view| view.about().key.clone())
    }

    fn views_of<T>(
        &self,
        resource: &Resource,
        paging: &Paging<KeySort>,
        read: impl Fn(&ViewState) -> T,
    ) -> Result<Page<T>> {
        let (project, resource_type) = (self.project.id, resource.resource_type());
        let name = resource.name();
        let list = List::ViewsOf { project, resource_type, name: name.as_str().to_owned() };
        let (after, skip) = paging.start.in_list(&list)?;
        let after = after.map(|at| at.key(|key| ViewKey::parse(key).ok())).transpose()?;
        let views: Vec<_> = self.project.views_of(resource_type, name.as_str()).collect();
        let total = views.len() as u64;
        let views = views.into_iter().map(|(_, view)| view);
        let place = |view: &&'s ViewState| &view.about().key;
        let rows = ranked(views, place, after.as_ref().as_ref(), skip, paging.rows());
        let position = |view: &&ViewState| Ok(ListPlace::Key(view.about().key.to_string()));
        Page::from_rows(rows, paging.limit, total, list, position, |view| Ok(read(view)))
    }
}
