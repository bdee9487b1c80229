//! The links of a view, in several orders.

use super::{ProjectSnapshot, view_key};
use crate::filter::ResourceFilter;
use crate::model::error::Result;
use crate::model::linked_resource::LinkedResource;
use crate::model::page::{LinkSort, Page, Paging};
use crate::model::resource::ResourceType;

impl ProjectSnapshot {
    /// The resources of one type that are linked to a view, the oldest link first, or in another
    /// order. The total costs nothing extra. Example: at [`ProjectSnapshot`].
    ///
    /// Cost, with n links of that type in the view: O(log n + offset / 384 + limit) by key and by link time; O(n · log
    /// resources + p · log p) by name, with p = offset + limit.
    ///
    /// # Errors
    ///
    /// Those of [`view`](Self::view); [`Error::InvalidCursor`](crate::Error::InvalidCursor) when the cursor belongs to
    /// another list or order.
    pub fn linked_resources(
        &self,
        view: &str,
        resource_type: ResourceType,
        paging: Paging<LinkSort>,
    ) -> Result<Page<LinkedResource>> {
        self.linked_resources_matching(view, resource_type, &ResourceFilter::all(), paging)
    }

    /// The resources of one type that are linked to a view and match a filter.
    ///
    /// A resource that is not registered counts as one whose name is its key and whose other fields are empty. The
    /// total counts only matches.
    ///
    /// Cost: O(n · log resources) with n links of that type of the view.
    ///
    /// ```
    /// # use viewlink::{Batch, NewView, Options, Paging, ResourceFilter, ResourceType};
    /// # let store = Options::new().open_in_memory()?;
    /// # let project = store.project("default")?;
    /// # project.ensure_view(NewView::new("v", "V"))?;
    /// # project.link("v", Batch::flags(["checkout-v2", "search-v3"]))?.all_ok()?;
    /// let filter = ResourceFilter::parse(ResourceType::Flag, "query:CHECK")?;
    /// let (snapshot, page) = (store.snapshot()?, Paging::first(10));
    /// let reader = snapshot.project("default")?;
    /// let found = reader.linked_resources_matching("v", ResourceType::Flag, &filter, page)?;
    /// assert_eq!((found.total, found.items[0].resource.key().as_str()), (1, "checkout-v2"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`linked_resources`](Self::linked_resources); [`Error::UnknownView`](crate::Error::UnknownView) also
    /// when the filter names an unknown view.
    pub fn linked_resources_matching(
        &self,
        view: &str,
        resource_type: ResourceType,
        filter: &ResourceFilter,
        paging: Paging<LinkSort>,
    ) -> Result<Page<LinkedResource>> {
        let key = view_key(view)?;
        self.read()?.linked_resources(&key, resource_type, filter, &paging)
    }
}
