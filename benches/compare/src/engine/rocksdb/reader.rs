//! Reads from a snapshot.

use rocksdb::{SnapshotWithThreadMode, TransactionDB};

use super::super::row::{LinkRow, backlink_prefix, link_key, oldest, resource_of, view_of};
use super::super::{Order, Page, Reader, unknown_view};
use super::table::{Tables, count_of, under, walk};
use crate::Result;
use crate::text::Text;

/// The tables in a snapshot.
pub(super) struct Snapshot<'d> {
    snapshot: SnapshotWithThreadMode<'d, TransactionDB>,
    tables: Tables<'d>,
}

impl<'d> Snapshot<'d> {
    pub(super) fn take(database: &'d TransactionDB) -> Result<Self> {
        Ok(Self { snapshot: database.snapshot(), tables: Tables::of(database)? })
    }

    fn view(&self, view: &str) -> Result<u32> {
        match self.snapshot.get_pinned_cf(self.tables.views, view)? {
            Some(id) => Ok(u32::from_be_bytes(id.as_ref().try_into()?)),
            None => unknown_view(view),
        }
    }

    fn total(&self, id: u32) -> Result<u64> {
        let mut total = 0;
        let counts = self.tables.counts;
        walk(self.snapshot.raw_iterator_cf_opt(counts, under(&id.to_be_bytes())), |_, count| {
            total += count_of(count)?;
            Ok(true)
        })?;
        Ok(u64::try_from(total)?)
    }
}

impl Reader for Snapshot<'_> {
    fn is_linked(&self, view: &str, key: &str) -> Result<bool> {
        let mut buffer = Vec::with_capacity(64);
        link_key(&mut buffer, self.view(view)?, key);
        Ok(self.snapshot.get_pinned_cf(self.tables.links, &buffer)?.is_some())
    }

    fn linked_views(&self, key: &str) -> Result<Vec<Text>> {
        let mut prefix = Vec::with_capacity(64);
        backlink_prefix(&mut prefix, key);
        let mut views = Vec::new();
        let backlinks = self.tables.backlinks;
        walk(self.snapshot.raw_iterator_cf_opt(backlinks, under(&prefix)), |backlink, _| {
            let name = self.snapshot.get_pinned_cf(self.tables.names, view_of(backlink)?)?;
            views.push(str::from_utf8(&name.ok_or("a view has no name")?)?.into());
            Ok(true)
        })?;
        views.sort_unstable();
        Ok(views)
    }

    fn page(&self, view: &str, order: Order, limit: usize) -> Result<Page> {
        let id = self.view(view)?;
        let mut links = Vec::new();
        let rows = self.snapshot.raw_iterator_cf_opt(self.tables.links, under(&id.to_be_bytes()));
        walk(rows, |key, value| {
            links.push((LinkRow::from_bytes(value)?, key.to_vec()));
            Ok(order == Order::LinkTime || links.len() < limit)
        })?;
        let links = match order {
            Order::Key => links,
            Order::LinkTime => oldest(links, limit),
        };
        let item =
            |(link, key): (LinkRow, Vec<u8>)| Ok((resource_of(&key)?.into(), link.linked_at));
        let items = links.into_iter().map(item).collect::<Result<_>>()?;
        Ok(Page { items, total: self.total(id)? })
    }
}
