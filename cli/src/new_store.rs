//! Stores that a command creates.

use std::fs;
use std::io;
use std::path::Path;

use viewlink::Store;

use crate::error::{Error, Result};
use crate::transfer::TransferError;

/// The cause of a failure, of any kind.
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Whether a path is unused or an empty directory. If it cannot be checked, opening it returns the error, as for every
/// command.
pub(crate) fn is_free(path: &Path) -> bool {
    match fs::symlink_metadata(path) {
        Err(error) => error.kind() == io::ErrorKind::NotFound,
        Ok(found) if found.is_dir() => {
            fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none())
        }
        Ok(_) => false,
    }
}

/// Writes a store from memory to its path: completely, or not at all.
pub(crate) fn write(store: &Store, path: &Path) -> Result<()> {
    store.backup_to(path).map(|_| ()).map_err(|error| unwritten(error, path))
}

fn unwritten(error: viewlink::Error, path: &Path) -> Error {
    match error {
        viewlink::Error::BackupFailed { .. } => unmade(path)(cause(error)),
        other => uncopied(other, path),
    }
}

/// The error if a store was not copied to a path, or if only the name of the copy is not synced.
pub(crate) fn uncopied(error: viewlink::Error, path: &Path) -> Error {
    match error {
        viewlink::Error::Io { source, .. } => {
            TransferError::Unsynced { path: path.to_owned(), source }.into()
        }
        other => other.into(),
    }
}

/// Whether a new store exists, even if a power cut could still remove it.
pub(crate) const fn is_there(made: &Result<()>) -> bool {
    matches!(made, Ok(()) | Err(Error::Transfer(TransferError::Unsynced { .. })))
}

/// The error that a new store was not created.
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

/// The cause of a failed copy, without words about copying if the user asked for something else.
pub(crate) fn cause(error: viewlink::Error) -> Cause {
    match error {
        viewlink::Error::BackupFailed { source, .. } => cause(*source),
        viewlink::Error::Io { source, .. } => source.into(),
        other => other.into(),
    }
}

/// The error for a missing store if a new one cannot be created: it does not advise to create one.
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
    fn a_store_whose_name_could_not_be_synced_is_reported_as_complete() {
        let error = unwritten(io_failure(), Path::new("/there/new"));
        assert_eq!(error.code(), "unsynced");
        assert!(error.chain().contains("\"/there/new\" is complete"), "{}", error.chain());
        assert!(is_there(&Err(error)));
    }

    #[test]
    fn the_error_for_a_store_that_could_not_be_written_does_not_mention_a_copy() {
        let source = Box::new(io_failure());
        let failed = viewlink::Error::BackupFailed { path: "/there/new".into(), source };
        let error = unwritten(failed, Path::new("/there/new"));
        assert_eq!(
            error.chain(),
            "cannot create a store at \"/there/new\", which needs space in \"/there\" and write permission there: fix \
             the cause, or use another path; no store was created: no luck"
        );
        assert!(!is_there(&Err(error)));
    }
}
