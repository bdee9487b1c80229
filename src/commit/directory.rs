//! The directory of a store: whose it is, and making a new one.
//!
//! ```text
//! lock              held as long as the store is open; shared by those who only read
//! state.redb        the state database
//! unfinished.redb   a state database that is being made, by a creation that did not end
//! journal/          the journal's segments
//! ```

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::SharedDisk;
use crate::disk::{DiskFile, FileDisk, MemoryDisk, ReadOnlyDisk};
use crate::error::{Error, Result, StoreFile};
use crate::journal::{Journal, Segments, StoreId};
use crate::options::Options;
use crate::storage::{State, StateOptions};

const LOCK: &str = "lock";
const STATE: &str = "state.redb";
const UNFINISHED: &str = "unfinished.redb";
const JOURNAL: &str = "journal";

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
        let lock = if read_only { share_lock(&disk) } else { lock(&disk, has_state) };
        let lock =
            lock.map_err(|source| Error::io(format!("lock the store at {path:?}"), source))?;
        let Some(lock) = lock else {
            return Err(Error::AlreadyOpen { path });
        };
        // Another process may have made it before it gave the lock free.
        if !find_state(&disk, &path, may_create)? {
            create(&disk, options)?;
        }
        if !read_only {
            // Who made it may have been killed before it did this.
            disk.sync_dir("").map_err(|error| Error::io("sync the store's directory", error))?;
        }
        Ok(Self { disk, lock, path })
    }

    pub(super) fn disk(&self) -> &SharedDisk {
        &self.disk
    }

    /// Lets others open the store.
    pub(super) fn release(&self) -> Result<()> {
        self.lock
            .unlock()
            .map_err(|source| Error::io(format!("unlock the store at {:?}", self.path), source))
    }
}

/// Whether there is a store; an error if there is something else, or none and none may be made.
fn find_state(disk: &SharedDisk, path: &Path, may_create: bool) -> Result<bool> {
    let path = path.to_owned();
    let has_state = match disk.list("") {
        Ok(names) => check_names(&names, &path)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            return Err(Error::NotAStore { path, reason: "it is a file".into() });
        }
        Err(error) => return Err(Error::io(format!("list {path:?}"), error)),
    };
    if !has_state {
        check_journal(disk, &path)?;
        if !may_create {
            return Err(Error::NotFound { path });
        }
    }
    Ok(has_state)
}

/// Whether there is a state; an error if there is something else.
fn check_names(names: &[String], path: &Path) -> Result<bool> {
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

/// The lock on the directory, which is made where there is no store; `None` when another handle
/// has it. A store that was never opened, as a copy, has no file for it yet: then those who read have
/// the state locked.
fn lock(disk: &SharedDisk, has_state: bool) -> io::Result<Option<Arc<dyn DiskFile>>> {
    if !has_state {
        disk.create_dir("")?;
    }
    let file = match disk.open(LOCK) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let state = || disk.open(STATE)?.try_lock();
            if has_state && matches!(state(), Ok(false)) {
                return Ok(None);
            }
            disk.create(LOCK)?
        }
        other => other?,
    };
    Ok(file.try_lock()?.then_some(file))
}

/// The same for one who only reads, which others who do may have, too.
fn share_lock(disk: &SharedDisk) -> io::Result<Option<Arc<dyn DiskFile>>> {
    let file = match disk.open_to_read(LOCK) {
        // Who writes has the state locked, too.
        Err(error) if error.kind() == io::ErrorKind::NotFound => disk.open_to_read(STATE)?,
        other => other?,
    };
    Ok(file.try_lock_shared()?.then_some(file))
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
