//! fjall: the tables of [`row`](super::row) as keyspaces, one atomic and synced batch per change.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use fjall::{
    Database, Keyspace, KeyspaceCreateOptions, OwnedWriteBatch, PersistMode, Readable, Snapshot,
};

use super::row::{
    LinkRow, ViewRow, backlink_key, backlink_prefix, link_key, oldest, resource_of, view_of,
};
use super::{CACHE, Engine, Look, Order, Page, Reader, Size, changed, in_key_order, unknown_view};
use crate::Result;
use crate::clock::Clock;
use crate::text::Text;

/// An open database.
pub(super) struct Fjall {
    database: Database,
    tables: Tables,
    /// Locked while a change reads the current state and writes its result.
    writer: Mutex<()>,
    clock: Clock,
}

#[derive(Clone)]
struct Tables {
    views: Keyspace,
    names: Keyspace,
    links: Keyspace,
    backlinks: Keyspace,
}

impl Fjall {
    pub(super) fn open(dir: &Path, clock: Clock) -> Result<Self> {
        let database = Database::builder(dir.join("fjall")).cache_size(CACHE as u64).open()?;
        let table = |name| database.keyspace(name, KeyspaceCreateOptions::default);
        let tables = Tables {
            views: table("views")?,
            names: table("names")?,
            links: table("links")?,
            backlinks: table("backlinks")?,
        };
        Ok(Self { database, tables, writer: Mutex::new(()), clock })
    }

    fn writer(&self) -> MutexGuard<'_, ()> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A batch that is synced when its commit returns.
    fn batch(&self) -> OwnedWriteBatch {
        self.database.batch().durability(Some(PersistMode::SyncData))
    }

    fn view(&self, view: &str) -> Result<ViewRow> {
        match self.tables.views.get(view)? {
            Some(bytes) => ViewRow::from_bytes(&bytes),
            None => unknown_view(view),
        }
    }

    fn add_view(&self, batch: &mut OwnedWriteBatch, view: &str, links: u64) -> Result<u32> {
        let last = self.tables.names.last_key_value().map(|last| last.key()).transpose()?;
        let last = last.map(|id| id.as_ref().try_into().map(u32::from_be_bytes)).transpose()?;
        let id = last.unwrap_or(0) + 1;
        batch.insert(&self.tables.names, id.to_be_bytes(), view);
        batch.insert(&self.tables.views, view, ViewRow { id, links }.to_bytes());
        Ok(id)
    }

    fn tables(&self) -> [&Keyspace; 4] {
        let Tables { views, names, links, backlinks } = &self.tables;
        [views, names, links, backlinks]
    }

    fn load_view(&self, view: &str, keys: &[String]) -> Result<()> {
        let mut batch = self.database.batch();
        let id = self.add_view(&mut batch, view, keys.len() as u64)?;
        let linked_at = self.clock.now();
        let mut buffer = Vec::new();
        in_key_order(keys, |place, key| {
            link_key(&mut buffer, id, key);
            let link = LinkRow { linked_at, place }.to_bytes();
            batch.insert(&self.tables.links, &buffer[..], link);
            backlink_key(&mut buffer, key, id);
            batch.insert(&self.tables.backlinks, &buffer[..], []);
            Ok(true)
        })?;
        Ok(batch.commit()?)
    }
}

impl Engine for Fjall {
    fn load(&self, views: &mut dyn Iterator<Item = (String, Vec<String>)>) -> Result<()> {
        for (view, keys) in views {
            self.load_view(&view, &keys)?;
        }
        Ok(())
    }

    fn create_view(&self, view: &str) -> Result<()> {
        let _writer = self.writer();
        let mut batch = self.batch();
        self.add_view(&mut batch, view, 0)?;
        Ok(batch.commit()?)
    }

    fn link(&self, view: &str, keys: Vec<String>) -> Result<Vec<bool>> {
        let _writer = self.writer();
        let Tables { views, links, backlinks, .. } = &self.tables;
        let mut row = self.view(view)?;
        let linked_at = self.clock.now();
        let mut batch = self.batch();
        let mut buffer = Vec::new();
        let answers = in_key_order(&keys, |place, key| {
            link_key(&mut buffer, row.id, key);
            let new = !links.contains_key(&buffer)?;
            if new {
                batch.insert(links, &buffer[..], LinkRow { linked_at, place }.to_bytes());
                backlink_key(&mut buffer, key, row.id);
                batch.insert(backlinks, &buffer[..], []);
            }
            Ok(new)
        })?;
        row.links += changed(&answers);
        batch.insert(views, view, row.to_bytes());
        batch.commit()?;
        Ok(answers)
    }

    fn unlink(&self, view: &str, keys: Vec<String>) -> Result<Vec<bool>> {
        let _writer = self.writer();
        let Tables { views, links, backlinks, .. } = &self.tables;
        let mut row = self.view(view)?;
        let mut batch = self.batch();
        let mut buffer = Vec::new();
        let answers = in_key_order(&keys, |_, key| {
            link_key(&mut buffer, row.id, key);
            let was = links.contains_key(&buffer)?;
            if was {
                batch.remove(links, &buffer[..]);
                backlink_key(&mut buffer, key, row.id);
                batch.remove(backlinks, &buffer[..]);
            }
            Ok(was)
        })?;
        row.links -= changed(&answers);
        batch.insert(views, view, row.to_bytes());
        batch.commit()?;
        Ok(answers)
    }

    fn delete_view(&self, view: &str) -> Result<u64> {
        let _writer = self.writer();
        let ViewRow { id, links } = self.view(view)?;
        let mut batch = self.batch();
        let mut buffer = Vec::new();
        for link in self.tables.links.prefix(id.to_be_bytes()) {
            let key = link.key()?;
            backlink_key(&mut buffer, resource_of(&key)?, id);
            batch.remove(&self.tables.backlinks, &buffer[..]);
            batch.remove(&self.tables.links, key);
        }
        batch.remove(&self.tables.names, id.to_be_bytes());
        batch.remove(&self.tables.views, view);
        batch.commit()?;
        Ok(links)
    }

    fn read(&self, look: &mut Look<'_>) -> Result<()> {
        look(&Moment { snapshot: self.database.snapshot(), tables: &self.tables })
    }

    fn settle(&self) -> Result<()> {
        for table in self.tables() {
            table.rotate_memtable_and_wait()?;
        }
        Ok(self.database.persist(PersistMode::SyncAll)?)
    }

    /// The size of the tables without the journal, which is not needed once they have everything. It stays on disk
    /// through compaction, closing and reopening; the journal of viewlink is not counted either.
    fn compact(&mut self) -> Result<Size> {
        self.settle()?;
        for table in self.tables() {
            table.major_compact()?;
        }
        Ok(Size::Bytes(self.tables().into_iter().map(Keyspace::disk_space).sum()))
    }

    fn close(self: Box<Self>) -> Result<()> {
        Ok(self.database.persist(PersistMode::SyncAll)?)
    }
}

/// The tables in a snapshot.
struct Moment<'t> {
    snapshot: Snapshot,
    tables: &'t Tables,
}

impl Moment<'_> {
    fn view(&self, view: &str) -> Result<ViewRow> {
        match self.snapshot.get(&self.tables.views, view)? {
            Some(bytes) => ViewRow::from_bytes(&bytes),
            None => unknown_view(view),
        }
    }
}

impl Reader for Moment<'_> {
    fn is_linked(&self, view: &str, key: &str) -> Result<bool> {
        let mut buffer = Vec::with_capacity(64);
        link_key(&mut buffer, self.view(view)?.id, key);
        Ok(self.snapshot.contains_key(&self.tables.links, &buffer)?)
    }

    fn linked_views(&self, key: &str) -> Result<Vec<Text>> {
        let mut prefix = Vec::with_capacity(64);
        backlink_prefix(&mut prefix, key);
        let mut views = Vec::new();
        for backlink in self.snapshot.prefix(&self.tables.backlinks, &prefix) {
            let id = view_of(&backlink.key()?)?;
            let name = self.snapshot.get(&self.tables.names, id)?.ok_or("a view has no name")?;
            views.push(str::from_utf8(&name)?.into());
        }
        views.sort_unstable();
        Ok(views)
    }

    fn page(&self, view: &str, order: Order, limit: usize) -> Result<Page> {
        let row = self.view(view)?;
        let links = self.snapshot.prefix(&self.tables.links, row.id.to_be_bytes()).map(|link| {
            let (key, value) = link.into_inner()?;
            Ok((LinkRow::from_bytes(&value)?, key))
        });
        let links: Vec<_> = match order {
            Order::Key => links.take(limit).collect::<Result<_>>()?,
            Order::LinkTime => oldest(links.collect::<Result<_>>()?, limit),
        };
        let item = |(link, key): (LinkRow, fjall::UserKey)| {
            Ok((resource_of(&key)?.into(), link.linked_at))
        };
        let items = links.into_iter().map(item).collect::<Result<_>>()?;
        Ok(Page { items, total: row.links })
    }
}
