//! The links of a view, in all orders.

use super::{ProjectReader, ranked};
use crate::filter::ResourceFilter;
use crate::model::LinkRecord;
use crate::model::error::Result;
use crate::model::key::ViewKey;
use crate::model::linked_resource::LinkedResource;
use crate::model::page::{LinkSort, List, ListPlace, Page, Paging};
use crate::model::resource::{Resource, ResourceType};
use crate::model::resource_name;
use crate::state::link_set::{Link, LinkSet};
use crate::state::names::Names;
use crate::state::registry::Registry;
use crate::state::selection::Selection;

impl ProjectReader<'_> {
    /// The resources of one type that are linked to a view and match a filter.
    ///
    /// Cost: without a condition O(log n + offset / 384 + limit) with the n links of the type by key and by link time;
    /// by name, and with a filter, O(n log n).
    ///
    /// # Errors
    ///
    /// [`Error::UnknownView`](crate::Error::UnknownView) if the view, or a view that the filter names, does not exist;
    /// [`Error::InvalidCursor`](crate::Error::InvalidCursor) if the cursor is from another list or order.
    pub(crate) fn linked_resources(
        &self,
        view: &ViewKey,
        resource_type: ResourceType,
        filter: &ResourceFilter,
        paging: &Paging<LinkSort>,
    ) -> Result<Page<LinkedResource>> {
        let (_, view) = self.find_view(view)?;
        let selection = self.selection(resource_type, filter)?;
        let (sort, limit) = (paging.sort, paging.limit);
        let list = List::Links { view: view.about().id, resource_type, sort };
        let (after, skip) = paging.start.in_list(&list)?;
        let (names, registry) = (&self.project.of(resource_type).names, &self.project.registry);
        let empty = LinkSet::default();
        let links = view.links(resource_type).unwrap_or(&empty);
        let part =
            Part { names, registry, resource_type, links, sort, after, skip, limit: paging.rows() };
        let (rows, total) = match selection.is_all() {
            true => (part.of_all()?, links.len()),
            false => part.of_found(&selection)?,
        };
        let position = |row: &Row<'_>| Ok(part.place(row));
        Page::from_rows(rows, limit, total, list, position, |(name, record)| {
            let resource = Resource::of_state(resource_type, name)?;
            let LinkRecord { linked_at, revision, .. } = record;
            Ok(LinkedResource { resource, linked_at, revision })
        })
    }
}

/// A link by the name of its resource.
type Row<'s> = (&'s str, LinkRecord);

/// The input that selects the rows of a page.
struct Part<'a> {
    names: &'a Names,
    registry: &'a Registry,
    resource_type: ResourceType,
    links: &'a LinkSet,
    sort: LinkSort,
    after: Option<&'a ListPlace>,
    skip: usize,
    limit: usize,
}

impl<'a> Part<'a> {
    /// The rows of all links; if the order is stored, only as many as the page needs.
    fn of_all(&self) -> Result<Vec<Row<'a>>> {
        match self.sort {
            LinkSort::Key => {
                let after = self.after.map(|at| at.key(|name| self.checked(name))).transpose()?;
                let links = self.links.by_key(self.names, after.as_deref(), self.skip);
                let links: Vec<_> = links.take(self.limit).collect();
                self.names.touch_places(links.iter().map(|link| link.place));
                Ok(links.into_iter().map(|link| self.row(link)).collect())
            }
            LinkSort::LinkTime => {
                let after = self.after.map(ListPlace::link_time).transpose()?;
                let links: Vec<_> = self.links.by_time(after, self.skip).take(self.limit).collect();
                self.names.touch_places(links.iter().map(|(link, _)| link.place));
                let row =
                    |(link, record): (Link, LinkRecord)| (self.names.text(link.place), record);
                Ok(links.into_iter().map(row).collect())
            }
            LinkSort::LinkedAt => self.by_moment(),
            LinkSort::Name => {
                let all = self.rows().collect();
                self.ranked(all)
            }
        }
    }

    /// The rows in link order; rows with the same time are in key order.
    ///
    /// Cost: O(offset + limit + g log g) with the g links that have the times of the page.
    fn by_moment(&self) -> Result<Vec<Row<'a>>> {
        let after = self.after.map(|at| at.time(|name| self.checked(name))).transpose()?;
        // The links with the time of the cursor are read again, because any of them may be after it in key order.
        let from = after.as_ref().map(|(linked_at, _)| LinkRecord {
            linked_at: *linked_at,
            revision: 0,
            request_index: 0,
        });
        let mut links = self.links.by_time(from, 0).peekable();
        let (mut rows, mut skip) = (Vec::new(), self.skip);
        while rows.len() < self.limit
            && let Some((_, first)) = links.peek().copied()
        {
            let mut moment = Vec::new();
            while let Some((link, record)) =
                links.next_if(|(_, record)| record.linked_at == first.linked_at)
            {
                moment.push((self.names.text(link.place), record));
            }
            if let Some((linked_at, name)) = &after
                && *linked_at == first.linked_at
            {
                moment.retain(|(other, _)| *other > name.as_str());
            }
            let skipped = skip.min(moment.len());
            skip -= skipped;
            if skipped < moment.len() {
                moment.sort_unstable_by_key(|(name, _)| *name);
                let more = self.limit - rows.len();
                rows.extend(moment.into_iter().skip(skipped).take(more));
            }
        }
        Ok(rows)
    }

    /// The rows of the links that match a filter, and their number.
    fn of_found(&self, selection: &Selection<'_, '_>) -> Result<(Vec<Row<'a>>, u64)> {
        let links = self.links.by_key(self.names, None, 0);
        let found = links.filter(|link| selection.matches_linked(link.place));
        let found: Vec<_> = found.map(|link| self.row(link)).collect();
        let total = found.len() as u64;
        Ok((self.ranked(found)?, total))
    }

    /// The rows of all links, in key order.
    fn rows(&self) -> impl Iterator<Item = Row<'a>> + use<'a> {
        let (names, links) = (self.names, self.links);
        links.by_key(names, None, 0).map(|link| (names.text(link.place), links.record(link)))
    }

    fn row(&self, link: Link) -> Row<'a> {
        (self.names.text(link.place), self.links.record(link))
    }

    fn ranked(&self, rows: Vec<Row<'a>>) -> Result<Vec<Row<'a>>> {
        if let Some(after) = self.after {
            let checked = |name: &str| self.checked(name);
            match self.sort {
                LinkSort::Key => drop(after.key(checked)?),
                LinkSort::LinkTime => drop(after.link_time()?),
                LinkSort::LinkedAt => drop(after.time(checked)?),
                LinkSort::Name => drop(after.name(checked)?),
            }
        }
        let place = |row: &Row<'_>| self.place(row);
        Ok(ranked(rows.into_iter(), place, self.after, self.skip, self.limit))
    }

    /// The position of a link in the order.
    fn place(&self, (name, record): &Row<'_>) -> ListPlace {
        let key = || (*name).to_owned();
        match self.sort {
            LinkSort::Key => ListPlace::Key(key()),
            LinkSort::LinkTime => ListPlace::LinkTime(*record),
            LinkSort::LinkedAt => ListPlace::Time(record.linked_at, key()),
            LinkSort::Name => ListPlace::Name(self.title(name), key()),
        }
    }

    /// The display name of a resource: its key if it is not registered.
    fn title(&self, name: &str) -> String {
        let row = self.registry.get(self.resource_type, name);
        row.map_or_else(|| resource_name::split(name).1.to_owned(), |row| row.fields.name.clone())
    }

    /// The name in a cursor, if it is valid.
    fn checked(&self, name: &str) -> Option<String> {
        Resource::from_name(self.resource_type, name).map(|_| name.to_owned())
    }
}
