//! canopydb: the tables of [`row`](super::row) as trees, one exclusive transaction per change.
//!
//! A synced commit holds the store's commit lock until its sync is done, so writers never share a sync. Here a change
//! commits without a sync and then waits for one that covers it, which many changes share: 32 callers are two to three
//! times as fast in this way. Two requirements are relaxed: others may read a change before it is durable, and
//! `Database::sync` returns early while the store syncs its own log, which it does for each 64 MiB of changed pages or
//! every 30 seconds.
//!
//! Concurrent transactions would not help: they conflict if they change the same page, and all changes of a view's
//! links change the row of the view.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use canopydb::{Bytes, Database, DbOptions, EnvOptions, Transaction, Tree};

use super::row::{
    LinkRow, ViewRow, backlink_key, backlink_prefix, link_key, oldest, resource_of, view_of,
};
use super::{CACHE, Engine, Look, Order, Page, Reader, Size, changed, in_key_order, unknown_view};
use crate::Result;
use crate::clock::Clock;
use crate::text::Text;

/// How many views are loaded in one transaction, so that its changed pages fit into memory.
const LOADED_AT_ONCE: usize = 50;

/// An open database.
pub(super) struct Canopydb {
    database: Database,
    syncs: Syncs,
    clock: Clock,
    dir: PathBuf,
}

impl Canopydb {
    pub(super) fn open(dir: &Path, clock: Clock) -> Result<Self> {
        let dir = dir.join("canopydb");
        let new = !dir.exists();
        fs::create_dir_all(&dir)?;
        let mut options = EnvOptions::new(&dir);
        options.page_cache_size = CACHE;
        let database = Database::with_options(options, DbOptions::default())?;
        let canopydb = Self { database, syncs: Syncs::default(), clock, dir };
        if new {
            canopydb.write(|_| Ok(()))?;
        }
        Ok(canopydb)
    }

    /// The file with the trees, in the one folder that canopydb named.
    fn file(&self) -> Result<PathBuf> {
        for entry in fs::read_dir(&self.dir)? {
            let file = entry?.path().join("DATA");
            if file.exists() {
                return Ok(file);
            }
        }
        Err("the database has no file".into())
    }

    /// Makes a change that is durable afterwards.
    fn write<T>(&self, change: impl FnOnce(&mut Tables<'_>) -> Result<T>) -> Result<T> {
        let (number, answer) = self.commit(change)?;
        self.syncs.wait_for(&self.database, number)?;
        Ok(answer)
    }

    /// Makes a change that a later sync makes durable; returns its number, which grows.
    fn commit<T>(&self, change: impl FnOnce(&mut Tables<'_>) -> Result<T>) -> Result<(u64, T)> {
        let transaction = self.database.begin_write()?;
        let tree = |name| transaction.get_or_create_tree(name);
        let mut tables = Tables {
            views: tree(b"views")?,
            names: tree(b"names")?,
            links: tree(b"links")?,
            backlinks: tree(b"backlinks")?,
        };
        let answer = change(&mut tables)?;
        drop(tables);
        Ok((transaction.commit_with(false)?, answer))
    }
}

/// Syncs that callers share: during one sync the others wait, and the next one is for all of them.
#[derive(Default)]
struct Syncs {
    /// The newest change that was committed.
    newest: AtomicU64,
    /// The newest change that is durable.
    durable: Mutex<u64>,
}

impl Syncs {
    /// Returns when a committed change is durable.
    fn wait_for(&self, database: &Database, number: u64) -> Result<()> {
        self.newest.fetch_max(number, Ordering::AcqRel);
        let mut durable = self.durable.lock().unwrap_or_else(PoisonError::into_inner);
        if *durable < number {
            let newest = self.newest.load(Ordering::Acquire);
            database.sync()?;
            *durable = newest;
        }
        Ok(())
    }
}

/// The trees in a transaction.
struct Tables<'t> {
    views: Tree<'t>,
    names: Tree<'t>,
    links: Tree<'t>,
    backlinks: Tree<'t>,
}

impl<'t> Tables<'t> {
    fn read(transaction: &'t Transaction) -> Result<Self> {
        let tree = |name| -> Result<Tree<'t>> {
            transaction.get_tree(name)?.ok_or_else(|| "a tree is missing".into())
        };
        Ok(Self {
            views: tree(b"views")?,
            names: tree(b"names")?,
            links: tree(b"links")?,
            backlinks: tree(b"backlinks")?,
        })
    }

    fn view(&self, view: &str) -> Result<ViewRow> {
        match self.views.get(view.as_bytes())? {
            Some(bytes) => ViewRow::from_bytes(&bytes),
            None => unknown_view(view),
        }
    }

    fn create_view(&mut self, view: &str) -> Result<()> {
        let last = self.names.last()?;
        let last =
            last.map(|(id, _)| id.as_ref().try_into().map(u32::from_be_bytes)).transpose()?;
        let id = last.unwrap_or(0) + 1;
        self.names.insert(&id.to_be_bytes(), view.as_bytes())?;
        Ok(self.views.insert(view.as_bytes(), &ViewRow { id, links: 0 }.to_bytes())?)
    }

    fn link(&mut self, linked_at: u64, view: &str, keys: &[String]) -> Result<Vec<bool>> {
        let mut row = self.view(view)?;
        let mut buffer = Vec::new();
        let answers = in_key_order(keys, |place, key| {
            link_key(&mut buffer, row.id, key);
            let new = self.links.get(&buffer)?.is_none();
            if new {
                self.links.insert(&buffer, &LinkRow { linked_at, place }.to_bytes())?;
                backlink_key(&mut buffer, key, row.id);
                self.backlinks.insert(&buffer, &[])?;
            }
            Ok(new)
        })?;
        row.links += changed(&answers);
        self.views.insert(view.as_bytes(), &row.to_bytes())?;
        Ok(answers)
    }

    fn unlink(&mut self, view: &str, keys: &[String]) -> Result<Vec<bool>> {
        let mut row = self.view(view)?;
        let mut buffer = Vec::new();
        let answers = in_key_order(keys, |_, key| {
            link_key(&mut buffer, row.id, key);
            let was = self.links.delete(&buffer)?;
            if was {
                backlink_key(&mut buffer, key, row.id);
                self.backlinks.delete(&buffer)?;
            }
            Ok(was)
        })?;
        row.links -= changed(&answers);
        self.views.insert(view.as_bytes(), &row.to_bytes())?;
        Ok(answers)
    }

    fn delete_view(&mut self, view: &str) -> Result<u64> {
        let ViewRow { id, links } = self.view(view)?;
        let (begin, end) = (id.to_be_bytes(), (id + 1).to_be_bytes());
        let mut buffer = Vec::new();
        for key in self.links.range_keys(begin..end)? {
            backlink_key(&mut buffer, resource_of(&key?)?, id);
            self.backlinks.delete(&buffer)?;
        }
        self.links.delete_range(begin..end)?;
        self.names.delete(&begin)?;
        self.views.delete(view.as_bytes())?;
        Ok(links)
    }
}

impl Engine for Canopydb {
    fn load(&self, views: &mut dyn Iterator<Item = (String, Vec<String>)>) -> Result<()> {
        let mut views = views.peekable();
        while views.peek().is_some() {
            self.commit(|tables| {
                for (view, keys) in views.by_ref().take(LOADED_AT_ONCE) {
                    tables.create_view(&view)?;
                    tables.link(self.clock.now(), &view, &keys)?;
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    fn create_view(&self, view: &str) -> Result<()> {
        self.write(|tables| tables.create_view(view))
    }

    fn link(&self, view: &str, keys: Vec<String>) -> Result<Vec<bool>> {
        self.write(|tables| tables.link(self.clock.now(), view, &keys))
    }

    fn unlink(&self, view: &str, keys: Vec<String>) -> Result<Vec<bool>> {
        self.write(|tables| tables.unlink(view, &keys))
    }

    fn delete_view(&self, view: &str) -> Result<u64> {
        self.write(|tables| tables.delete_view(view))
    }

    fn read(&self, look: &mut Look<'_>) -> Result<()> {
        let transaction = self.database.begin_read()?;
        look(&Tables::read(&transaction)?)
    }

    fn settle(&self) -> Result<()> {
        Ok(self.database.checkpoint()?)
    }

    /// The size of the tables, without the log.
    fn compact(&mut self) -> Result<Size> {
        self.settle()?;
        self.database.compact()?;
        Ok(Size::OfClosed(self.file()?))
    }

    fn close(self: Box<Self>) -> Result<()> {
        self.settle()
    }
}

impl Reader for Tables<'_> {
    fn is_linked(&self, view: &str, key: &str) -> Result<bool> {
        let mut buffer = Vec::with_capacity(64);
        link_key(&mut buffer, self.view(view)?.id, key);
        Ok(self.links.get(&buffer)?.is_some())
    }

    fn linked_views(&self, key: &str) -> Result<Vec<Text>> {
        let mut prefix = Vec::with_capacity(64);
        backlink_prefix(&mut prefix, key);
        let mut views = Vec::new();
        for backlink in self.backlinks.prefix_keys(&prefix)? {
            let id = view_of(&backlink?)?;
            let name = self.names.get(&id)?.ok_or("a view has no name")?;
            views.push(str::from_utf8(&name)?.into());
        }
        views.sort_unstable();
        Ok(views)
    }

    fn page(&self, view: &str, order: Order, limit: usize) -> Result<Page> {
        let row = self.view(view)?;
        let links = self.links.prefix(&row.id.to_be_bytes())?.map(|link| {
            let (key, value) = link?;
            Ok((LinkRow::from_bytes(&value)?, key))
        });
        let links: Vec<_> = match order {
            Order::Key => links.take(limit).collect::<Result<_>>()?,
            Order::LinkTime => oldest(links.collect::<Result<_>>()?, limit),
        };
        let item = |(link, key): (LinkRow, Bytes)| Ok((resource_of(&key)?.into(), link.linked_at));
        let items = links.into_iter().map(item).collect::<Result<_>>()?;
        Ok(Page { items, total: row.links })
    }
}
