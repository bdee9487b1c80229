//! The target store of an import.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use viewlink::{Limits, Options, Store};

use super::clock::Clock;
use super::error::TransferError;
use super::unfinished;
use crate::error::Result;
use crate::new_store::{self, cause, is_free, not_free, unmade};
use crate::output::Output;
use crate::store::{self, StoreArguments};

/// The largest number of keys in a change.
pub(super) const BATCH: usize = 50_000;

/// The largest size of records, in bytes, for which a new store is created in memory. A store needs two or three times
/// as much.
const IN_MEMORY: u64 = 128 << 20;

/// The number of changes that the journal of a new store keeps; it is the default of the crate.
const CHANGES_KEPT: u64 = 100_000;

/// The target path of an import.
#[derive(Debug)]
pub(super) enum Target {
    /// An existing store, which is changed directly.
    There(Store),
    /// An existing store, and its copy for a dry run.
    Copy { store: Store, directory: TempDir },
    /// An unused path, or an empty directory.
    Free { path: PathBuf },
}

impl Target {
    /// Checks the path, and opens the store if there is one.
    pub(super) fn find(
        arguments: &StoreArguments,
        clock: &Clock,
        dry_run: bool,
        output: &Output,
    ) -> Result<Self> {
        let path = arguments.path();
        if is_free(path) {
            // If a store cannot be created there, the error comes before the file is read. Nothing is left at the path,
            // since the program may be killed while it waits for the rows.
            probe(path)?;
            return Ok(Self::Free { path: path.to_owned() });
        }
        if !dry_run {
            let store = arguments.open(options(clock), output).map_err(not_free)?;
            return Ok(Self::There(store));
        }
        let original = arguments.read(output).map_err(not_free)?;
        let copied = |source| TransferError::Copy { path: path.to_owned(), source };
        let directory = unfinished::directory_beside(path);
        let directory = directory.map_err(|source| copied(source.into()))?;
        original.backup_to(directory.path()).map_err(|error| copied(cause(error)))?;
        original.close()?;
        Ok(Self::Copy { store: options(clock).open(directory.path())?, directory })
    }

    /// Whether the import creates the store.
    pub(super) const fn is_new(&self) -> bool {
        matches!(self, Self::Free { .. })
    }

    /// The store; it is created if it does not exist, for records of this size.
    pub(super) fn open(self, bytes: u64, clock: &Clock, dry_run: bool) -> Result<OpenTarget> {
        let path = match self {
            Self::There(store) => return Ok(OpenTarget { store, end: End::Stays }),
            Self::Copy { store, directory } => {
                return Ok(OpenTarget { store, end: End::Goes { _directory: Some(directory) } });
            }
            Self::Free { path } => path,
        };
        // The changes of an import are not a history that is worth keeping.
        let options = options(clock).create_if_missing(true).keep_changes(Some(CHANGES_KEPT));
        if bytes <= IN_MEMORY {
            let store = options.open_in_memory()?;
            let end = match dry_run {
                true => End::Goes { _directory: None },
                false => End::Written { path, _directory: None },
            };
            return Ok(OpenTarget { store, end });
        }
        let fills = path.is_dir();
        let directory = if fills { scratch_directory()? } else { unfinished_store(&path)? };
        let store = options.open(directory.path())?;
        let end = match (dry_run, fills) {
            (true, _) => End::Goes { _directory: Some(directory) },
            (false, true) => End::Written { path, _directory: Some(directory) },
            (false, false) => End::Named { directory, path },
        };
        Ok(OpenTarget { store, end })
    }
}

/// The target store, and what happens to it at the end.
///
/// A new store appears at its path only when it is complete. So the result of an interrupted import is never mistaken
/// for a complete store. A small store is created in memory, where no change needs a disk sync, and is then written to
/// disk as a backup is. A large store is created on disk: next to its path, and then renamed; or, if the path is an
/// empty directory, which must stay the same directory, in a temporary directory.
#[derive(Debug)]
pub(super) struct OpenTarget {
    // It is closed before its directory is removed.
    store: Store,
    end: End,
}

#[derive(Debug)]
enum End {
    /// The store stays.
    Stays,
    /// The store is removed, with its temporary directory.
    Goes { _directory: Option<TempDir> },
    /// The store is in memory or in a temporary directory, and is written to the path.
    Written { path: PathBuf, _directory: Option<TempDir> },
    /// The directory of the store is renamed to the path.
    Named { directory: TempDir, path: PathBuf },
}

impl OpenTarget {
    pub(super) const fn store(&self) -> &Store {
        &self.store
    }

    /// Whether the imported rows stay if the import stops here.
    pub(super) const fn stays(&self) -> bool {
        matches!(self.end, End::Stays)
    }

    /// Closes the store, and gives a new one its name.
    pub(super) fn finish(self) -> Result<()> {
        let Self { store, end } = self;
        if let End::Written { path, .. } = &end {
            new_store::write(&store, path)?;
        }
        store.close()?;
        match end {
            End::Stays | End::Goes { .. } | End::Written { .. } => Ok(()),
            End::Named { directory, path } => {
                name(directory, &path).map_err(|source| match source.kind() {
                    io::ErrorKind::AlreadyExists
                    | io::ErrorKind::DirectoryNotEmpty
                    | io::ErrorKind::NotADirectory => {
                        viewlink::Error::AlreadyExists { path: path.clone() }.into()
                    }
                    _ => unmade(&path)(source.into()),
                })?;
                unfinished::sync_name(path)
            }
        }
    }
}

/// A store can be imported even if it was exported with larger limits. The journal is not trimmed.
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

/// The directory for a new store, next to its path.
fn unfinished_store(path: &Path) -> Result<TempDir> {
    let directory = unfinished::directory_beside(path);
    directory.map_err(|source| unmade(path)(source.into()))
}

/// A directory among the temporary files of the system.
fn scratch_directory() -> Result<TempDir> {
    Ok(tempfile::tempdir().map_err(TransferError::Scratch)?)
}

/// Whether a new store can be created at a path. Nothing is left of the attempt.
fn probe(path: &Path) -> Result<()> {
    let made = if path.is_dir() {
        tempfile::tempdir_in(path).map_err(|source| unmade(path)(source.into()))
    } else {
        unfinished_store(path)
    };
    made.map(drop)
}

/// Renames a directory to a path, if the path is unused.
fn name(directory: TempDir, path: &Path) -> io::Result<()> {
    // A rename would replace an empty directory, which may be the working directory of a shell.
    if fs::symlink_metadata(path).is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    fs::rename(directory.path(), path)?;
    // The temporary name is not used any more.
    let _ = directory.keep();
    Ok(())
}

#[cfg(test)]
mod tests {
    use viewlink::NewView;

    use super::*;

    /// A path for a new store, in a directory that is removed with the first value.
    fn free() -> (TempDir, PathBuf, Target) {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("new.viewlink");
        (root, path.clone(), Target::Free { path })
    }

    fn create_view(target: &OpenTarget) {
        let project = target.store().project("p").unwrap();
        project.create_view(NewView::new("v", "V")).unwrap();
    }

    fn names(root: &TempDir) -> Vec<std::ffi::OsString> {
        fs::read_dir(root).unwrap().map(|entry| entry.unwrap().file_name()).collect()
    }

    #[test]
    fn a_new_store_gets_its_name_when_it_is_finished_in_memory_or_on_disk() {
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
    fn an_empty_directory_is_filled_by_a_store_in_memory_or_on_disk() {
        for bytes in [IN_MEMORY, IN_MEMORY + 1] {
            let (root, path, target) = free();
            fs::create_dir(&path).unwrap();
            let target = target.open(bytes, &Clock::default(), false).unwrap();
            let on_disk = matches!(&target.end, End::Written { _directory: Some(_), .. });
            assert_eq!(on_disk, bytes > IN_MEMORY);
            create_view(&target);
            assert_eq!(fs::read_dir(&path).unwrap().count(), 0);
            // It is the same directory, not another one with its name.
            let held = fs::File::open(&path).unwrap().metadata().unwrap();
            target.finish().unwrap();
            assert_eq!(names(&root), ["new.viewlink"]);
            #[cfg(unix)]
            {
                use std::os::unix::fs::MetadataExt as _;
                assert_eq!(fs::metadata(&path).unwrap().ino(), held.ino());
            }
            let store = Store::open(&path).unwrap();
            assert!(store.verify().unwrap().is_clean());
            assert_eq!(store.snapshot().unwrap().revision(), 1);
        }
    }

    #[test]
    fn nothing_is_left_of_an_unfinished_store_or_of_a_dry_run() {
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
    fn a_file_created_at_the_path_in_the_meantime_is_not_replaced() {
        for bytes in [0, u64::MAX] {
            let (root, path, target) = free();
            let target = target.open(bytes, &Clock::default(), false).unwrap();
            create_view(&target);
            fs::create_dir(&path).unwrap();
            fs::write(path.join("mine"), "mine").unwrap();
            let error = target.finish().unwrap_err();
            assert_eq!(error.code(), "already_exists", "{error:?}");
            assert!(error.chain().contains("choose a free path"), "{}", error.chain());
            assert_eq!(fs::read(path.join("mine")).unwrap(), b"mine");
            assert_eq!(names(&root), ["new.viewlink"]);
        }
    }

    #[test]
    fn a_store_that_cannot_be_written_at_the_end_is_an_unwritable_store() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("gone/new.viewlink");
        fs::create_dir(root.path().join("gone")).unwrap();
        let target = Target::Free { path }.open(0, &Clock::default(), false).unwrap();
        create_view(&target);
        fs::remove_dir(root.path().join("gone")).unwrap();
        let error = target.finish().unwrap_err();
        assert_eq!(error.code(), "unwritable_store", "{error:?}");
        let message = error.chain();
        assert!(message.contains("needs space in") && message.contains("/gone\""), "{message}");
        assert!(!message.contains("cop"), "{message}");
    }
}
