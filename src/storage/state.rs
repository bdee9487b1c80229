//! The state database: opening, transactions, closing.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::{Builder, Database, Durability, ReadableDatabase, WriteTransaction};

use super::backend::Backend;
use super::failure::{contain, met_in_files};
use super::known_views::KnownViews;
use super::read::ReadTables;
use super::records::{Head, Mark};
use super::tables;
use super::tail::Tail;
use super::upgrade::upgrade;
use super::write::{Finished, Newest, WriteTables, create_tables};
use crate::disk::DiskFile;
use crate::journal::StoreId;
use crate::model::error::{Error, Outcome, Result, StoreFile};

/// The version of the tables that is written.
pub(super) const FORMAT: u32 = 3;

/// How the database is opened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StateOptions {
    /// Memory for pages, in bytes.
    pub(crate) cache_size: usize,
    /// Whether every page is checked, not only after a crash.
    pub(crate) check: bool,
    /// Whether what is written stays in memory.
    pub(crate) read_only: bool,
}

impl StateOptions {
    /// A database that may be written, and whose pages are not checked.
    pub(crate) const fn new(cache_size: usize) -> Self {
        Self { cache_size, check: false, read_only: false }
    }

    fn builder(self, progress: impl Fn(f64) + 'static) -> Builder {
        let mut builder = Database::builder();
        builder
            .set_cache_size(self.cache_size)
            .set_check_integrity_on_open(self.check)
            .set_repair_callback(move |session| progress(session.progress()));
        builder
    }
}

/// The open state database.
#[derive(Debug)]
pub(crate) struct State {
    /// `None` only while it is being dropped, or when a compaction could not open it again.
    database: Option<Database>,
    backend: Backend,
    options: StateOptions,
    store_id: StoreId,
    /// Where the state on disk stood when it was opened.
    head: Head,
    /// Whether it was in an older format there.
    upgraded: bool,
    tails: Mutex<Tails>,
    /// What the last transaction left; `None` where it has to be read.
    newest: Mutex<Option<Newest>>,
    known_views: Arc<KnownViews>,
}

/// The tails that go with what a reader may find in the database: the state that is shown, and
/// the one that is being committed.
struct Tails {
    shown: (Mark, Arc<Tail>),
    next: Option<(Mark, Arc<Tail>)>,
    /// The tables, opened once for all who read before the next change, which forgets them behind
    /// its commit.
    tables: Option<Arc<ReadTables>>,
}

impl Tails {
    fn new(mark: Mark) -> Self {
        Self { shown: (mark, Arc::default()), next: None, tables: None }
    }
}

impl fmt::Debug for Tails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { shown, next, tables: _ } = self;
        f.debug_struct("Tails").field("shown", shown).field("next", next).finish_non_exhaustive()
    }
}

impl State {
    /// Makes the database of a new store in an empty file.
    pub(crate) fn create(
        file: Arc<dyn DiskFile>,
        store_id: StoreId,
        options: StateOptions,
    ) -> Result<()> {
        let backend = Backend::direct(file);
        let database = options.builder(|_| {}).create_with_backend(backend)?;
        let mut transaction = database.begin_write()?;
        transaction.set_quick_repair(true);
        create_tables(&transaction, &store_id.0, FORMAT)?;
        transaction.commit()?;
        database.close()?;
        Ok(())
    }

    /// Opens the database, repairing it where it was not closed; nothing is written to the file
    /// before [`admit`](Self::admit), and never if it is only read.
    ///
    /// `progress` is told how far a repair is, from 0 to 1.
    ///
    /// # Errors
    ///
    /// [`Error::NewerFormat`], [`Error::Damaged`], or [`Error::State`] and [`Error::Io`] when the
    /// file cannot be read.
    pub(crate) fn open(
        file: Arc<dyn DiskFile>,
        options: StateOptions,
        progress: impl Fn(f64) + 'static,
    ) -> Result<Self> {
        let backend = if options.read_only { Backend::read_only } else { Backend::held_back };
        let backend =
            backend(file).map_err(|source| Error::io("read the state database", source))?;
        let held = backend.clone();
        // The database trusts the file where it was closed and may panic on what it finds.
        contain(move || {
            let database = options.builder(progress).create_with_backend(held)?;
            let Identity { format, store_id, head } = identify(&database)?;
            let upgraded = format < FORMAT;
            if upgraded {
                upgrade(&database, format)?;
            }
            let tails = Mutex::new(Tails::new(head.mark()));
            Ok(Self {
                database: Some(database),
                backend,
                options,
                store_id,
                head,
                upgraded,
                tails,
                newest: Mutex::default(),
                known_views: Arc::default(),
            })
        })
        .map_err(met_in_files)
    }

    /// Lets writes through to the file, those of the opening first.
    pub(crate) fn admit(&self) -> Result<()> {
        self.backend.admit().map_err(|source| Error::io("write the state database", source))
    }

    /// How many bytes of writes are held back.
    pub(crate) fn held_bytes(&self) -> usize {
        self.backend.held_bytes()
    }

    /// The length of the file in bytes, without what is held back.
    pub(crate) fn file_len(&self) -> Result<u64> {
        self.backend.file_len().map_err(|source| Error::io("read the state database", source))
    }

    fn database(&self) -> Result<&Database> {
        self.database.as_ref().ok_or_else(Self::lost)
    }

    /// That there is no database: the store was not closed, and can be recovered.
    fn lost() -> Error {
        let source = "a compaction could not open it again".into();
        Error::State { outcome: Outcome::NotApplied, source }
    }

    pub(crate) fn store_id(&self) -> StoreId {
        self.store_id
    }

    /// Where the state stood when it was opened; durable.
    pub(crate) fn opened_at(&self) -> Head {
        self.head
    }

    /// Whether an older format was brought to the present one, which the next checkpoint makes
    /// durable.
    pub(crate) fn was_upgraded(&self) -> bool {
        self.upgraded
    }

    /// Begins a change that the journal makes durable.
    pub(crate) fn begin(&self) -> Result<Transaction<'_>> {
        let mut inner = self.database()?.begin_write()?;
        inner.set_durability(Durability::None)?;
        Ok(Transaction { inner, state: self })
    }

    /// The tail of the state that is shown.
    pub(crate) fn tail(&self) -> Arc<Tail> {
        Arc::clone(&self.tails().shown.1)
    }

    /// The newest change that is shown, and how many changes of backlinks wait in its tail.
    ///
    /// Cost: O(runs of the tail).
    pub(crate) fn shown(&self) -> (u64, usize) {
        let tails = self.tails();
        let (mark, tail) = &tails.shown;
        (mark.revision, tail.len())
    }

    /// Gives a state that was just opened the tail that the journal remembers.
    pub(crate) fn set_tail(&self, tail: Tail) {
        let mut tails = self.tails();
        tails.shown.1 = Arc::new(tail);
        tails.tables = None;
    }

    /// The newest change that is in the posting lists, with all before it.
    pub(crate) fn folded_to(&self) -> u64 {
        self.tails().shown.0.unfolded_from.saturating_sub(1)
    }

    fn tails(&self) -> MutexGuard<'_, Tails> {
        // Written in single steps only, so a panic leaves it whole.
        self.tails.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows what a commit left to those who read from now on.
    fn show(&self, shown: (Mark, Arc<Tail>)) {
        let mut tails = self.tails();
        let before = (std::mem::replace(&mut tails.shown, shown), tails.tables.take());
        // Nobody has to wait while they are dropped.
        drop(tails);
        drop(before);
    }

    fn newest(&self) -> MutexGuard<'_, Option<Newest>> {
        // Written in single steps only, so a panic leaves it whole.
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes all changes so far durable in the database.
    ///
    /// With quick repair, or opening after a crash would walk the whole file.
    ///
    /// Cost: O(pages changed since the last time).
    pub(crate) fn checkpoint(&self) -> Result<()> {
        let mut transaction = self.database()?.begin_write()?;
        transaction.set_durability(Durability::Immediate)?;
        transaction.set_quick_repair(true);
        transaction.commit()?;
        Ok(())
    }

    /// Moves pages to the front of the file and cuts it, down to what is in use.
    ///
    /// # Errors
    ///
    /// [`Error::SnapshotsOpen`] when a reader is there.
    ///
    /// Cost: O(size of the state).
    pub(crate) fn compact(&mut self) -> Result<()> {
        self.forget_tables();
        let database = self.database.as_mut().ok_or_else(Self::lost)?;
        database.compact()?;
        // A crash now would let the next opening walk the whole file, and a commit with quick repair
        // would double it; closing does neither.
        self.close_once()?;
        let builder = self.options.builder(|_| {});
        self.database = Some(builder.create_with_backend(self.backend.clone())?);
        Ok(())
    }

    /// The tables as they stand now, and stay for the reader.
    ///
    /// To begin a reader and to open its tables takes several times what a look-up does, so those who
    /// read between two changes share one.
    pub(crate) fn read(&self) -> Result<Arc<ReadTables>> {
        let database = self.database()?;
        // No commit gets from one of the tails to the next but one while the lock is held.
        let mut tails = self.tails();
        if let Some(tables) = &tails.tables {
            return Ok(Arc::clone(tables));
        }
        let tables =
            ReadTables::open(database.begin_read()?, Arc::clone(&self.known_views), |mark| {
                let mut both = std::iter::once(&tails.shown).chain(&tails.next);
                both.find(|(of, _)| *of == mark).map(|(_, tail)| Arc::clone(tail))
            })?;
        Ok(Arc::clone(tails.tables.insert(Arc::new(tables))))
    }

    /// Lets go of the tables that readers share, or the database keeps the pages they see.
    fn forget_tables(&self) {
        let tables = self.tails().tables.take();
        drop(tables);
    }

    /// Closes the database; reads that are still open fail from now on.
    pub(crate) fn close(mut self) -> Result<()> {
        self.close_once()
    }

    fn close_once(&mut self) -> Result<()> {
        let Some(database) = self.database.take() else { return Ok(()) };
        contain(|| {
            self.forget_tables();
            Ok(database.close()?)
        })
    }
}

impl Drop for State {
    fn drop(&mut self) {
        // Whoever wants to know closes it. What could not be written is in the journal, and a
        // panic over a damaged page must not get out of a drop.
        let _ = self.close_once();
    }
}

/// What a state says of itself.
struct Identity {
    format: u32,
    store_id: StoreId,
    head: Head,
}

/// Tells whether the database is a store's state, and which.
fn identify(database: &Database) -> Result<Identity> {
    let foreign = |detail: &str| Error::damaged(StoreFile::State, "state database", detail);
    let transaction = database.begin_read()?;
    let meta = match transaction.open_table(tables::META) {
        Err(redb::TableError::TableDoesNotExist(_)) => {
            return Err(foreign("it is a redb database that no store made"));
        }
        other => other?,
    };
    let format = tables::get(&meta, tables::FORMAT_NAME, |value| Ok(value.first_chunk().copied()))?;
    let format =
        u32::from_le_bytes(format.flatten().ok_or_else(|| foreign("it does not tell its format"))?);
    if format > FORMAT {
        let part = "state database".into();
        return Err(Error::NewerFormat { part, found: format, supported: FORMAT });
    }
    let id =
        tables::get(&meta, tables::STORE_ID_NAME, |value| Ok(<[u8; 16]>::try_from(value).ok()))?;
    let id = id.flatten().ok_or_else(|| foreign("it does not tell its store's id"))?;
    let head = Head::load(&meta)?;
    if head.unfolded_from > head.revision.saturating_add(1) {
        return Err(foreign("its backlinks are ahead of it"));
    }
    Ok(Identity { format, store_id: StoreId(id), head })
}

/// A change of the tables under way: all of it or nothing.
pub(crate) struct Transaction<'s> {
    pub(super) inner: WriteTransaction,
    state: &'s State,
}

impl Transaction<'_> {
    pub(crate) fn tables(&self) -> Result<WriteTables<'_>> {
        let newest = self.state.newest().clone();
        WriteTables::open(&self.inner, newest, Tail::clone(&self.state.tail()))
    }

    /// Shows the change to readers.
    pub(crate) fn commit(self, finished: Finished) -> Result<()> {
        let shown = (finished.mark(), Arc::new(finished.tail));
        // Readers find the tail by what they find in the database, whichever is there first.
        self.state.tails().next = Some(shown.clone());
        // Nothing is known of what a commit that fails leaves.
        self.state.newest().take();
        self.inner.commit()?;
        self.state.show(shown);
        *self.state.newest() = Some(finished.newest);
        Ok(())
    }

    /// Takes the change back.
    pub(crate) fn abort(self) -> Result<()> {
        Ok(self.inner.abort()?)
    }
}

#[cfg(test)]
mod tests;
