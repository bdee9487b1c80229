//! The links of a view, in the orders there are.

use std::cell::Cell;

use super::ProjectSnapshot;
use crate::filter::ResourceFilter;
use crate::model::error::Result;
use crate::model::linked_resource::LinkedResource;
use crate::model::page::{LinkSort, List, Page, Paging, Position};
use crate::model::resource::{Resource, ResourceType};
use crate::model::resource_name::ResourceName;
use crate::project::view_key;
use crate::selection::Selection;
use crate::storage::{LinkName, LinkRecord, LinkRow, ReadTables, ResourceRows, ViewRow};

impl From<LinkRow> for LinkedResource {
    fn from(row: LinkRow) -> Self {
        let LinkRecord { linked_at, revision, .. } = row.record;
        Self { resource: row.resource, linked_at, revision }
    }
}

impl ProjectSnapshot<'_> {
    /// The resources of one type that are linked to a view, the oldest link first, or in another
    /// order. The total costs nothing extra. Example: at [`ProjectSnapshot`].
    ///
    /// Cost: by key O(log links + offset / 100 + limit); by link time O(n + p · log p) with the n links
    /// of that type of the view and p = offset + limit; by name O(n · log resources + p · log p).
    ///
    /// # Errors
    ///
    /// Those of [`view`](Self::view); [`Error::InvalidCursor`](crate::Error::InvalidCursor) when the cursor
    /// is of another list or order.
    pub fn linked_resources(
        &self,
        view: &str,
        resource_type: ResourceType,
        paging: Paging<LinkSort>,
    ) -> Result<Page<LinkedResource>> {
        self.linked_resources_matching(view, resource_type, &ResourceFilter::all(), paging)
    }

    /// The resources of one type that are linked to a view and that a filter finds.
    ///
    /// A resource that is not registered counts as one with its key as its name and nothing else
    /// said of it. The total is that of what the filter finds.
    ///
    /// Cost: O(n · log resources) with the n links of that type of the view, and O(log links) for each
    /// of them and each view that the filter names.
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
    /// Those of [`linked_resources`](Self::linked_resources);
    /// [`Error::UnknownView`](crate::Error::UnknownView) also when the filter names a view that is not there.
    pub fn linked_resources_matching(
        &self,
        view: &str,
        resource_type: ResourceType,
        filter: &ResourceFilter,
        paging: Paging<LinkSort>,
    ) -> Result<Page<LinkedResource>> {
        let key = view_key(view)?;
        self.snapshot.read(|tables| {
            let view = tables.view(self.project.id, &key)?;
            let view = view.ok_or_else(|| self.unknown_view(key))?;
            links(tables, &view, resource_type, self.selection(tables, filter)?, &paging)
        })
    }

    /// A filter whose views were looked up.
    pub(crate) fn selection<'f>(
        &self,
        tables: &ReadTables,
        filter: &'f ResourceFilter,
    ) -> Result<Selection<'f>> {
        Selection::new(filter, |key| {
            let id = tables.view_id(self.project.id, key)?;
            id.ok_or_else(|| self.unknown_view(key.clone()))
        })
    }
}

/// Which rows of a list make a page.
struct Part<'a, R> {
    tables: &'a ReadTables,
    view: u32,
    of: ResourceType,
    after: Option<&'a Position>,
    skip: usize,
    limit: usize,
    /// What the list leaves out.
    selection: Selection<'a>,
    resources: R,
    /// How many links the selection found.
    found: Cell<u64>,
}

/// A page of the links of a view that a filter finds.
pub(crate) fn links(
    tables: &ReadTables,
    view: &ViewRow,
    of: ResourceType,
    selection: Selection<'_>,
    paging: &Paging<LinkSort>,
) -> Result<Page<LinkedResource>> {
    let list = List::Links { view: view.id(), resource_type: of, sort: paging.sort };
    let (after, skip) = paging.start.in_list(&list)?;
    let (limit, resources) = (paging.rows(), tables.resource_rows(view.project(), of)?);
    let (view_id, found) = (view.id(), Cell::new(0));
    let part = Part { tables, view: view_id, of, after, skip, limit, selection, resources, found };
    let rows = match paging.sort {
        LinkSort::Key => part.by_key(),
        LinkSort::LinkTime => part.by_time(),
        LinkSort::LinkedAt => part.by_moment(),
        LinkSort::Name => part.by_name(),
    }?;
    let total = if part.selection.is_all() { view.links().get(of) } else { part.found.get() };
    let position = |row: &LinkRow| {
        let name = row.resource.name();
        let key = || name.as_str().into();
        Ok(match paging.sort {
            LinkSort::Key => Position::Key(key()),
            LinkSort::LinkTime => Position::LinkTime(row.record),
            LinkSort::LinkedAt => Position::Time(row.record.linked_at, key()),
            LinkSort::Name => Position::Name(title(&part.resources, &name)?, key()),
        })
    };
    Page::from_rows(rows, paging.limit, total, list, position, |row| Ok(row.into()))
}

impl<R: ResourceRows> Part<'_, R> {
    fn by_key(&self) -> Result<Vec<LinkRow>> {
        let after = self.after.map(|at| at.key(|name| named(self.of, name))).transpose()?;
        if self.selection.is_all() {
            let Self { tables, view, of, skip, limit, .. } = *self;
            return tables.link_page(view, of, after.as_ref(), skip, limit);
        }
        let after = after.as_ref().map(Resource::name);
        self.ranked(|_, name| {
            let is_behind = after.as_ref().map_or(Ok(true), |after| name.is_behind(after));
            Ok(is_behind?.then_some(()))
        })
    }

    fn by_time(&self) -> Result<Vec<LinkRow>> {
        let after = self.after.map(Position::link_time).transpose()?;
        self.ranked(|record, _| {
            Ok(Some(record).filter(|record| after.is_none_or(|after| *record > after)))
        })
    }

    fn by_moment(&self) -> Result<Vec<LinkRow>> {
        let after = self.after.map(|at| at.time(|name| named(self.of, name))).transpose()?;
        self.ranked(|record, name| {
            let moment = record.linked_at;
            Ok(match &after {
                Some((at, _)) if moment < *at => None,
                Some((at, last)) if moment == *at && !name.is_behind(&last.name())? => None,
                _ => Some(moment),
            })
        })
    }

    fn by_name(&self) -> Result<Vec<LinkRow>> {
        let after = self.after.map(|at| at.name(|name| named(self.of, name))).transpose()?;
        self.ranked(|_, name| {
            let title = title(&self.resources, &name.get()?)?;
            Ok(match &after {
                Some((at, _)) if title.as_str() < *at => None,
                Some((at, last)) if title == **at && !name.is_behind(&last.name())? => None,
                _ => Some(title),
            })
        })
    }

    fn ranked<K: Ord>(
        &self,
        rank: impl Fn(LinkRecord, &LinkName<'_>) -> Result<Option<K>>,
    ) -> Result<Vec<LinkRow>> {
        let Self { tables, view, of, skip, limit, .. } = *self;
        let of_found = |record: LinkRecord, name: LinkName<'_>| {
            if !self.selection.is_all() {
                if !self.selection.finds(&self.resources, &name.get()?)? {
                    return Ok(None);
                }
                self.found.set(self.found.get() + 1);
            }
            rank(record, &name)
        };
        tables.ranked_link_page(view, of, of_found, skip, limit)
    }
}

/// The name that people read of a resource: its key where it is not registered.
fn title(resources: &impl ResourceRows, name: &ResourceName<'_>) -> Result<String> {
    let row = resources.resource(name)?;
    Ok(row.map_or_else(|| name.parts().1.to_owned(), |row| row.fields.name))
}

fn named(of: ResourceType, name: &str) -> Option<Resource> {
    Resource::from_name(of, name.as_bytes())
}
