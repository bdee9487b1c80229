//! Reading the registry: the same for a change under way and for a snapshot.

use std::collections::BTreeSet;

use redb::{ReadOnlyTable, ReadableTable, Table};

use super::block::Block;
use super::blocks;
use super::read::ReadTables;
use super::resource_record::{ResourceRow, name_of};
use super::tables::{self, Bytes, Prefix, row_key, split_row_key};
use super::term::Term;
use super::write::WriteTables;
use crate::model::error::{Error, Result, StoreFile};
use crate::model::key::EnvironmentId;
use crate::model::resource::{Resource, ResourceType};
use crate::model::resource_name::ResourceName;

/// The resources of one type of a project, with their links.
pub(crate) trait ResourceRows {
    /// A registered resource.
    ///
    /// Cost: O(log resources).
    fn resource(&self, name: &ResourceName<'_>) -> Result<Option<ResourceRow>>;

    /// Whether a resource is registered.
    ///
    /// Cost: O(log resources).
    fn is_registered(&self, name: &ResourceName<'_>) -> Result<bool>;

    /// Calls `act` for each registered resource, of one environment or of all, in key order.
    ///
    /// Cost: O(resources).
    fn each_registered(
        &self,
        environment: Option<&EnvironmentId>,
        act: impl FnMut(ResourceRow) -> Result<()>,
    ) -> Result<()>;

    /// The names of the registered resources that have one of the terms, in key order, each once.
    ///
    /// Cost: O(n log n) with n names found.
    fn indexed(&self, terms: &[Term<'_>]) -> Result<BTreeSet<ResourceName<'static>>>;

    /// Whether a resource is linked to a view.
    ///
    /// Cost: O(log links).
    fn is_linked(&self, view: u32, name: &ResourceName<'_>) -> Result<bool>;

    /// The names of what is linked to a view, in key order.
    ///
    /// Cost: O(links of the view).
    fn linked(&self, view: u32) -> Result<Vec<ResourceName<'static>>>;
}

/// The tables they are in.
struct Rows<'t, T> {
    project: u32,
    resources: &'t T,
    index: &'t T,
    links: &'t T,
}

impl<T: ReadableTable<Bytes, Bytes>> ResourceRows for Rows<'_, T> {
    fn resource(&self, name: &ResourceName<'_>) -> Result<Option<ResourceRow>> {
        tables::get(self.resources, &row_key(self.project, name.as_bytes()), |value| {
            ResourceRow::decode(name.as_bytes(), value)
        })
    }

    fn is_registered(&self, name: &ResourceName<'_>) -> Result<bool> {
        Ok(self.resources.get(&*row_key(self.project, name.as_bytes()))?.is_some())
    }

    fn each_registered(
        &self,
        environment: Option<&EnvironmentId>,
        mut act: impl FnMut(ResourceRow) -> Result<()>,
    ) -> Result<()> {
        let under = environment.map(ResourceName::environment_prefix).unwrap_or_default();
        let rows = Prefix::new(row_key(self.project, &under));
        for row in self.resources.range::<&[u8]>(rows.range())? {
            let (key, value) = row?;
            let (_, name) = split_row_key(key.value()).unwrap_or_default();
            act(ResourceRow::decode(name, value.value())?)?;
        }
        Ok(())
    }

    fn indexed(&self, terms: &[Term<'_>]) -> Result<BTreeSet<ResourceName<'static>>> {
        let mut names = BTreeSet::new();
        for term in terms {
            let prefix = term.prefix(self.project);
            for row in self.index.range::<&[u8]>(Prefix::new(prefix.clone()).range())? {
                let (key, _) = row?;
                names.insert(name_of(key.value().strip_prefix(&*prefix).unwrap_or_default())?);
            }
        }
        Ok(names)
    }

    fn is_linked(&self, view: u32, name: &ResourceName<'_>) -> Result<bool> {
        Ok(blocks::get(self.links, view, name.as_bytes(), |_, _| Ok(()))?.is_some())
    }

    fn linked(&self, view: u32) -> Result<Vec<ResourceName<'static>>> {
        let mut names = Vec::new();
        for row in self.links.range::<&[u8]>(Prefix::of(view).range())? {
            let (_, value) = row?;
            let block = Block::parse(value.value())?;
            for place in 0..block.len() {
                names.push(name_of(&block.name(place)?)?);
            }
        }
        Ok(names)
    }
}

impl<'t> WriteTables<'t> {
    /// The resources of one type of a project.
    pub(crate) fn resource_rows(
        &mut self,
        project: u32,
        resource_type: ResourceType,
    ) -> Result<impl ResourceRows + use<'_, 't>> {
        let transaction = self.transaction;
        let resources: &Table<'t, Bytes, Bytes> =
            self.resources.get_mut(resource_type).get(transaction)?;
        let index: &_ = self.resource_index.get_mut(resource_type).get(transaction)?;
        let links: &_ = self.links.get_mut(resource_type).get(transaction)?;
        Ok(Rows { project, resources, index, links })
    }

    /// The segment of a project that an id leads to.
    ///
    /// Cost: O(log segments).
    pub(crate) fn segment(&mut self, project: u32, id: &str) -> Result<Option<Resource>> {
        segment(self.segment_ids.get(self.transaction)?, project, id)
    }
}

impl ReadTables {
    /// The resources of one type of a project.
    pub(crate) fn resource_rows(
        &self,
        project: u32,
        resource_type: ResourceType,
    ) -> Result<impl ResourceRows> {
        let resources: &ReadOnlyTable<Bytes, Bytes> = self.resources(resource_type)?;
        let (index, links) = (self.resource_index(resource_type)?, self.links(resource_type)?);
        Ok(Rows { project, resources, index, links })
    }

    /// The segment of a project that an id leads to.
    ///
    /// Cost: O(log segments).
    pub(crate) fn segment(&self, project: u32, id: &str) -> Result<Option<Resource>> {
        segment(self.segment_ids()?, project, id)
    }

    /// Resources of a project in key order, `skip` of them left out, from behind `after` on.
    ///
    /// Cost: O(log resources + skip + limit).
    pub(crate) fn resource_page(
        &self,
        project: u32,
        resource_type: ResourceType,
        after: Option<&ResourceName<'_>>,
        skip: usize,
        limit: usize,
    ) -> Result<Vec<ResourceRow>> {
        let all = Prefix::of(project);
        let start = after.map(|name| row_key(project, name.as_bytes()));
        let range = start.as_ref().map_or_else(|| all.range(), |start| all.range_after(start));
        super::read::rows(self.resources(resource_type)?, range, skip, limit, |key, value| {
            let (_, name) = split_row_key(key).unwrap_or_default();
            ResourceRow::decode(name, value)
        })
    }
}

fn segment(
    ids: &impl ReadableTable<Bytes, Bytes>,
    project: u32,
    id: &str,
) -> Result<Option<Resource>> {
    tables::get(ids, &row_key(project, id.as_bytes()), |name| {
        Resource::from_name(ResourceType::Segment, name).ok_or_else(|| {
            let detail = format!("id {id} leads to a name that is none");
            Error::damaged(StoreFile::State, "table segment_ids", detail)
        })
    })
}
