//! The registry of a project.

use super::{ProjectReader, ranked};
use crate::filter::ResourceFilter;
use crate::model::RegisteredResource;
use crate::model::change_record::Registration;
use crate::model::error::Result;
use crate::model::page::{KeySort, List, ListPlace, Page, Paging, ResourceSort};
use crate::model::resource::{Resource, ResourceType};
use crate::model::resource_name::ResourceName;

/// A registered resource by its name.
type Row<'s> = (&'s str, &'s Registration);

impl<'s> ProjectReader<'s> {
    /// A resource of the registry; `None` if it is not registered.
    ///
    /// Cost: O(log resources).
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`](crate::Error::Damaged) if a name is invalid.
    pub(crate) fn resource(&self, resource: &Resource) -> Result<Option<RegisteredResource>> {
        let (resource_type, name) = (resource.resource_type(), resource.name());
        let row = self.project.registry.get(resource_type, name.as_str());
        row.map(|row| registered(resource_type, (name.as_str(), row))).transpose()
    }

    /// The segment with an id; `None` if there is none.
    ///
    /// Cost: O(log segments).
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`](crate::Error::Damaged) if a name is invalid.
    pub(crate) fn segment_by_id(&self, id: &str) -> Result<Option<Resource>> {
        let name = self.project.registry.segment(id);
        let segment = |name| Resource::of_state(ResourceType::Segment, name);
        name.map(segment).transpose()
    }

    /// The registered resources of a type that match a filter, in key order or by name.
    ///
    /// Cost: O(log resources + offset + limit) by key without a condition. Otherwise O(n · log resources) with the n
    /// resources that have a tag or maintainer of the filter. Without these, n is all resources of the type, or all
    /// segments of the environment.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidCursor`](crate::Error::InvalidCursor) if the cursor is from another list or order;
    /// [`Error::UnknownView`](crate::Error::UnknownView) if the filter names a view that does not exist.
    pub(crate) fn resources(
        &self,
        resource_type: ResourceType,
        filter: &ResourceFilter,
        paging: &Paging<ResourceSort>,
    ) -> Result<Page<RegisteredResource>> {
        let (project, sort) = (self.project.id, paging.sort);
        let list = List::Resources { project, resource_type, sort };
        let (after, skip) = paging.start.in_list(&list)?;
        let after = after.map(|at| at.check_resource_sort(sort)).transpose()?;
        let place = |(name, row): &Row<'s>| {
            ListPlace::of_resource(&ResourceName::packed(name), &row.fields, sort)
        };
        let position = |row: &Row<'s>| Ok(place(row));
        let item = |row: Row<'s>| registered(resource_type, row);
        let registry = &self.project.registry;
        if filter.conditions().is_empty() && sort == ResourceSort::Key {
            let parse = |name: &str| Resource::from_name(resource_type, name);
            let after = after.map(|at| at.key(parse)).transpose()?;
            let after = after.as_ref().map(Resource::name);
            let rows = registry.iter(resource_type, after.as_ref().map(ResourceName::as_str));
            let rows = rows.skip(skip).take(paging.rows()).collect();
            let total = registry.counts().get(resource_type);
            return Page::from_rows(rows, paging.limit, total, list, position, item);
        }
        let found = self.selection(resource_type, filter)?.registered();
        let total = found.len() as u64;
        let rows = ranked(found.into_iter(), place, after, skip, paging.rows());
        Page::from_rows(rows, paging.limit, total, list, position, item)
    }

    /// The resources of a type that match a filter, linked or registered, in key order.
    ///
    /// Cost: O(v · n) with v views of the filter and the n links of the smallest view that all matches must be in. If
    /// these views are large O(v · ids / 512 + v · links before the end of the page).
    ///
    /// # Errors
    ///
    /// Those of [`resources`](Self::resources).
    pub(crate) fn find_resources(
        &self,
        resource_type: ResourceType,
        filter: &ResourceFilter,
        paging: &Paging<KeySort>,
    ) -> Result<Page<Resource>> {
        let list = List::Known { project: self.project.id, resource_type };
        let (after, skip) = paging.start.in_list(&list)?;
        let parse = |name: &str| Resource::from_name(resource_type, name);
        let after = after.map(|at| at.key(parse)).transpose()?;
        let after = after.as_ref().map(Resource::name);
        let selection = self.selection(resource_type, filter)?;
        let (rows, total) =
            selection.found(after.as_ref().map(ResourceName::as_str), skip, paging.rows());
        let position = |name: &&str| Ok(ListPlace::Key((*name).to_owned()));
        let item = |name| Resource::of_state(resource_type, name);
        Page::from_rows(rows, paging.limit, total, list, position, item)
    }
}

fn registered(resource_type: ResourceType, (name, row): Row<'_>) -> Result<RegisteredResource> {
    let resource = Resource::of_state(resource_type, name)?;
    Ok(RegisteredResource::new(resource, row.fields.clone(), row.revision))
}
