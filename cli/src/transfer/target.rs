//! The store that is imported into.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use viewlink::{Limits, Options, Store};

use super::clock::Clock;
use super::error::TransferError;
use super::unfinished;
use crate::error::{Error, Result};
use crate::output::Output;
use crate::store::{self, StoreArguments};

/// How many keys a change may have.
pub(super) const BATCH: usize = 50_000;

/// For how many bytes of records a new store is made in memory. A store takes some two or three times
/// as much.
const IN_MEMORY: u64 = 128 << 20;

/// How many changes the journal of a new store keeps, as one does by default.
const CHANGES_KEPT: u64 = 100_000;

/// What is at the path of the store that is imported into.
#[derive(Debug)]
pub(super) enum Target {
    /// A store. It is changed as it is.
    There(Store),
    /// A store, and a dry run is made on this copy of it.
    Copy { store: Store, directory: TempDir },
    /// Nothing, or an empty directory. The store is made in another one beside it.
    Free { path: PathBuf, directory: TempDir },
}

impl Target {
    /// Looks at the path, and opens the store if there is one.
    pub(super) fn find(
        arguments: &StoreArguments,
        clock: &Clock,
        dry_run: bool,
        output: &Output,
    ) -> Result<Self> {
        let path = arguments.path();
        if is_free(path) {
            let directory = unfinished::directory_beside(path);
            let directory = directory.map_err(|source| made(path)(source.into()))?;
            return Ok(Self::Free { path: path.to_owned(), directory });
        }
        // The advice to make a store with an import is none where this is one.
        let found = |error| match error {
            Error::NoStore { path } => TransferError::NotFree { path }.into(),
            other => other,
        };
        if !dry_run {
            let store = arguments.open_with(options(clock), output).map_err(found)?;
            return Ok(Self::There(store));
        }
        let original = arguments.open(output).map_err(found)?;
        let copied = |source| TransferError::Copy { path: path.to_owned(), source };
        let directory = unfinished::directory_beside(path);
        let directory = directory.map_err(|source| copied(source.into()))?;
        original.backup_to(directory.path()).map_err(|error| copied(cause(error)))?;
        original.close()?;
        Ok(Self::Copy { store: options(clock).open(directory.path())?, directory })
    }

    /// Whether the import makes the store.
    pub(super) const fn is_new(&self) -> bool {
        matches!(self, Self::Free { .. })
    }

    /// The store, made if it is not there, to take so many bytes of records.
    pub(super) fn open(self, bytes: u64, clock: &Clock, dry_run: bool) -> Result<OpenTarget> {
        let (path, directory) = match self {
            Self::There(store) => return Ok(OpenTarget { store, end: End::Stays }),
            Self::Copy { store, directory } => {
                return Ok(OpenTarget { store, end: End::Goes { _directory: Some(directory) } });
            }
            Self::Free { path, directory } => (path, directory),
        };
        // The changes of an import are no history that anybody wants whole.
        let options = options(clock).create_if_missing(true).keep_changes(Some(CHANGES_KEPT));
        if bytes <= IN_MEMORY {
            let store = options.open_in_memory()?;
            let end = if dry_run { End::Goes { _directory: None } } else { End::Written { path } };
            return Ok(OpenTarget { store, end });
        }
        let store = options.open(directory.path())?;
        let end = match dry_run {
            true => End::Goes { _directory: Some(directory) },
            false => End::Named { directory, path },
        };
        Ok(OpenTarget { store, end })
    }
}

/// A store that is imported into, and what becomes of it in the end.
///
/// A new store gets its name when all is in it, so one whose import ended too soon is never taken for a
/// whole one. It is made in memory where it is not too large, since it needs no disk sync for each
/// change then, and written to disk as a backup is.
#[derive(Debug)]
pub(super) struct OpenTarget {
    // Closed before the directory it is in goes.
    store: Store,
    end: End,
}

#[derive(Debug)]
enum End {
    /// It stays as it is.
    Stays,
    /// It goes, and the directory it is in.
    Goes { _directory: Option<TempDir> },
    /// It is in memory, and written to the path.
    Written { path: PathBuf },
    /// The directory it is in gets the name of the path.
    Named { directory: TempDir, path: PathBuf },
}

impl OpenTarget {
    pub(super) const fn store(&self) -> &Store {
        &self.store
    }

    /// Whether what was done stays when the import stops here.
    pub(super) const fn stays(&self) -> bool {
        matches!(self.end, End::Stays)
    }

    /// Closes the store, and gives a new one its name.
    pub(super) fn finish(self) -> Result<()> {
        let Self { store, end } = self;
        if let End::Written { path } = &end {
            store.backup_to(path).map_err(|error| match error {
                error @ viewlink::Error::BackupFailed { .. } => made(path)(cause(error)).into(),
                other => Error::from(other),
            })?;
        }
        store.close()?;
        match end {
            End::Stays | End::Goes { .. } | End::Written { .. } => Ok(()),
            End::Named { directory, path } => {
                let named = name(directory, &path);
                named.map_err(|source| made(&path)(source.into()))?;
                unfinished::sync_name(path)
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

/// What failed, of whatever kind.
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// The error that a new store was not made.
fn made(path: &Path) -> impl FnOnce(Cause) -> TransferError {
    move |source| TransferError::Make { path: path.to_owned(), source }
}

/// Why a copy failed, without the words of a copy where something else was asked for.
fn cause(error: viewlink::Error) -> Cause {
    match error {
        viewlink::Error::BackupFailed { source, .. } => source,
        other => other.into(),
    }
}

/// Whether there is nothing at a path, or an empty directory. Of what cannot be looked at, opening it
/// tells as it does for every command.
fn is_free(path: &Path) -> bool {
    match fs::symlink_metadata(path) {
        Err(error) => error.kind() == io::ErrorKind::NotFound,
        Ok(found) if found.is_dir() => {
            fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none())
        }
        Ok(_) => false,
    }
}

/// Gives a directory its name.
fn name(directory: TempDir, path: &Path) -> io::Result<()> {
    if let Ok(replaced) = fs::metadata(path) {
        // Who made the empty directory may have said who can look into it.
        fs::set_permissions(directory.path(), replaced.permissions())?;
    }
    // Elsewhere a directory takes the place of no other one.
    #[cfg(not(unix))]
    let _ = fs::remove_dir(path);
    fs::rename(directory.path(), path)?;
    // Nothing is under its temporary name any more.
    let _ = directory.keep();
    Ok(())
}

#[cfg(test)]
mod tests {
    use viewlink::NewView;

    use super::*;

    /// A place for a new store, in a directory that goes with the first.
    fn free() -> (TempDir, PathBuf, Target) {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("new.viewlink");
        let directory = unfinished::directory_beside(&path).unwrap();
        (root, path.clone(), Target::Free { path, directory })
    }

    fn create_view(target: &OpenTarget) {
        let project = target.store().project("p").unwrap();
        project.create_view(NewView::new("v", "V")).unwrap();
    }

    fn names(root: &TempDir) -> Vec<std::ffi::OsString> {
        fs::read_dir(root).unwrap().map(|entry| entry.unwrap().file_name()).collect()
    }

    #[test]
    fn a_new_store_has_its_name_when_it_is_finished_whether_it_was_made_in_memory_or_not() {
        for bytes in [IN_MEMORY, IN_MEMORY + 1] {
            let (root, path, target) = free();
            assert!(target.is_new());
            let target = target.open(bytes, &Clock::default(), false).unwrap();
            assert_eq!(matches!(target.end, End::Written { .. }), bytes == IN_MEMORY);
            create_view(&target);
            assert!(!path.exists());
            target.finish().unwrap();
            assert_eq!(names(&root), ["new.viewlink"]);
            let store = Store::open(&path).unwrap();
            assert!(store.verify().unwrap().is_clean());
            assert_eq!(store.snapshot().unwrap().revision(), 1);
        }
    }

    #[test]
    fn nothing_is_left_of_a_new_store_that_is_not_finished_or_was_for_a_dry_run() {
        for (bytes, dry_run) in [(0, false), (0, true), (u64::MAX, false), (u64::MAX, true)] {
            let (root, _, target) = free();
            let target = target.open(bytes, &Clock::default(), dry_run).unwrap();
            create_view(&target);
            assert!(!target.stays());
            if dry_run {
                target.finish().unwrap();
            } else {
                drop(target);
            }
            assert!(names(&root).is_empty(), "{bytes} {dry_run}");
        }
    }

    #[test]
    fn what_came_to_the_place_of_a_new_store_meanwhile_is_left_as_it_is() {
        for bytes in [0, u64::MAX] {
            let (root, path, target) = free();
            let target = target.open(bytes, &Clock::default(), false).unwrap();
            create_view(&target);
            fs::create_dir(&path).unwrap();
            fs::write(path.join("mine"), "mine").unwrap();
            target.finish().unwrap_err();
            assert_eq!(fs::read(path.join("mine")).unwrap(), b"mine");
            assert_eq!(names(&root), ["new.viewlink"]);
        }
    }
    #[test]
    fn a_new_store_that_cannot_be_written_in_the_end_is_told_as_one_that_cannot_be_made() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("gone/new.viewlink");
        fs::create_dir(root.path().join("gone")).unwrap();
        let directory = unfinished::directory_beside(&path).unwrap();
        let target = Target::Free { path, directory }.open(0, &Clock::default(), false).unwrap();
        create_view(&target);
        fs::remove_dir(root.path().join("gone")).unwrap();
        let error = target.finish().unwrap_err();
        assert_eq!(error.code(), "unwritable_store", "{error:?}");
        assert!(!error.chain().contains("cannot be copied"), "{error:?}");
    }
}
