//! Stores that a command makes.

use std::fs;
use std::io;
use std::path::Path;

use viewlink::Store;

use crate::error::{Error, Result};

/// What failed, of whatever kind.
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Whether there is nothing at a path, or an empty directory. Of what cannot be looked at, opening it
/// tells as it does for every command.
pub(crate) fn is_free(path: &Path) -> bool {
    match fs::symlink_metadata(path) {
        Err(error) => error.kind() == io::ErrorKind::NotFound,
        Ok(found) if found.is_dir() => {
            fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none())
        }
        Ok(_) => false,
    }
}

/// Writes a store that was made in memory to its place: whole, or nothing is there.
pub(crate) fn write(store: &Store, path: &Path) -> Result<()> {
    match store.backup_to(path) {
        Ok(_) => Ok(()),
        Err(error @ viewlink::Error::BackupFailed { .. }) => Err(unmade(path)(cause(error))),
        Err(other) => Err(other.into()),
    }
}

/// The error that a new store was not made.
pub(crate) fn unmade(path: &Path) -> impl FnOnce(Cause) -> Error {
    move |source| Error::Unmade { path: path.to_owned(), source }
}

/// Why a copy failed, without the words of a copy where something else was asked for.
pub(crate) fn cause(error: viewlink::Error) -> Cause {
    match error {
        viewlink::Error::BackupFailed { source, .. } => source,
        other => other.into(),
    }
}

/// What it means that there is no store where one could not be made: the advice to make one is none.
pub(crate) fn not_free(error: Error) -> Error {
    match error {
        Error::NoStore { path } => Error::NotFree { path },
        other => other,
    }
}
