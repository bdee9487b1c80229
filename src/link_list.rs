//! The links of a view, in the orders there are.

use crate::error::Result;
use crate::page::{LinkSort, List, Page, Paging, Position};
use crate::resource::{Resource, ResourceType};
use crate::snapshot::LinkedResource;
use crate::storage::{LinkName, LinkRecord, LinkRow, ReadTables, ViewRow};

/// A page of the links of a view.
pub(crate) fn links(
    tables: &ReadTables,
    view: &ViewRow,
    of: ResourceType,
    paging: &Paging<LinkSort>,
) -> Result<Page<LinkedResource>> {
    let list = List::Links { view: view.id(), resource_type: of, sort: paging.sort };
    let (after, skip) = paging.start.in_list(&list)?;
    let rows = match paging.sort {
        LinkSort::Key => links_by_key(tables, view.id(), of, after, skip, paging.rows()),
        LinkSort::LinkTime => links_by_time(tables, view.id(), of, after, skip, paging.rows()),
        LinkSort::LinkedAt => links_by_moment(tables, view.id(), of, after, skip, paging.rows()),
    };
    let position = |row: &LinkRow| {
        let name = || row.resource.name().as_str().into();
        match paging.sort {
            LinkSort::Key => Position::Key(name()),
            LinkSort::LinkTime => Position::LinkTime(row.record),
            LinkSort::LinkedAt => Position::Time(row.record.linked_at, name()),
        }
    };
    let total = view.links().get(of);
    Page::from_rows(rows?, paging.limit, total, list, position, |row| Ok(row.into()))
}

fn links_by_key(
    tables: &ReadTables,
    view: u32,
    of: ResourceType,
    after: Option<&Position>,
    skip: usize,
    limit: usize,
) -> Result<Vec<LinkRow>> {
    let after = after.map(|at| at.key(|name| named(of, name))).transpose()?;
    tables.link_page(view, of, after.as_ref(), skip, limit)
}

fn links_by_time(
    tables: &ReadTables,
    view: u32,
    of: ResourceType,
    after: Option<&Position>,
    skip: usize,
    limit: usize,
) -> Result<Vec<LinkRow>> {
    let after = after.map(Position::link_time).transpose()?;
    let rank = |record: LinkRecord, _: LinkName<'_>| {
        Ok(Some(record).filter(|_| after.is_none_or(|at| record > at)))
    };
    tables.ranked_link_page(view, of, rank, skip, limit)
}

fn links_by_moment(
    tables: &ReadTables,
    view: u32,
    of: ResourceType,
    after: Option<&Position>,
    skip: usize,
    limit: usize,
) -> Result<Vec<LinkRow>> {
    let after = after.map(|at| at.time(|name| named(of, name))).transpose()?;
    let rank = |record: LinkRecord, name: LinkName<'_>| {
        let moment = record.linked_at;
        Ok(match &after {
            Some((at, _)) if moment < *at => None,
            Some((at, last)) if moment == *at && !name.is_behind(&last.name())? => None,
            _ => Some(moment),
        })
    };
    tables.ranked_link_page(view, of, rank, skip, limit)
}

/// The resource that a cursor names.
fn named(of: ResourceType, name: &str) -> Option<Resource> {
    Resource::from_name(of, name.as_bytes())
}
