//! The directory of a store: locking it and making a new one.
//!
//! ```text
//! lock              held as long as the store is open; shared by those who only read
//! checkpoint.redb   the newest checkpoint: the state at some revision
//! unfinished.redb   a checkpoint that is being written, or that did not end
//! journal/          the journal's segments
//! unfinished        the directory is being filled with a copy, or that did not end
//! ```

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::SharedDisk;
use super::checkpoint_file::{self, NAME as CHECKPOINT, Pace, UNFINISHED};
use super::process::Process;
use crate::checkpoint::{Checkpoint, Identity};
use crate::disk::{DiskFile, FileDisk, MARK, MemoryDisk, ReadOnlyDisk};
use crate::journal::{Journal, JournalOptions, Retention, Segments, StoreId};
use crate::model::error::{Error, Result, StoreFile};
use crate::model::lineage::Lineage;
use crate::options::Options;

const LOCK: &str = "lock";
const JOURNAL: &str = "journal";
/// The state of a store in the layout before the first release.
const EARLIER_STATE: &str = "state.redb";

/// The names that [`make`] creates. After a crash only some of them may exist.
pub(super) const MADE: [&str; 3] = [CHECKPOINT, UNFINISHED, JOURNAL];

/// A store's directory, locked.
#[derive(Debug)]
pub(crate) struct Directory {
    disk: SharedDisk,
    lock: Arc<dyn DiskFile>,
    path: PathBuf,
    process: Process,
    /// The disk of the archive that the options name; `None` to use its path.
    archive: Option<SharedDisk>,
}

impl Directory {
    /// Locks the directory at `path`. If it does not exist and the options allow it, creates it and a new store in it.
    pub(crate) fn open(path: &Path, options: &Options) -> Result<Self> {
        Self::on_disk(Arc::new(find(path)?), path, options)
    }

    /// The same, but all files are written through the system's cache.
    #[cfg(feature = "testing")]
    pub(crate) fn open_buffered(path: &Path, options: &Options) -> Result<Self> {
        Self::on_disk(Arc::new(find(path)?.buffered()), path, options)
    }

    /// A directory in memory, which is dropped together with the store.
    pub(crate) fn in_memory(options: &Options) -> Result<Self> {
        Self::on_disk(Arc::new(MemoryDisk::default()), Path::new("memory"), options)
    }

    /// The same on any disk; messages call it `path`.
    pub(crate) fn on_disk(disk: SharedDisk, path: &Path, options: &Options) -> Result<Self> {
        let path = path.to_owned();
        let read_only = options.read_only;
        let disk = if read_only { Arc::new(ReadOnlyDisk::new(disk)) } else { disk };
        let may_create = options.create_if_missing && !read_only;
        let has_state = find_checkpoint(&disk, &path, may_create)?;
        if !has_state {
            disk.create_dir("").map_err(locking(&path))?;
        }
        let lock = lock(&disk, &path, read_only)?;
        let process = Process::current();
        let directory = Self { disk, lock, path, process, archive: None };
        // Another process may have created it before it released the lock.
        if !find_checkpoint(&directory.disk, &directory.path, may_create)? {
            create(&directory.disk, options.lineage)?;
        }
        directory.check_readers(read_only)?;
        if !read_only {
            // The process that created it may have been killed before it did this.
            let synced = directory.disk.sync_dir("");
            synced.map_err(|error| Error::io("sync the store's directory", error))?;
        }
        Ok(directory)
    }

    /// Changes it to look as in a forked child.
    #[cfg(test)]
    pub(super) fn fork(&mut self) {
        self.process = Process::other();
    }

    pub(super) fn disk(&self) -> &SharedDisk {
        &self.disk
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The disk of the archive, created if it does not exist; `None` if the journal is not archived, as in a read-only
    /// store.
    pub(super) fn archive(&self, options: &Options) -> Result<Option<SharedDisk>> {
        let Some(path) = options.archive.as_deref().filter(|_| !options.read_only) else {
            return Ok(None);
        };
        if let Some(disk) = &self.archive {
            return Ok(Some(Arc::clone(disk)));
        }
        let opening = |source| Error::io(format!("open the archive {path:?}"), source);
        Ok(Some(Arc::new(FileDisk::new(path).map_err(opening)?)))
    }

    /// The same, with this disk for the archive.
    #[cfg(feature = "testing")]
    pub(crate) fn with_archive(mut self, disk: Option<SharedDisk>) -> Self {
        self.archive = disk;
        self
    }

    /// Fails if a reader that found no lock file has locked the checkpoint instead.
    fn check_readers(&self, read_only: bool) -> Result<()> {
        if read_only {
            return Ok(());
        }
        let file = checkpoint_file::open(&self.disk)?;
        take(file, &self.path)?.unlock().map_err(locking(&self.path))
    }

    /// Releases the lock.
    pub(super) fn release(&self) -> Result<()> {
        self.lock
            .unlock()
            .map_err(|source| Error::io(format!("unlock the store at {:?}", self.path), source))
    }
}

/// The disk of the directory at a path.
fn find(path: &Path) -> Result<FileDisk> {
    if path.as_os_str().is_empty() {
        return Err(Error::NotAStore { path: path.into(), reason: "the path is empty".into() });
    }
    FileDisk::new(path).map_err(|source| Error::io(format!("find {path:?}"), source))
}

impl Drop for Directory {
    fn drop(&mut self) {
        // This is not left to the closing of the file, because a child of the process may have the file open for a
        // moment longer. A forked child shares the lock, so the child must not release it.
        if self.process.is_current() {
            let _ = self.release();
        }
    }
}

/// Locks a store.
fn lock(disk: &SharedDisk, path: &Path, read_only: bool) -> Result<Arc<dyn DiskFile>> {
    let file = match disk.open(LOCK) {
        Err(error) if is_missing(&error) && read_only => return lock_checkpoint(disk, path),
        Err(error) if is_missing(&error) => disk.create(LOCK),
        other => other,
    };
    take(file.map_err(locking(path))?, path)
}

/// Locks the checkpoint instead of the lock file. A store that was never opened, such as a copy, has no lock file, and
/// a reader creates no files.
///
/// A writer creates the lock file and then checks whether the checkpoint is locked. A reader locks the checkpoint and
/// then checks again whether there is a lock file. So at least one of them notices the other.
fn lock_checkpoint(disk: &SharedDisk, path: &Path) -> Result<Arc<dyn DiskFile>> {
    let checkpoint = take(checkpoint_file::open(disk)?, path)?;
    match disk.open(LOCK) {
        Err(error) if is_missing(&error) => Ok(checkpoint),
        file => {
            checkpoint.unlock().map_err(locking(path))?;
            take(file.map_err(locking(path))?, path)
        }
    }
}

/// Locks a file of a store, which marks the store as open.
fn take(file: Arc<dyn DiskFile>, path: &Path) -> Result<Arc<dyn DiskFile>> {
    match file.try_lock().map_err(locking(path))? {
        true => Ok(file),
        false => Err(Error::AlreadyOpen { path: path.to_owned() }),
    }
}

fn locking(path: &Path) -> impl Fn(io::Error) -> Error {
    move |source| Error::io(format!("lock the store at {path:?}"), source)
}

/// Whether there is a store; an error if there is something else, or if there is no store and creating one is not
/// allowed.
fn find_checkpoint(disk: &SharedDisk, path: &Path, may_create: bool) -> Result<bool> {
    if has_checkpoint(disk, path)? {
        return Ok(true);
    }
    match check_journal(disk, path) {
        // Another process has created it between the two checks.
        Err(_) if has_checkpoint(disk, path)? => Ok(true),
        Ok(()) if !may_create => Err(Error::NotFound { path: path.to_owned() }),
        checked => checked.map(|()| false),
    }
}

/// Whether there is a checkpoint; an error if there is something other than a store.
fn has_checkpoint(disk: &SharedDisk, path: &Path) -> Result<bool> {
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

/// Whether there is a checkpoint; an error if there is something other than a store.
fn check_names(names: &[String], path: &Path) -> Result<bool> {
    let has = |name: &str| names.iter().any(|other| other == name);
    let not_a_store = |reason| Error::NotAStore { path: path.to_owned(), reason };
    if has(MARK) {
        let reason = format!(
            "a store is being copied into it, or the copy was not finished ({MARK:?} exists): wait \
             until it is finished, or empty the directory"
        );
        return Err(not_a_store(reason));
    }
    if has(CHECKPOINT) {
        return Ok(true);
    }
    if has(EARLIER_STATE) {
        let reason = format!(
            "its {EARLIER_STATE} has the layout of viewlink before its first release; it was not changed: \
             export it with the version that wrote it, and import it here"
        );
        return Err(not_a_store(reason));
    }
    let known = [LOCK, UNFINISHED, JOURNAL];
    match names.iter().find(|name| !known.contains(&name.as_str())) {
        None => Ok(false),
        Some(other) => Err(not_a_store(format!("it contains {other:?}, but no {CHECKPOINT}"))),
    }
}

/// For a directory without a checkpoint: checks that its journal, if there is one, is left from a creation that did
/// not finish.
fn check_journal(disk: &SharedDisk, path: &Path) -> Result<()> {
    if let Some(other) = Segments::foreign_name(&**disk)? {
        let reason = format!("its {JOURNAL} contains {other:?}, and there is no {CHECKPOINT}");
        return Err(Error::NotAStore { path: path.to_owned(), reason });
    }
    if Segments::open(Arc::clone(disk), StoreId::default())?.hold_changes()? {
        let detail = "it is missing, and there is a journal";
        return Err(Error::damaged(StoreFile::State, CHECKPOINT, detail));
    }
    Ok(())
}

/// Makes a new empty store, with the given lineage or a random one.
fn create(disk: &SharedDisk, lineage: Option<[u8; 16]>) -> Result<()> {
    let lineage = Lineage(lineage.map_or_else(random, Ok)?);
    let identity = Identity { store_id: StoreId(random()?), lineage };
    let (hash, mark, state) = Default::default();
    let checkpoint = Checkpoint { identity, hash, mark, state };
    make(disk, &checkpoint, Journal::begin)
}

/// A new id of a store.
pub(super) fn random() -> Result<[u8; 16]> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| {
        Error::io("get random numbers for a new store", io::Error::other(error))
    })?;
    Ok(bytes)
}

/// Makes a new store: first the journal, and then the checkpoint, which gets its name last and in one step. So a
/// creation that does not finish leaves nothing that looks like a store, and if a store has no journal, it was lost.
pub(super) fn make(
    disk: &SharedDisk,
    checkpoint: &Checkpoint,
    journal: impl FnOnce(Arc<Segments>) -> Result<()>,
) -> Result<()> {
    let making = |source| Error::io("make a new store", source);
    Segments::create_dir(&**disk).map_err(making)?;
    let segments = Segments::open(Arc::clone(disk), checkpoint.identity.store_id)?;
    journal(Arc::new(segments))?;
    checkpoint_file::write(disk, checkpoint, &Pace::default(), false).map(drop)
}

impl From<&Options> for JournalOptions {
    fn from(options: &Options) -> Self {
        let Options { segment_size, keep_changes, keep_for, .. } = *options;
        Self { segment_size, retention: Retention { keep_changes, keep_for } }
    }
}
