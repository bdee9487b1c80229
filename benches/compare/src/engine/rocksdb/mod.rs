//! RocksDB: the tables of [`row`](super::row) as column families, one pessimistic transaction per change, its log
//! synced at commit.
//!
//! Row locks are held until the sync of the commit is done. If the number of links were in the row of the view, only
//! one change of a view could commit at a time, and no two could share a sync. So that all callers commit in parallel,
//! the number is spread over rows of the family `counts`, one for each running change, and a change only shares the
//! lock of the view's row. The number of a view is the sum of its rows; there are as many rows as there were
//! simultaneous changes.

mod change;
mod places;
mod reader;
mod table;

use std::fs;
use std::path::{Path, PathBuf};

use rocksdb::{
    BlockBasedOptions, Cache, ColumnFamilyDescriptor, DB, DataBlockIndexType, Options,
    TransactionDB, TransactionDBOptions, TransactionOptions, WriteOptions,
};

use self::change::Change;
use self::places::Places;
use self::reader::Snapshot;
use self::table::Tables;
use super::{CACHE, Engine, Look, Size};
use crate::Result;
use crate::clock::Clock;

/// The timeout for row locks in milliseconds: longer than any change takes.
const LOCK_TIMEOUT: i64 = 60_000;

/// An open database.
pub(super) struct Rocksdb {
    /// `None` while the files are compacted.
    database: Option<TransactionDB>,
    synced: WriteOptions,
    places: Places,
    clock: Clock,
    path: PathBuf,
}

impl Rocksdb {
    pub(super) fn open(dir: &Path, clock: Clock) -> Result<Self> {
        let path = dir.join("rocksdb");
        let mut synced = WriteOptions::default();
        synced.set_sync(true);
        let database = Some(open_transactions(&path)?);
        Ok(Self { database, synced, places: Places::default(), clock, path })
    }

    fn database(&self) -> Result<&TransactionDB> {
        self.database.as_ref().ok_or_else(|| "the database is closed".into())
    }

    /// Makes a change that is durable when this returns.
    fn write<T>(&self, change: impl FnOnce(&Change<'_>) -> Result<T>) -> Result<T> {
        self.write_with(&self.synced, change)
    }

    fn write_with<T>(
        &self,
        options: &WriteOptions,
        change: impl FnOnce(&Change<'_>) -> Result<T>,
    ) -> Result<T> {
        let database = self.database()?;
        let transaction = database.transaction_opt(options, &TransactionOptions::default());
        let place = self.places.take();
        let begun = Change { transaction, tables: Tables::of(database)?, place: place.number };
        let answer = change(&begun)?;
        begun.transaction.commit()?;
        Ok(answer)
    }
}

/// For reads of single rows, the usual case: filters quickly exclude missing rows, also in memory.
fn table_options(cache: &Cache) -> Options {
    let mut blocks = BlockBasedOptions::default();
    blocks.set_block_cache(cache);
    blocks.set_bloom_filter(10.0, false);
    blocks.set_data_block_index_type(DataBlockIndexType::BinaryAndHash);
    let mut options = Options::default();
    options.set_block_based_table_factory(&blocks);
    options.set_memtable_prefix_bloom_ratio(0.1);
    options.set_memtable_whole_key_filtering(true);
    options
}

fn descriptors() -> Result<Vec<ColumnFamilyDescriptor>> {
    let cache = Cache::new_lru_cache(CACHE)?;
    let table = |name: &&str| ColumnFamilyDescriptor::new(*name, table_options(&cache));
    Ok(table::NAMES.iter().map(table).collect())
}

/// The first of several callers puts the rows of all into memory, and the others sleep until then. With the default,
/// they spin and each inserts its own rows, which takes up to a third longer for one key each on two cores. Pipelined
/// writes are not faster there.
fn options() -> Options {
    let mut options = Options::default();
    options.create_if_missing(true);
    options.create_missing_column_families(true);
    options.set_allow_concurrent_memtable_write(false);
    options.set_enable_write_thread_adaptive_yield(false);
    options
}

fn open_transactions(path: &Path) -> Result<TransactionDB> {
    let mut locks = TransactionDBOptions::default();
    locks.set_txn_lock_timeout(LOCK_TIMEOUT);
    Ok(TransactionDB::open_cf_descriptors(&options(), &locks, path, descriptors()?)?)
}

/// The same files without transactions, so that they can be flushed and compacted; opening them moves everything from
/// the log to the tables.
fn open_plain(path: &Path) -> Result<DB> {
    Ok(DB::open_cf_descriptors(&options(), path, descriptors()?)?)
}

/// The exact version that the program was linked with, as an empty database reports it.
pub(super) fn version() -> Result<String> {
    let dir = tempfile::tempdir()?;
    drop(DB::open_default(dir.path())?);
    for file in fs::read_dir(dir.path())? {
        let file = file?;
        if file.file_name().to_string_lossy().starts_with("OPTIONS-") {
            let text = fs::read_to_string(file.path())?;
            let version =
                text.lines().find_map(|line| line.trim().strip_prefix("rocksdb_version="));
            return Ok(version.ok_or("the options have no version")?.to_owned());
        }
    }
    Err("the database has no options".into())
}

impl Engine for Rocksdb {
    fn load(&self, views: &mut dyn Iterator<Item = (String, Vec<String>)>) -> Result<()> {
        let unsynced = WriteOptions::default();
        for (view, keys) in views {
            self.write_with(&unsynced, |change| {
                let id = change.create_view(&view)?;
                change.link(self.clock.now(), id, &keys)
            })?;
        }
        Ok(())
    }

    fn create_view(&self, view: &str) -> Result<()> {
        self.write(|change| change.create_view(view))?;
        Ok(())
    }

    fn link(&self, view: &str, keys: Vec<String>) -> Result<Vec<bool>> {
        self.write(|change| change.link(self.clock.now(), change.view(view, false)?, &keys))
    }

    fn unlink(&self, view: &str, keys: Vec<String>) -> Result<Vec<bool>> {
        self.write(|change| change.unlink(change.view(view, false)?, &keys))
    }

    fn delete_view(&self, view: &str) -> Result<u64> {
        self.write(|change| change.delete_view(view))
    }

    fn read(&self, look: &mut Look<'_>) -> Result<()> {
        look(&Snapshot::take(self.database()?)?)
    }

    /// Syncs the log, like a synced change. The tables are written by [`compact`](Engine::compact) and
    /// [`close`](Engine::close): these bindings cannot flush a database with transactions, and opening writes the
    /// contents of the log.
    fn settle(&self) -> Result<()> {
        Ok(self.database()?.put_opt("settled", [], &self.synced)?)
    }

    /// The size of the tables.
    fn compact(&mut self) -> Result<Size> {
        self.database = None;
        let plain = open_plain(&self.path)?;
        for name in table::NAMES {
            let table = plain.cf_handle(name).ok_or("a column family is missing")?;
            plain.compact_range_cf(table, None::<&[u8]>, None::<&[u8]>);
        }
        let sizes = plain.live_files()?.into_iter().map(|file| file.size as u64);
        let size = Size::Bytes(sizes.sum());
        drop(plain);
        self.database = Some(open_transactions(&self.path)?);
        Ok(size)
    }

    fn close(mut self: Box<Self>) -> Result<()> {
        self.database = None;
        drop(open_plain(&self.path)?);
        Ok(())
    }
}
