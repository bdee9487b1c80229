//! Questions over sets of links.

use super::{ProjectSnapshot, view_key};
use crate::filter::ResourceFilter;
use crate::model::error::Result;
use crate::model::overlap::{NearView, Overlap};
use crate::model::page::{KeySort, Page, Paging};
use crate::model::resource::{Resource, ResourceType};

impl ProjectSnapshot {
    /// The resources of a type that a filter finds, linked or registered, in key order: in all, any, none or exactly
    /// these views ([`ResourceFilter::in_views`]), with whatever else is asked for.
    ///
    /// A resource that is not registered counts as one with its key as its name and nothing else said of it. With a
    /// limit of 0 the page tells the total alone, without a name being read.
    ///
    /// Cost: O(v · n) with the v views of the filter and the n links of the smallest of them that must have what is
    /// found. Where these have thousands of links, and one of 64 resources or more, O(v · resources / 512) for the
    /// total, and O(v · links before the end of the page). Where nothing must be linked O(n log n) with all n resources of the type.
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
    /// [`Error::UnknownView`](crate::Error::UnknownView) when the filter names a view that is not there;
    /// [`Error::InvalidCursor`](crate::Error::InvalidCursor) when the cursor is of another list; those that
    /// [all reads](crate::Snapshot#errors) share.
    pub fn find_resources(
        &self,
        resource_type: ResourceType,
        filter: &ResourceFilter,
        paging: Paging<KeySort>,
    ) -> Result<Page<Resource>> {
        self.read()?.find_resources(resource_type, filter, &paging)
    }

    /// How much two views have in common. Example: at [`Overlap`].
    ///
    /// Cost: O(n) with the n links of the smaller view; where both have thousands of links, and one of 64 resources
    /// or more, O(resources / 512).
    ///
    /// # Errors
    ///
    /// Those of [`view`](Self::view).
    pub fn overlap(&self, first: &str, second: &str) -> Result<Overlap> {
        let [first, second] = [view_key(first)?, view_key(second)?];
        self.read()?.overlap(&first, &second)
    }

    /// The other views that are nearly the same: of which the [Jaccard index](Overlap::jaccard) with a view is at
    /// least so much, from 0 to 1. In key order. A view that has nothing in common with it is none of them, whatever
    /// is asked for.
    ///
    /// Cost: O(v + m) with v views and the m links that the resources of the view have in all views.
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
    /// Those of [`view`](Self::view); [`Error::InvalidCursor`](crate::Error::InvalidCursor) when the cursor is of
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
