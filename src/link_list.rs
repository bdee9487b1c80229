//! The links of a view, in the orders there are.

use crate::error::Result;
use crate::page::{LinkSort, List, Page, Paging, Position};
use crate::resource::{Resource, ResourceType};
use crate::snapshot::LinkedResource;
use crate::storage::{LinkName, LinkRecord, LinkRow, ReadTables, ViewRow};

/// Which rows of a list make a page.
#[derive(Clone, Copy)]
struct Part<'a> {
    view: u32,
    of: ResourceType,
    after: Option<&'a Position>,
    skip: usize,
    limit: usize,
}

/// A page of the links of a view.
pub(crate) fn links(
    tables: &ReadTables,
    view: &ViewRow,
    of: ResourceType,
    paging: &Paging<LinkSort>,
) -> Result<Page<LinkedResource>> {
    let list = List::Links { view: view.id(), resource_type: of, sort: paging.sort };
    let (after, skip) = paging.start.in_list(&list)?;
    let part = Part { view: view.id(), of, after, skip, limit: paging.rows() };
    let rows = match paging.sort {
        LinkSort::Key => by_key(tables, part),
        LinkSort::LinkTime => by_time(tables, part),
        LinkSort::LinkedAt => by_moment(tables, part),
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

fn by_key(tables: &ReadTables, part: Part<'_>) -> Result<Vec<LinkRow>> {
    let Part { view, of, after, skip, limit } = part;
    let after = after.map(|at| at.key(|name| named(of, name))).transpose()?;
    tables.link_page(view, of, after.as_ref(), skip, limit)
}

fn by_time(tables: &ReadTables, part: Part<'_>) -> Result<Vec<LinkRow>> {
    let after = part.after.map(Position::link_time).transpose()?;
    ranked(tables, part, |record, _| {
        Ok(Some(record).filter(|record| after.is_none_or(|after| *record > after)))
    })
}

fn by_moment(tables: &ReadTables, part: Part<'_>) -> Result<Vec<LinkRow>> {
    let after = part.after.map(|at| at.time(|name| named(part.of, name))).transpose()?;
    ranked(tables, part, |record, name| {
        let moment = record.linked_at;
        Ok(match &after {
            Some((at, _)) if moment < *at => None,
            Some((at, last)) if moment == *at && !name.is_behind(&last.name())? => None,
            _ => Some(moment),
        })
    })
}

fn ranked<R: Ord + Copy>(
    tables: &ReadTables,
    Part { view, of, skip, limit, .. }: Part<'_>,
    rank: impl Fn(LinkRecord, LinkName<'_>) -> Result<Option<R>>,
) -> Result<Vec<LinkRow>> {
    tables.ranked_link_page(view, of, rank, skip, limit)
}

/// The resource that a cursor names.
fn named(of: ResourceType, name: &str) -> Option<Resource> {
    Resource::from_name(of, name.as_bytes())
}
