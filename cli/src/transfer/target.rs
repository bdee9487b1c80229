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
use crate::new_store::{self, cause, is_free, not_free, unmade};
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
    /// Nothing, or an empty directory.
    Free { path: PathBuf },
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
            // That none can be made is told before all of a file is read. Nothing is left meanwhile: who
            // waits for the rows may end the program.
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

    /// Whether the import makes the store.
    pub(super) const fn is_new(&self) -> bool {
        matches!(self, Self::Free { .. })
    }

    /// The store, made if it is not there, to take so many bytes of records.
    pub(super) fn open(self, bytes: u64, clock: &Clock, dry_run: bool) -> Result<OpenTarget> {
        let path = match self {
            Self::There(store) => return Ok(OpenTarget { store, end: End::Stays }),
            Self::Copy { store, directory } => {
                return Ok(OpenTarget { store, end: End::Goes { _directory: Some(directory) } });
            }
            Self::Free { path } => path,
        };
        // The changes of an import are no history that anybody wants whole.
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

/// A store that is imported into, and what becomes of it in the end.
///
/// A new store is at its path when all is in it, so one whose import ended too soon is never taken for a
/// whole one. It is made in memory where it is not too large, since it needs no disk sync for each
/// change then, and written to disk as a backup is. A larger one is made on disk: beside its path, and
/// renamed; or, where that is an empty directory, which stays the one it is, among temporary files.
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
    /// It is in memory or in a temporary directory, and written to the path.
    Written { path: PathBuf, _directory: Option<TempDir> },
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

/// The directory in which a new store is made, beside its place.
fn unfinished_store(path: &Path) -> Result<TempDir> {
    let directory = unfinished::directory_beside(path);
    directory.map_err(|source| unmade(path)(source.into()))
}

/// A directory among the temporary files of the system.
fn scratch_directory() -> Result<TempDir> {
    Ok(tempfile::tempdir().map_err(TransferError::Scratch)?)
}

/// Whether a new store can be made at a path. Nothing is left of the attempt.
fn probe(path: &Path) -> Result<()> {
    let made = if path.is_dir() {
        tempfile::tempdir_in(path).map_err(|source| unmade(path)(source.into()))
    } else {
        unfinished_store(path)
    };
    made.map(drop)
}

/// Gives a directory its name, where nothing has that.
fn name(directory: TempDir, path: &Path) -> io::Result<()> {
    // A rename would take the place of an empty directory, in which somebody may stand.
    if fs::symlink_metadata(path).is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
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
    fn an_empty_directory_is_filled_whether_the_store_was_made_in_memory_or_not() {
        for bytes in [IN_MEMORY, IN_MEMORY + 1] {
            let (root, path, target) = free();
            fs::create_dir(&path).unwrap();
            let target = target.open(bytes, &Clock::default(), false).unwrap();
            let on_disk = matches!(&target.end, End::Written { _directory: Some(_), .. });
            assert_eq!(on_disk, bytes > IN_MEMORY);
            create_view(&target);
            assert_eq!(fs::read_dir(&path).unwrap().count(), 0);
            // The same directory, and not another one under its name.
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
            let error = target.finish().unwrap_err();
            assert_eq!(error.code(), "already_exists", "{error:?}");
            assert!(error.chain().contains("choose a free path"), "{}", error.chain());
            assert_eq!(fs::read(path.join("mine")).unwrap(), b"mine");
            assert_eq!(names(&root), ["new.viewlink"]);
        }
    }

    #[test]
    fn a_new_store_that_cannot_be_written_in_the_end_is_told_as_one_that_cannot_be_made() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("gone/new.viewlink");
        fs::create_dir(root.path().join("gone")).unwrap();
        let target = Target::Free { path }.open(0, &Clock::default(), false).unwrap();
        create_view(&target);
        fs::remove_dir(root.path().join("gone")).unwrap();
        let error = target.finish().unwrap_err();
        assert_eq!(error.code(), "unwritable_store", "{error:?}");
        let told = error.chain();
        assert!(told.contains("takes room in") && told.contains("/gone\""), "{told}");
        assert!(!told.contains("cop"), "{told}");
    }
}
