//! The directory of a store: whose it is, and making a new one.
//!
//! ```text
//! lock              held as long as the store is open; shared by those who only read
//! state.redb        the state database
//! unfinished.redb   a state database that is being made, by a creation that did not end
//! journal/          the journal's segments
//! unfinished        the directory is being filled with a copy, or that did not end
//! ```

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::SharedDisk;
use crate::disk::{DiskFile, FileDisk, MARK, MemoryDisk, ReadOnlyDisk};
use crate::journal::{Journal, Segments, StoreId};
use crate::model::error::{Error, Result, StoreFile};
use crate::options::Options;
use crate::storage::{State, StateOptions, is_locked};

const LOCK: &str = "lock";
const STATE: &str = "state.redb";
const UNFINISHED: &str = "unfinished.redb";
const JOURNAL: &str = "journal";

/// What [`make`] makes, a part of it at times.
pub(super) const MADE: [&str; 3] = [STATE, UNFINISHED, JOURNAL];

/// A store's directory, locked.
#[derive(Debug)]
pub(crate) struct Directory {
    disk: SharedDisk,
    lock: Arc<dyn DiskFile>,
    path: PathBuf,
}

impl Directory {
    /// Locks the directory at `path`, making it and a new store in it where the options allow.
    pub(crate) fn open(path: &Path, options: &Options) -> Result<Self> {
        if path.as_os_str().is_empty() {
            return Err(Error::NotAStore { path: path.into(), reason: "the path is empty".into() });
        }
        let disk =
            FileDisk::new(path).map_err(|source| Error::io(format!("find {path:?}"), source))?;
        Self::on_disk(Arc::new(disk), path, options)
    }

    /// A directory that is gone with the store.
    pub(crate) fn in_memory(options: &Options) -> Result<Self> {
        Self::on_disk(Arc::new(MemoryDisk::default()), Path::new("memory"), options)
    }

    /// The same on any disk, which is called `path` where it is told of.
    pub(crate) fn on_disk(disk: SharedDisk, path: &Path, options: &Options) -> Result<Self> {
        let path = path.to_owned();
        let read_only = options.read_only;
        let disk = if read_only { Arc::new(ReadOnlyDisk::new(disk)) } else { disk };
        let may_create = options.create_if_missing && !read_only;
        let has_state = find_state(&disk, &path, may_create)?;
        let locking = |source| Error::io(format!("lock the store at {path:?}"), source);
        if !has_state {
            disk.create_dir("").map_err(locking)?;
        }
        let lock = match disk.open(LOCK) {
            // A store that was never opened, as a copy, has none, and who only reads makes none. Whoever
            // has a store open has the state locked, too.
            Err(error) if is_missing(&error) && read_only => state_file(&disk)?,
            Err(error) if is_missing(&error) => disk.create(LOCK).map_err(locking)?,
            other => other.map_err(locking)?,
        };
        if !lock.try_lock().map_err(locking)? {
            return Err(Error::AlreadyOpen { path });
        }
        let directory = Self { disk, lock, path };
        // Another process may have made it before it gave the lock free.
        if !find_state(&directory.disk, &directory.path, may_create)? {
            create(&directory.disk, options)?;
        }
        if !read_only {
            // Who made it may have been killed before it did this.
            let synced = directory.disk.sync_dir("");
            synced.map_err(|error| Error::io("sync the store's directory", error))?;
        }
        Ok(directory)
    }

    pub(super) fn disk(&self) -> &SharedDisk {
        &self.disk
    }

    /// The error of opening the files of the store: where the state is locked, another one has it open.
    pub(super) fn or_taken(&self, error: Error) -> Error {
        match is_locked(&error) {
            true => Error::AlreadyOpen { path: self.path.clone() },
            false => error,
        }
    }

    /// Lets others open the store.
    pub(super) fn release(&self) -> Result<()> {
        self.lock
            .unlock()
            .map_err(|source| Error::io(format!("unlock the store at {:?}", self.path), source))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // Not left to the closing of the file, which a child of the process that was just forked
        // may have open for a moment longer.
        let _ = self.release();
    }
}

/// Whether there is a store; an error if there is something else, or none and none may be made.
fn find_state(disk: &SharedDisk, path: &Path, may_create: bool) -> Result<bool> {
    if has_state(disk, path)? {
        return Ok(true);
    }
    match check_journal(disk, path) {
        // Another process has made it between the two looks.
        Err(_) if has_state(disk, path)? => Ok(true),
        Ok(()) if !may_create => Err(Error::NotFound { path: path.to_owned() }),
        checked => checked.map(|()| false),
    }
}

/// Whether there is a state; an error if there is something else than a store.
fn has_state(disk: &SharedDisk, path: &Path) -> Result<bool> {
    match disk.list("") {
        Ok(names) => check_names(&names, path),
        Err(error) if is_missing(&error) => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            Err(Error::NotAStore { path: path.to_owned(), reason: "it is a file".into() })
        }
        Err(error) => Err(Error::io(format!("list {path:?}"), error)),
    }
}

fn is_missing(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
}

/// Whether there is a state; an error if there is something else.
fn check_names(names: &[String], path: &Path) -> Result<bool> {
    if names.iter().any(|name| name == MARK) {
        let reason = format!(
            "a store is being copied into it, or that did not end, as {MARK:?} in it says: wait for the \
             end, or empty it"
        );
        return Err(Error::NotAStore { path: path.to_owned(), reason });
    }
    if names.iter().any(|name| name == STATE) {
        return Ok(true);
    }
    let known = [LOCK, UNFINISHED, JOURNAL];
    match names.iter().find(|name| !known.contains(&name.as_str())) {
        None => Ok(false),
        Some(other) => {
            let reason = format!("it holds {other:?} and no {STATE}");
            Err(Error::NotAStore { path: path.to_owned(), reason })
        }
    }
}

/// Checks that the journal of a directory without a state is one that a creation which did not
/// end left, if there is any.
fn check_journal(disk: &SharedDisk, path: &Path) -> Result<()> {
    if let Some(other) = Segments::foreign_name(&**disk)? {
        let reason = format!("its {JOURNAL} holds {other:?}, and there is no {STATE}");
        return Err(Error::NotAStore { path: path.to_owned(), reason });
    }
    if Segments::open(Arc::clone(disk), StoreId::default())?.hold_changes()? {
        return Err(Error::damaged(
            StoreFile::State,
            STATE,
            "it is missing, and there is a journal",
        ));
    }
    Ok(())
}

/// Makes a new store with nothing in it.
fn create(disk: &SharedDisk, options: &Options) -> Result<()> {
    let options = StateOptions::from(options);
    make(
        disk,
        Parts { journal: Journal::begin, state: |file, id| State::create(file, id, options) },
    )
}

/// How the parts of a new store are made.
pub(super) struct Parts<J, S> {
    pub(super) journal: J,
    pub(super) state: S,
}

/// Makes a new store: the journal, and then the state, which gets its name in one step and last.
/// So a creation that does not end leaves nothing that looks like a store, and a store without a
/// journal is one that lost it.
pub(super) fn make(
    disk: &SharedDisk,
    parts: Parts<
        impl FnOnce(Arc<Segments>) -> Result<()>,
        impl FnOnce(Arc<dyn DiskFile>, StoreId) -> Result<()>,
    >,
) -> Result<()> {
    let making = |source| Error::io("make a new store", source);
    Segments::create_dir(&**disk).map_err(making)?;
    let mut id = [0; 16];
    getrandom::fill(&mut id).map_err(|error| making(io::Error::other(error)))?;
    let segments = Arc::new(Segments::open(Arc::clone(disk), StoreId(id))?);
    (parts.journal)(segments)?;
    let file = disk.create(UNFINISHED).map_err(making)?;
    (parts.state)(file, StoreId(id))?;
    disk.rename(UNFINISHED, STATE).and_then(|()| disk.sync_dir("")).map_err(making)
}

/// The file of the state database.
pub(super) fn state_file(disk: &SharedDisk) -> Result<Arc<dyn DiskFile>> {
    disk.open(STATE).map_err(|source| match source.kind() {
        io::ErrorKind::IsADirectory => {
            Error::damaged(StoreFile::State, STATE, "it is a directory and not a file")
        }
        _ => Error::io(format!("open {STATE}"), source),
    })
}

impl From<&Options> for StateOptions {
    fn from(options: &Options) -> Self {
        let Options { cache_size, check_pages, read_only, .. } = *options;
        Self { cache_size, check: check_pages, read_only }
    }
}
