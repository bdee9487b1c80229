//! Reading the links of a view.

use redb::ReadableTable;

use super::block::{self, Block};
use super::blocks;
use super::read::ReadTables;
use super::records::LinkRecord;
use super::resource_record::name_of;
use super::tables::Prefix;
use crate::model::error::{Error, Result, StoreFile};
use crate::model::resource::{Resource, ResourceType};
use crate::model::resource_name::ResourceName;

/// A link of a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LinkRow {
    pub(crate) resource: Resource,
    pub(crate) record: LinkRecord,
}

impl ReadTables {
    /// When a link was made; `None` when there is none.
    ///
    /// Cost: O(log rows).
    pub(crate) fn link(
        &self,
        view: u32,
        resource_type: ResourceType,
        name: &ResourceName<'_>,
    ) -> Result<Option<LinkRecord>> {
        let table = self.links(resource_type)?;
        blocks::get(table, view, name.as_bytes(), |block, entry| {
            LinkRecord::of_entry(block, &entry)
        })
    }

    /// Links of a view in key order, `skip` of them left out, from behind `after` on.
    ///
    /// Cost: O(log rows + blocks skipped + limit).
    pub(crate) fn link_page(
        &self,
        view: u32,
        resource_type: ResourceType,
        after: Option<&Resource>,
        mut skip: usize,
        limit: usize,
    ) -> Result<Vec<LinkRow>> {
        let table = self.links(resource_type)?;
        let after = after.map(Resource::name);
        let after = after.as_ref().map(ResourceName::as_bytes);
        let mut rows = Vec::with_capacity(limit.min(CAPACITY));
        for row in blocks::rows_from(table, view, after.unwrap_or_default())? {
            let value = row?.1;
            let block = Block::parse(value.value())?;
            let from = match after.map(|after| block.find(0, after)).transpose()? {
                None => 0,
                Some(Ok(place)) => place + 1,
                Some(Err(place)) => place,
            };
            let skipped = skip.min(block.len().saturating_sub(from));
            skip -= skipped;
            for place in from + skipped..block.len() {
                if rows.len() == limit {
                    return Ok(rows);
                }
                rows.push(link_row(resource_type, &block, place, record(&block, place)?)?);
            }
        }
        Ok(rows)
    }

    /// Links of a view in the order that `rank` gives them, those of one rank in key order, `skip` of
    /// them left out. What has no rank is not of the page's list.
    ///
    /// Cost: O(links of the view + limit · log limit).
    pub(crate) fn ranked_link_page<R: Ord>(
        &self,
        view: u32,
        resource_type: ResourceType,
        rank: impl Fn(LinkRecord, LinkName<'_>) -> Result<Option<R>>,
        skip: usize,
        limit: usize,
    ) -> Result<Vec<LinkRow>> {
        let all = Prefix::of(view);
        let rows = ReadableTable::range::<&[u8]>(self.links(resource_type)?, all.range())?;
        let values = rows.map(|row| Ok(row?.1)).collect::<Result<Vec<_>>>()?;
        let parsed = values.iter().map(|value| Block::parse(value.value()));
        let blocks = parsed.collect::<Result<Vec<_>>>()?;
        let mut links = Vec::new();
        for (number, block) in blocks.iter().enumerate() {
            for place in 0..block.len() {
                let record = record(block, place)?;
                if let Some(rank) = rank(record, LinkName { block, place })? {
                    links.push((rank, number, place));
                }
            }
        }
        let page = smallest(links, skip, limit);
        let row = |(_, number, place): (R, usize, usize)| {
            let block = blocks.get(number).ok_or_else(block::damaged)?;
            link_row(resource_type, block, place, record(block, place)?)
        };
        page.into_iter().map(row).collect()
    }
}

/// The name of a link, to be read where it matters.
pub(crate) struct LinkName<'a> {
    block: &'a Block<'a>,
    place: usize,
}

impl LinkName<'_> {
    pub(crate) fn get(&self) -> Result<ResourceName<'static>> {
        name_of(&self.block.name(self.place)?)
    }

    /// Whether it is behind another one in key order.
    pub(crate) fn is_behind(&self, other: &ResourceName<'_>) -> Result<bool> {
        Ok(*self.block.name(self.place)? > *other.as_bytes())
    }
}

/// The most rows for which room is made before they are read.
const CAPACITY: usize = 1_000;

pub(super) fn record(block: &Block<'_>, place: usize) -> Result<LinkRecord> {
    LinkRecord::of_entry(block, &block.entry(place)?)
}

/// The link at a place of a block.
fn link_row(
    resource_type: ResourceType,
    block: &Block<'_>,
    place: usize,
    record: LinkRecord,
) -> Result<LinkRow> {
    let resource = Resource::from_owned_name(resource_type, block.name(place)?);
    let resource = resource.ok_or_else(|| {
        Error::damaged(
            StoreFile::State,
            format!("table links.{resource_type}"),
            "a link has a name that is none",
        )
    })?;
    Ok(LinkRow { resource, record })
}

/// The `limit` smallest rows behind the first `skip`, in order.
///
/// Cost: O(rows + taken · log taken).
fn smallest<T: Ord>(mut rows: Vec<T>, skip: usize, limit: usize) -> Vec<T> {
    let end = skip.saturating_add(limit);
    if end < rows.len() {
        rows.select_nth_unstable(end);
        rows.truncate(end);
    }
    rows.sort_unstable();
    rows.drain(..skip.min(rows.len()));
    rows
}
