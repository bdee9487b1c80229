//! Reading the registry of a project.

use super::ProjectSnapshot;
use crate::filter::ResourceFilter;
use crate::model::RegisteredResource;
use crate::model::error::{Error, Result};
use crate::model::key::SegmentId;
use crate::model::page::{List, Page, Paging, Position, ResourceSort};
use crate::model::resource::{Resource, ResourceType};
use crate::storage::{ReadTables, ResourceRow, ResourceRows as _};

impl ProjectSnapshot<'_> {
    /// What the registry says of a resource; `None` when it is not registered.
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
        let (resource_type, name) = (resource.resource_type(), resource.name());
        let row = self
            .snapshot
            .read(|tables| tables.resource_rows(self.project.id, resource_type)?.resource(&name))?;
        row.map(|row| row.into_resource(resource_type)).transpose()
    }

    /// The segment that an id leads to; `None` when none has it.
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
    /// [`Error::InvalidKey`] when the text is no id; those that [all reads](crate::Snapshot#errors) share.
    pub fn segment_by_id(&self, id: &str) -> Result<Option<Resource>> {
        let id = SegmentId::parse(id).map_err(Error::key("segment id", id))?;
        self.snapshot.read(|tables| tables.segment(self.project.id, id.as_str()))
    }

    /// The registered resources of a type that a filter finds, in key order or by name.
    ///
    /// Cost: O(log resources + offset + limit) by key without a condition. Otherwise O(n · log resources)
    /// with the n resources that have a tag or maintainer the filter asks for, or else all of the type, of
    /// segments all of the environment.
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
    /// [`Error::InvalidCursor`] when the cursor is of another list or order;
    /// [`Error::UnknownView`] when the filter names a view that is not there; those that
    /// [all reads](crate::Snapshot#errors) share.
    pub fn resources(
        &self,
        resource_type: ResourceType,
        filter: &ResourceFilter,
        paging: Paging<ResourceSort>,
    ) -> Result<Page<RegisteredResource>> {
        let (project, sort) = (self.project.id, paging.sort);
        let list = List::Resources { project, resource_type, sort };
        let (after, skip) = paging.start.in_list(&list)?;
        let after = after.map(|at| at.check_resource_sort(sort)).transpose()?;
        let position = |row: &ResourceRow| Ok(position_of(row, sort));
        let item = |row: ResourceRow| row.into_resource(resource_type);
        self.snapshot.read(|tables| {
            if filter.conditions().is_empty() && sort == ResourceSort::Key {
                let parse = |name: &str| Resource::from_name(resource_type, name.as_bytes());
                let after = after.map(|at| at.key(parse)).transpose()?;
                let after = after.as_ref().map(Resource::name);
                let (after, limit) = (after.as_ref(), paging.rows());
                let rows = tables.resource_page(project, resource_type, after, skip, limit)?;
                let total = self.project.resources.get(resource_type);
                return Page::from_rows(rows, paging.limit, total, list, position, item);
            }
            let mut rows = self.found(tables, resource_type, filter)?;
            let total = rows.len() as u64;
            rows.sort_by_cached_key(|row| position_of(row, sort));
            let behind = after
                .map_or(0, |after| rows.partition_point(|row| position_of(row, sort) <= *after));
            let rows = rows.split_off(behind.max(skip.min(rows.len())));
            let rows = rows.into_iter().take(paging.rows()).collect();
            Page::from_rows(rows, paging.limit, total, list, position, item)
        })
    }

    fn found(
        &self,
        tables: &ReadTables,
        resource_type: ResourceType,
        filter: &ResourceFilter,
    ) -> Result<Vec<ResourceRow>> {
        let rows = tables.resource_rows(self.project.id, resource_type)?;
        self.selection(tables, filter)?.registered(&rows)
    }
}

/// Where a registered resource stands in this order.
fn position_of(row: &ResourceRow, sort: ResourceSort) -> Position {
    Position::of_resource(&row.name, &row.fields, sort)
}
