//! Reading the registry of a project.

use super::ProjectSnapshot;
use crate::filter::ResourceFilter;
use crate::model::RegisteredResource;
use crate::model::error::{Error, Result};
use crate::model::key::SegmentId;
use crate::model::page::{Page, Paging, ResourceSort};
use crate::model::resource::{Resource, ResourceType};

impl ProjectSnapshot {
    /// The registered fields of a resource; `None` when it is not registered.
    ///
    /// Cost: O(log resources).
    ///
    /// ```
    /// # use viewlink::{NewResource, Options, Resource};
    /// # let store = Options::new().open_in_memory()?;
    /// store.project("default")?.put_resources([NewResource::flag("a").name("First")])?.all_ok()?;
    ///
    /// let snapshot = store.snapshot()?;
    /// let found = snapshot.project("default")?.resource(&Resource::flag("a")?)?;
    /// assert_eq!(found.map(|flag| flag.name), Some("First".into()));
    /// # Ok::<(), viewlink::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those that [all reads](crate::Snapshot#errors) share.
    pub fn resource(&self, resource: &Resource) -> Result<Option<RegisteredResource>> {
        self.read()?.resource(resource)
    }

    /// The segment with this id; `None` when there is none.
    ///
    /// Cost: O(log segments).
    ///
    /// ```
    /// # use viewlink::{NewResource, Options, Resource};
    /// # let store = Options::new().open_in_memory()?;
    /// let beta = NewResource::segment_with_id("production", "beta-users", "61f3b0c2");
    /// store.project("default")?.put_resources([beta])?.all_ok()?;
    ///
    /// let snapshot = store.snapshot()?;
    /// let found = snapshot.project("default")?.segment_by_id("61f3b0c2")?;
    /// assert_eq!(found, Some(Resource::segment("production", "beta-users")?));
    /// # Ok::<(), viewlink::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::InvalidKey`] when the text is not a valid id; those that [all reads](crate::Snapshot#errors) share.
    pub fn segment_by_id(&self, id: &str) -> Result<Option<Resource>> {
        let id = SegmentId::parse(id).map_err(Error::key("segment id", id))?;
        self.read()?.segment_by_id(id.as_str())
    }

    /// The registered resources of a type that match a filter, in key order or by name.
    ///
    /// Cost: O(log resources + offset + limit) by key without a condition. Otherwise O(n · log resources), where n is
    /// the number of resources with a tag or maintainer that the filter asks for, or else all resources of the type
    /// (for segments, of the environment).
    ///
    /// ```
    /// # use viewlink::{NewResource, Options, Paging, ResourceFilter, ResourceSort, ResourceType};
    /// # let store = Options::new().open_in_memory()?;
    /// let flags = [NewResource::flag("a").name("Zebra"), NewResource::flag("b").name("Ant")];
    /// store.project("default")?.put_resources(flags)?.all_ok()?;
    ///
    /// let snapshot = store.snapshot()?;
    /// let by_name = Paging::first(10).sort(ResourceSort::Name);
    /// let project = snapshot.project("default")?;
    /// let flags = project.resources(ResourceType::Flag, &ResourceFilter::all(), by_name)?;
    /// assert_eq!((flags.total, flags.items[0].name.as_str()), (2, "Ant"));
    /// # Ok::<(), viewlink::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::InvalidCursor`](crate::Error::InvalidCursor) when the cursor belongs to another list or order;
    /// [`Error::UnknownView`](crate::Error::UnknownView) when the filter names an unknown view; those that [all
    /// reads](crate::Snapshot#errors) share.
    pub fn resources(
        &self,
        resource_type: ResourceType,
        filter: &ResourceFilter,
        paging: Paging<ResourceSort>,
    ) -> Result<Page<RegisteredResource>> {
        self.read()?.resources(resource_type, filter, &paging)
    }
}
