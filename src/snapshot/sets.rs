//! Queries over sets of links.

use super::{ProjectSnapshot, view_key};
use crate::filter::ResourceFilter;
use crate::model::error::Result;
use crate::model::overlap::{NearView, Overlap};
use crate::model::page::{KeySort, Page, Paging};
use crate::model::resource::{Resource, ResourceType};

impl ProjectSnapshot {
    /// The linked or registered resources of a type that match a filter, in key order: in all, any, none or exactly
    /// these views ([`ResourceFilter::in_views`]), with any other conditions.
    ///
    /// A resource that is not registered counts as one whose name is its key and whose other fields are empty. With a
    /// limit of 0 the page has only the total, and no name is read.
    ///
    /// Cost: O(v · n), with v views in the filter and n links in the smallest of the views that a match must be in. If
    /// these have thousands of links, and at least 1/64 of the resources: O(v · resources / 512) for the total, and O(v
    /// · links before the end of the page). If a match need not be in a view: O(n log n) with all n resources of the
    /// type.
    ///
    /// ```
    /// # use viewlink::{Batch, NewResource, NewView, Options, Paging, ResourceFilter, ResourceType, SetPredicate};
    /// # let project = Options::new().open_in_memory()?.project("default")?;
    /// # project.create_view(NewView::new("web", "Web"))?;
    /// project.put_resources(["a", "b"].map(NewResource::flag))?.all_ok()?;
    /// project.link("web", Batch::flags(["a"]))?.all_ok()?;
    ///
    /// let in_no_view = ResourceFilter::all().in_views(SetPredicate::Exactly(vec![""; 0]))?;
    /// let page = project.read()?.find_resources(ResourceType::Flag, &in_no_view, Paging::first(10))?;
    /// assert_eq!((page.total, page.items[0].key().as_str()), (1, "b"));
    /// # Ok::<(), viewlink::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::UnknownView`](crate::Error::UnknownView) when the filter names an unknown view;
    /// [`Error::InvalidCursor`](crate::Error::InvalidCursor) when the cursor belongs to another list; those that [all
    /// reads](crate::Snapshot#errors) share.
    pub fn find_resources(
        &self,
        resource_type: ResourceType,
        filter: &ResourceFilter,
        paging: Paging<KeySort>,
    ) -> Result<Page<Resource>> {
        self.read()?.find_resources(resource_type, filter, &paging)
    }

    /// How many resources two views share. Example: at [`Overlap`].
    ///
    /// Cost: O(n) with n links of the smaller view. If both have thousands of links, and at least 1/64 of the
    /// resources: O(resources / 512).
    ///
    /// # Errors
    ///
    /// Those of [`view`](Self::view).
    pub fn overlap(&self, first: &str, second: &str) -> Result<Overlap> {
        let [first, second] = [view_key(first)?, view_key(second)?];
        self.read()?.overlap(&first, &second)
    }

    /// The other views that are similar to a view, in key order. Their [Jaccard index](Overlap::jaccard) with it is at
    /// least this value, from 0 to 1. A view that shares nothing with it is never returned, even for 0.
    ///
    /// Cost: O(v + m) with v views and m links that the resources of the view have in all views.
    ///
    /// ```
    /// # use viewlink::{Batch, NewView, Options, Paging};
    /// # let project = Options::new().open_in_memory()?.project("default")?;
    /// # for view in ["v", "w", "x"] { project.create_view(NewView::new(view, view))?; }
    /// project.link("v", Batch::flags(["a", "b", "c", "d"]))?.all_ok()?;
    /// project.link("w", Batch::flags(["a", "b", "c"]))?.all_ok()?;
    /// project.link("x", Batch::flags(["a"]))?.all_ok()?;
    /// let near = project.read()?.near_views("v", 0.7, Paging::first(10))?;
    /// assert_eq!((near.total, near.items[0].key.as_str()), (1, "w"));
    /// assert_eq!(near.items[0].overlap.jaccard(), 0.75);
    /// # Ok::<(), viewlink::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`view`](Self::view); [`Error::InvalidCursor`](crate::Error::InvalidCursor) when the cursor belongs to
    /// another list.
    pub fn near_views(
        &self,
        view: &str,
        at_least: f64,
        paging: Paging<KeySort>,
    ) -> Result<Page<NearView>> {
        let key = view_key(view)?;
        self.read()?.near_views(&key, at_least, &paging)
    }
}
