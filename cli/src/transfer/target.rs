//! The store that is imported into.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use viewlink::{Limits, Options, Store};

use super::clock::Clock;
use super::error::TransferError;
use super::unfinished;
use crate::error::Result;
use crate::output::Output;
use crate::store::{self, StoreArguments};

/// How many keys a change may have.
pub(super) const BATCH: usize = 50_000;

/// The store that is imported into, and what becomes of it in the end.
///
/// A new store is made under a temporary name and gets its own when all is in it, so one whose import
/// ended too soon is never taken for a whole one.
#[derive(Debug)]
pub(super) struct Target {
    // Closed before the directory it is in goes.
    store: Store,
    place: Place,
    is_new: bool,
}

#[derive(Debug)]
enum Place {
    /// Its own.
    There,
    /// A directory that is to become the one at the path.
    New { directory: TempDir, path: PathBuf },
    /// A directory that is to go.
    Rehearsal { _directory: TempDir },
}

impl Target {
    /// The store at the path, or a new one where there is nothing or an empty directory; for a dry
    /// run one that stands for it.
    pub(super) fn open(
        arguments: &StoreArguments,
        clock: &Clock,
        dry_run: bool,
        output: &Output,
    ) -> Result<Self> {
        let path = arguments.path();
        let make = |source| TransferError::Make { path: path.to_owned(), source };
        let is_new = is_free(path).map_err(make)?;
        if !is_new && !dry_run {
            let store = arguments.open_with(options(clock), output)?;
            return Ok(Self { store, place: Place::There, is_new });
        }
        let directory = unfinished::directory_beside(path).map_err(make)?;
        if !is_new {
            let original = arguments.open(output)?;
            original.backup_to(directory.path())?;
            original.close()?;
        }
        let store = options(clock).create_if_missing(true).open(directory.path())?;
        let place = match dry_run {
            true => Place::Rehearsal { _directory: directory },
            false => Place::New { directory, path: path.to_owned() },
        };
        Ok(Self { store, place, is_new })
    }

    pub(super) const fn store(&self) -> &Store {
        &self.store
    }

    /// Whether the import makes the store, or would make it.
    pub(super) const fn is_new(&self) -> bool {
        self.is_new
    }

    /// Whether what was done stays when the import stops here.
    pub(super) const fn is_there(&self) -> bool {
        matches!(self.place, Place::There)
    }

    /// Closes the store, and gives a new one its name.
    pub(super) fn finish(self) -> Result<()> {
        let Self { store, place, .. } = self;
        store.close()?;
        match place {
            Place::There | Place::Rehearsal { .. } => Ok(()),
            Place::New { directory, path } => {
                name(directory, &path).map_err(|source| TransferError::Make { path, source }.into())
            }
        }
    }
}

/// What was exported under other limits can be imported, and the journal is left as it is.
fn options(clock: &Clock) -> Options {
    let clock = clock.clone();
    let all = usize::MAX;
    let limits = Limits {
        name: all,
        description: all,
        tags: all,
        tag: all,
        maintainer: all,
        ..Limits::default()
    };
    store::options().clock(move || clock.now()).limits(limits).batch_limit(BATCH)
}

/// Whether there is nothing at a path, or an empty directory.
fn is_free(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Ok(found) if found.is_dir() => Ok(fs::read_dir(path)?.next().is_none()),
        other => other.map(|_| false),
    }
}

/// Gives a directory its name.
fn name(directory: TempDir, path: &Path) -> io::Result<()> {
    // Elsewhere a directory takes the place of no other one.
    #[cfg(not(unix))]
    let _ = fs::remove_dir(path);
    fs::rename(directory.path(), path)?;
    // Nothing is under its temporary name any more.
    let _ = directory.keep();
    unfinished::sync_name(path)
}
