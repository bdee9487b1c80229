//! SQLite, for any schema: one connection to read and one to write, so that neither waits for the other; prepared
//! statements; the write-ahead log.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::types::Value;
use rusqlite::{
    CachedStatement, Connection, OptionalExtension, Transaction, TransactionBehavior, params,
};

use super::{CACHE, Engine, Look, Order, Page, Reader, Size, changed, in_key_order, unknown_view};
use crate::Result;
use crate::clock::Clock;
use crate::text::Text;

/// The statements of a schema. A view's *handle* is its name in the links.
pub(super) struct Schema {
    /// Creates the tables.
    pub(super) tables: &'static str,
    /// Creates the index from resources to views, `backlinks`.
    pub(super) index: &'static str,
    /// Handle and number of links of a view, by key.
    pub(super) find_view: &'static str,
    /// Adds a row for a resource if it has none, for schemas whose links need one.
    pub(super) add_resource: Option<&'static str>,
    /// Links handle, key, time, place; does nothing if the resource has no row yet.
    pub(super) link: &'static str,
    /// Unlinks handle, key.
    pub(super) unlink: &'static str,
    /// Adds to the number of links of a handle.
    pub(super) count: &'static str,
    /// Unlinks everything from a handle.
    pub(super) unlink_all: &'static str,
    /// A row if view key, key are linked.
    pub(super) is_linked: &'static str,
    /// The view keys of a key.
    pub(super) linked_views: &'static str,
    /// Keys and times of a handle's links, by key, up to a limit.
    pub(super) by_key: &'static str,
    /// Keys and times of a handle's links, by time and place, up to a limit.
    pub(super) by_time: &'static str,
}

/// An open database.
pub(super) struct Sqlite {
    reading: Mutex<Connection>,
    /// Opened by the first change: a store that is only read needs one connection.
    writing: Mutex<Option<Connection>>,
    schema: &'static Schema,
    clock: Clock,
    path: PathBuf,
}

impl Sqlite {
    pub(super) fn open(dir: &Path, schema: &'static Schema, clock: Clock) -> Result<Self> {
        let path = dir.join("links.sqlite");
        let reading = connect(&path)?;
        reading.execute_batch(schema.tables)?;
        reading.execute_batch(schema.index)?;
        Ok(Self { reading: Mutex::new(reading), writing: Mutex::new(None), schema, clock, path })
    }

    fn reading(&self) -> MutexGuard<'_, Connection> {
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Uses the connection that writes.
    fn with_writing<T>(&self, work: impl FnOnce(&mut Connection) -> Result<T>) -> Result<T> {
        let mut writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *writing {
            Some(connection) => work(connection),
            none => work(none.insert(connect(&self.path)?)),
        }
    }

    /// Makes a change in a transaction that holds the write lock from the beginning.
    fn write<T>(&self, change: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        self.with_writing(|connection| {
            let immediate = TransactionBehavior::Immediate;
            let transaction = connection.transaction_with_behavior(immediate)?;
            let answer = change(&transaction)?;
            transaction.commit()?;
            Ok(answer)
        })
    }

    fn set_synchronous(&self, mode: &str) -> Result<()> {
        self.with_writing(|connection| Ok(connection.pragma_update(None, "synchronous", mode)?))
    }

    fn add_links(
        &self,
        transaction: &Transaction<'_>,
        view: &str,
        keys: &[String],
    ) -> Result<Vec<bool>> {
        let handle = handle(transaction, self.schema, view)?;
        let time = i64::try_from(self.clock.now())?;
        let mut link = transaction.prepare_cached(self.schema.link)?;
        let add = self.schema.add_resource;
        let mut add = add.map(|text| transaction.prepare_cached(text)).transpose()?;
        let answers = in_key_order(keys, |place, key| {
            if link.execute(params![handle, key, time, place])? == 1 {
                return Ok(true);
            }
            // Already linked, or the first link of the resource.
            let Some(add) = &mut add else { return Ok(false) };
            Ok(add.execute([key])? == 1 && link.execute(params![handle, key, time, place])? == 1)
        })?;
        self.count(transaction, &handle, i64::try_from(changed(&answers))?)?;
        Ok(answers)
    }

    fn count(&self, transaction: &Transaction<'_>, handle: &Value, change: i64) -> Result<()> {
        if change != 0 {
            let mut count = transaction.prepare_cached(self.schema.count)?;
            count.execute(params![handle, change])?;
        }
        Ok(())
    }
}

fn connect(path: &Path) -> Result<Connection> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // Negative: in KiB.
    connection.pragma_update(None, "cache_size", -i64::try_from(CACHE >> 10)?)?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(connection)
}

fn handle(transaction: &Transaction<'_>, schema: &Schema, view: &str) -> Result<Value> {
    let mut find = transaction.prepare_cached(schema.find_view)?;
    let found = find.query_row([view], |row| row.get(0)).optional()?;
    found.map_or_else(|| unknown_view(view), Ok)
}

fn create(transaction: &Transaction<'_>, view: &str) -> Result<()> {
    transaction.prepare_cached("INSERT INTO views(key) VALUES (?1)")?.execute([view])?;
    Ok(())
}

impl Engine for Sqlite {
    /// In one transaction and without syncs; the index is created at the end, from sorted rows.
    fn load(&self, views: &mut dyn Iterator<Item = (String, Vec<String>)>) -> Result<()> {
        self.set_synchronous("OFF")?;
        self.write(|transaction| {
            transaction.execute_batch("DROP INDEX backlinks")?;
            for (view, keys) in views {
                create(transaction, &view)?;
                self.add_links(transaction, &view, &keys)?;
            }
            Ok(transaction.execute_batch(self.schema.index)?)
        })?;
        self.set_synchronous("FULL")
    }

    fn create_view(&self, view: &str) -> Result<()> {
        self.write(|transaction| create(transaction, view))
    }

    fn link(&self, view: &str, keys: Vec<String>) -> Result<Vec<bool>> {
        self.write(|transaction| self.add_links(transaction, view, &keys))
    }

    fn unlink(&self, view: &str, keys: Vec<String>) -> Result<Vec<bool>> {
        self.write(|transaction| {
            let handle = handle(transaction, self.schema, view)?;
            let mut unlink = transaction.prepare_cached(self.schema.unlink)?;
            let answers =
                in_key_order(&keys, |_, key| Ok(unlink.execute(params![handle, key])? == 1))?;
            self.count(transaction, &handle, -i64::try_from(changed(&answers))?)?;
            Ok(answers)
        })
    }

    fn delete_view(&self, view: &str) -> Result<u64> {
        self.write(|transaction| {
            let handle = handle(transaction, self.schema, view)?;
            let count = transaction.prepare_cached(self.schema.unlink_all)?.execute([handle])?;
            transaction.prepare_cached("DELETE FROM views WHERE key = ?1")?.execute([view])?;
            Ok(count as u64)
        })
    }

    fn read(&self, look: &mut Look<'_>) -> Result<()> {
        let connection = self.reading();
        let transaction = Transaction::new_unchecked(&connection, TransactionBehavior::Deferred)?;
        look(&Statements::prepare(&transaction, self.schema)?)?;
        Ok(transaction.commit()?)
    }

    fn settle(&self) -> Result<()> {
        self.with_writing(|connection| {
            Ok(connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
        })
    }

    fn compact(&mut self) -> Result<Size> {
        self.with_writing(|connection| Ok(connection.execute_batch("VACUUM")?))?;
        self.settle()?;
        Ok(Size::Bytes(fs::metadata(&self.path)?.len()))
    }

    fn close(self: Box<Self>) -> Result<()> {
        let reading = self.reading.into_inner().unwrap_or_else(PoisonError::into_inner);
        let writing = self.writing.into_inner().unwrap_or_else(PoisonError::into_inner);
        let close = |connection: Connection| connection.close().map_err(|(_, error)| error);
        close(reading)?;
        Ok(writing.map_or(Ok(()), close)?)
    }
}

/// The statements that read, prepared once for the transaction.
struct Statements<'t> {
    is_linked: RefCell<CachedStatement<'t>>,
    linked_views: RefCell<CachedStatement<'t>>,
    find_view: RefCell<CachedStatement<'t>>,
    by_key: RefCell<CachedStatement<'t>>,
    by_time: RefCell<CachedStatement<'t>>,
}

impl<'t> Statements<'t> {
    fn prepare(transaction: &'t Transaction<'_>, schema: &Schema) -> Result<Self> {
        let prepare = |text| transaction.prepare_cached(text).map(RefCell::new);
        Ok(Self {
            is_linked: prepare(schema.is_linked)?,
            linked_views: prepare(schema.linked_views)?,
            find_view: prepare(schema.find_view)?,
            by_key: prepare(schema.by_key)?,
            by_time: prepare(schema.by_time)?,
        })
    }
}

impl Reader for Statements<'_> {
    fn is_linked(&self, view: &str, key: &str) -> Result<bool> {
        Ok(self.is_linked.borrow_mut().exists([view, key])?)
    }

    fn linked_views(&self, key: &str) -> Result<Vec<Text>> {
        let mut statement = self.linked_views.borrow_mut();
        let views = statement.query_map([key], |row| Ok(Text::Owned(row.get(0)?)))?;
        Ok(views.collect::<rusqlite::Result<_>>()?)
    }

    fn page(&self, view: &str, order: Order, limit: usize) -> Result<Page> {
        let found = self
            .find_view
            .borrow_mut()
            .query_row([view], |row| Ok((row.get::<_, Value>(0)?, row.get::<_, i64>(1)?)));
        let Some((handle, total)) = found.optional()? else { return unknown_view(view) };
        let mut statement = match order {
            Order::Key => self.by_key.borrow_mut(),
            Order::LinkTime => self.by_time.borrow_mut(),
        };
        let limit = i64::try_from(limit)?;
        let rows = statement.query_map(params![handle, limit], |row| {
            Ok((Text::Owned(row.get(0)?), row.get::<_, i64>(1)?.cast_unsigned()))
        })?;
        let items = rows.collect::<rusqlite::Result<_>>()?;
        Ok(Page { items, total: u64::try_from(total)? })
    }
}
