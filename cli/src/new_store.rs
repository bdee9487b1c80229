//! Stores that a command makes.

use std::fs;
use std::io;
use std::path::Path;

use viewlink::Store;

use crate::error::{Error, Result};
use crate::transfer::TransferError;

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
    store.backup_to(path).map(|_| ()).map_err(|error| unwritten(error, path))
}

fn unwritten(error: viewlink::Error, path: &Path) -> Error {
    match error {
        viewlink::Error::BackupFailed { .. } => unmade(path)(cause(error)),
        other => uncopied(other, path),
    }
}

/// What it means that a store was not copied to a path, or that only the name of the copy is not synced.
pub(crate) fn uncopied(error: viewlink::Error, path: &Path) -> Error {
    match error {
        viewlink::Error::Io { source, .. } => {
            TransferError::Unsynced { path: path.to_owned(), source }.into()
        }
        other => other.into(),
    }
}

/// Whether a new store is in its place, though perhaps a power cut can take it back.
pub(crate) const fn is_there(made: &Result<()>) -> bool {
    matches!(made, Ok(()) | Err(Error::Transfer(TransferError::Unsynced { .. })))
}

/// The error that a new store was not made.
pub(crate) fn unmade(path: &Path) -> impl FnOnce(Cause) -> Error {
    move |source| {
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let place = match absolute.parent() {
            Some(parent) if !path.is_dir() => parent.to_owned(),
            _ => absolute,
        };
        Error::Unmade { path: path.to_owned(), place, source }
    }
}

/// Why a copy failed, without the words of a copy where something else was asked for.
pub(crate) fn cause(error: viewlink::Error) -> Cause {
    match error {
        viewlink::Error::BackupFailed { source, .. } => cause(*source),
        viewlink::Error::Io { source, .. } => source.into(),
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

#[cfg(test)]
mod tests {
    use viewlink::Outcome;

    use super::*;

    fn io_failure() -> viewlink::Error {
        let action = "sync the directory that the copy is in".to_owned();
        let source = io::Error::other("no luck");
        viewlink::Error::Io { action, outcome: Outcome::NotApplied, source }
    }

    #[test]
    fn a_store_whose_name_alone_could_not_be_synced_is_told_to_be_there() {
        let error = unwritten(io_failure(), Path::new("/there/new"));
        assert_eq!(error.code(), "unsynced");
        assert!(error.chain().contains("\"/there/new\" is complete"), "{}", error.chain());
        assert!(is_there(&Err(error)));
    }

    #[test]
    fn a_store_that_could_not_be_written_is_not_told_to_be_a_copy() {
        let source = Box::new(io_failure());
        let failed = viewlink::Error::BackupFailed { path: "/there/new".into(), source };
        let error = unwritten(failed, Path::new("/there/new"));
        assert_eq!(
            error.chain(),
            "cannot make a store at \"/there/new\", which takes room in \"/there\" and the right to write \
             there: fix the cause, or name another path; no store was made: no luck"
        );
        assert!(!is_there(&Err(error)));
    }
}
