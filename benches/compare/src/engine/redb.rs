//! redb alone: the tables of [`row`](super::row), both directions written at once, one durable commit per batch.

use std::path::{Path, PathBuf};

use redb::{
    Database, Durability, ReadOnlyTable, ReadableDatabase, ReadableTable, Table, TableDefinition,
    WriteTransaction,
};

use super::row::{
    LinkRow, ViewRow, backlink_key, backlink_prefix, link_key, oldest, resource_of, view_of,
};
use super::{CACHE, Engine, Look, Order, Page, Reader, Size, changed, in_key_order, unknown_view};
use crate::Result;
use crate::clock::Clock;
use crate::text::Text;

type Bytes = &'static [u8];

const VIEWS: TableDefinition<'_, &str, Bytes> = TableDefinition::new("views");
const NAMES: TableDefinition<'_, Bytes, &str> = TableDefinition::new("names");
const LINKS: TableDefinition<'_, Bytes, Bytes> = TableDefinition::new("links");
const BACKLINKS: TableDefinition<'_, Bytes, ()> = TableDefinition::new("backlinks");

/// An open database.
pub(super) struct Redb {
    database: Database,
    clock: Clock,
    path: PathBuf,
}

impl Redb {
    pub(super) fn open(dir: &Path, clock: Clock) -> Result<Self> {
        let path = dir.join("links.redb");
        let new = !path.exists();
        let database = Database::builder().set_cache_size(CACHE).create(&path)?;
        let redb = Self { database, clock, path };
        if new {
            redb.write(Durability::Immediate, |_| Ok(()))?;
        }
        Ok(redb)
    }

    fn write<T>(
        &self,
        durability: Durability,
        change: impl FnOnce(&mut Tables<'_>) -> Result<T>,
    ) -> Result<T> {
        let mut transaction = self.database.begin_write()?;
        transaction.set_durability(durability)?;
        let answer = change(&mut Tables::open(&transaction)?)?;
        transaction.commit()?;
        Ok(answer)
    }
}

/// The tables in a write transaction.
struct Tables<'t> {
    views: Table<'t, &'static str, Bytes>,
    names: Table<'t, Bytes, &'static str>,
    links: Table<'t, Bytes, Bytes>,
    backlinks: Table<'t, Bytes, ()>,
}

impl<'t> Tables<'t> {
    fn open(transaction: &'t WriteTransaction) -> Result<Self> {
        Ok(Self {
            views: transaction.open_table(VIEWS)?,
            names: transaction.open_table(NAMES)?,
            links: transaction.open_table(LINKS)?,
            backlinks: transaction.open_table(BACKLINKS)?,
        })
    }

    fn create_view(&mut self, view: &str) -> Result<()> {
        let last = self.names.last()?;
        let last = last.map(|(id, _)| id.value().try_into().map(u32::from_be_bytes)).transpose()?;
        let id = last.unwrap_or(0) + 1;
        self.names.insert(&id.to_be_bytes()[..], view)?;
        self.views.insert(view, &ViewRow { id, links: 0 }.to_bytes()[..])?;
        Ok(())
    }

    fn link(&mut self, linked_at: u64, view: &str, keys: &[String]) -> Result<Vec<bool>> {
        let mut row = view_row(&self.views, view)?;
        let mut buffer = Vec::new();
        let answers = in_key_order(keys, |place, key| {
            link_key(&mut buffer, row.id, key);
            let link = LinkRow { linked_at, place }.to_bytes();
            // One descent for a new link, the usual case; an old one is put back.
            let old = self.links.insert(&buffer[..], &link[..])?.map(|old| old.value().to_vec());
            if let Some(old) = old {
                self.links.insert(&buffer[..], &old[..])?;
                return Ok(false);
            }
            backlink_key(&mut buffer, key, row.id);
            self.backlinks.insert(&buffer[..], ())?;
            Ok(true)
        })?;
        row.links += changed(&answers);
        self.views.insert(view, &row.to_bytes()[..])?;
        Ok(answers)
    }

    fn unlink(&mut self, view: &str, keys: &[String]) -> Result<Vec<bool>> {
        let mut row = view_row(&self.views, view)?;
        let mut buffer = Vec::new();
        let answers = in_key_order(keys, |_, key| {
            link_key(&mut buffer, row.id, key);
            let was = self.links.remove(&buffer[..])?.is_some();
            if was {
                backlink_key(&mut buffer, key, row.id);
                self.backlinks.remove(&buffer[..])?;
            }
            Ok(was)
        })?;
        row.links -= changed(&answers);
        self.views.insert(view, &row.to_bytes()[..])?;
        Ok(answers)
    }

    fn delete_view(&mut self, view: &str) -> Result<u64> {
        let ViewRow { id, links } = view_row(&self.views, view)?;
        let (begin, end) = (id.to_be_bytes(), (id + 1).to_be_bytes());
        let mut buffer = Vec::new();
        for link in self.links.range(&begin[..]..&end[..])? {
            let (key, _) = link?;
            backlink_key(&mut buffer, resource_of(key.value())?, id);
            self.backlinks.remove(&buffer[..])?;
        }
        self.links.retain_in(&begin[..]..&end[..], |_, _| false)?;
        self.names.remove(&begin[..])?;
        self.views.remove(view)?;
        Ok(links)
    }
}

fn view_row(views: &impl ReadableTable<&'static str, Bytes>, view: &str) -> Result<ViewRow> {
    match views.get(view)? {
        Some(bytes) => ViewRow::from_bytes(bytes.value()),
        None => unknown_view(view),
    }
}

impl Engine for Redb {
    fn load(&self, views: &mut dyn Iterator<Item = (String, Vec<String>)>) -> Result<()> {
        for (view, keys) in views {
            self.write(Durability::None, |tables| {
                tables.create_view(&view)?;
                tables.link(self.clock.now(), &view, &keys)
            })?;
        }
        Ok(())
    }

    fn create_view(&self, view: &str) -> Result<()> {
        self.write(Durability::Immediate, |tables| tables.create_view(view))
    }

    fn link(&self, view: &str, keys: Vec<String>) -> Result<Vec<bool>> {
        self.write(Durability::Immediate, |tables| tables.link(self.clock.now(), view, &keys))
    }

    fn unlink(&self, view: &str, keys: Vec<String>) -> Result<Vec<bool>> {
        self.write(Durability::Immediate, |tables| tables.unlink(view, &keys))
    }

    fn delete_view(&self, view: &str) -> Result<u64> {
        self.write(Durability::Immediate, |tables| tables.delete_view(view))
    }

    fn read(&self, look: &mut Look<'_>) -> Result<()> {
        let transaction = self.database.begin_read()?;
        look(&Snapshot {
            views: transaction.open_table(VIEWS)?,
            names: transaction.open_table(NAMES)?,
            links: transaction.open_table(LINKS)?,
            backlinks: transaction.open_table(BACKLINKS)?,
        })
    }

    fn settle(&self) -> Result<()> {
        self.write(Durability::Immediate, |_| Ok(()))
    }

    fn compact(&mut self) -> Result<Size> {
        self.database.compact()?;
        Ok(Size::OfClosed(self.path.clone()))
    }

    fn close(self: Box<Self>) -> Result<()> {
        drop(self);
        Ok(())
    }
}

struct Snapshot {
    views: ReadOnlyTable<&'static str, Bytes>,
    names: ReadOnlyTable<Bytes, &'static str>,
    links: ReadOnlyTable<Bytes, Bytes>,
    backlinks: ReadOnlyTable<Bytes, ()>,
}

impl Reader for Snapshot {
    fn is_linked(&self, view: &str, key: &str) -> Result<bool> {
        let mut buffer = Vec::with_capacity(64);
        link_key(&mut buffer, view_row(&self.views, view)?.id, key);
        Ok(self.links.get(&buffer[..])?.is_some())
    }

    fn linked_views(&self, key: &str) -> Result<Vec<Text>> {
        let mut begin = Vec::with_capacity(64);
        backlink_prefix(&mut begin, key);
        let mut end = begin.clone();
        end.extend_from_slice(&[0xff; 5]);
        let mut views = Vec::new();
        for backlink in self.backlinks.range(&begin[..]..&end[..])? {
            let id = view_of(backlink?.0.value())?;
            let name = self.names.get(&id[..])?.ok_or("a view has no name")?;
            views.push(name.value().into());
        }
        views.sort_unstable();
        Ok(views)
    }

    fn page(&self, view: &str, order: Order, limit: usize) -> Result<Page> {
        let ViewRow { id, links: total } = view_row(&self.views, view)?;
        let (begin, end) = (id.to_be_bytes(), (id + 1).to_be_bytes());
        let links = self.links.range(&begin[..]..&end[..])?.map(|link| {
            let (key, value) = link?;
            Ok((LinkRow::from_bytes(value.value())?, key))
        });
        let links: Vec<_> = match order {
            Order::Key => links.take(limit).collect::<Result<_>>()?,
            Order::LinkTime => oldest(links.collect::<Result<_>>()?, limit),
        };
        let item = |(link, key): (LinkRow, redb::AccessGuard<'_, Bytes>)| {
            Ok((resource_of(key.value())?.into(), link.linked_at))
        };
        let items = links.into_iter().map(item).collect::<Result<_>>()?;
        Ok(Page { items, total })
    }
}
