//! The links of a view, in the orders there are.

use crate::error::Result;
use crate::page::{LinkSort, List, Page, Paging, Position};
use crate::resource::{Resource, ResourceType};
use crate::snapshot::{LinkedResource, ProjectSnapshot};
use crate::storage::{LinkName, LinkRecord, LinkRow, ViewRow};

/// Which rows of a list make a page.
#[derive(Clone, Copy)]
struct Part<'a> {
    view: u32,
    of: ResourceType,
    after: Option<&'a Position>,
    skip: usize,
    limit: usize,
}

impl ProjectSnapshot<'_> {
    pub(crate) fn links(
        &self,
        view: &ViewRow,
        of: ResourceType,
        paging: &Paging<LinkSort>,
    ) -> Result<Page<LinkedResource>> {
        let list = List::Links { view: view.id(), resource_type: of, sort: paging.sort };
        let (after, skip) = paging.start.in_list(&list)?;
        let part = Part { view: view.id(), of, after, skip, limit: paging.rows() };
        let rows = match paging.sort {
            LinkSort::Key => self.links_by_key(part),
            LinkSort::LinkTime => self.links_by_time(part),
            LinkSort::LinkedAt => self.links_by_moment(part),
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

    fn links_by_key(&self, part: Part<'_>) -> Result<Vec<LinkRow>> {
        let Part { view, of, after, skip, limit } = part;
        let after = after.map(|at| at.key(|name| named(of, name))).transpose()?;
        self.snapshot.read(|tables| tables.link_page(view, of, after.as_ref(), skip, limit))
    }

    fn links_by_time(&self, part: Part<'_>) -> Result<Vec<LinkRow>> {
        let after = part.after.map(Position::link_time).transpose()?;
        self.links_ranked(part, |record, _| {
            Ok(Some(record).filter(|record| after.is_none_or(|after| *record > after)))
        })
    }

    fn links_by_moment(&self, part: Part<'_>) -> Result<Vec<LinkRow>> {
        let after = part.after.map(|at| at.time(|name| named(part.of, name))).transpose()?;
        self.links_ranked(part, |record, name| {
            let moment = record.linked_at;
            Ok(match &after {
                Some((at, _)) if moment < *at => None,
                Some((at, last)) if moment == *at && !name.is_behind(&last.name())? => None,
                _ => Some(moment),
            })
        })
    }

    fn links_ranked<R: Ord + Copy>(
        &self,
        Part { view, of, skip, limit, .. }: Part<'_>,
        rank: impl Fn(LinkRecord, LinkName<'_>) -> Result<Option<R>>,
    ) -> Result<Vec<LinkRow>> {
        self.snapshot.read(|tables| tables.ranked_link_page(view, of, rank, skip, limit))
    }
}

/// The resource that a cursor names.
fn named(of: ResourceType, name: &str) -> Option<Resource> {
    Resource::from_name(of, name.as_bytes())
}
