//! Fills an existing directory: it has a mark until it is complete.
//!
//! The mark is made first and removed last, each time followed by a sync. So a directory with the mark is not a store,
//! whatever else is in it, and a directory without it is empty or complete.

use std::io;

use super::Disk;

/// The name of the mark, an empty file.
pub(crate) const MARK: &str = "unfinished";

/// Marks an empty directory.
///
/// # Errors
///
/// An error of kind `AlreadyExists` if it is no longer empty. It is then left as it is.
pub(crate) fn mark(disk: &dyn Disk) -> io::Result<()> {
    disk.create_new(MARK)?;
    let marked = check_alone(disk).and_then(|()| disk.sync_dir(""));
    if marked.is_err() {
        // Later callers must find it empty.
        let _ = disk.remove(MARK);
    }
    marked
}

/// Another process that creates a store here also makes a file first and checks afterwards, so at least one of the two
/// notices the other.
fn check_alone(disk: &dyn Disk) -> io::Result<()> {
    match disk.list("")?.iter().any(|name| name != MARK) {
        true => Err(io::ErrorKind::AlreadyExists.into()),
        false => Ok(()),
    }
}

/// Marks a directory as complete, in one step. Everything in it must be synced.
///
/// After a crash it may be complete or not, until the directory is synced.
pub(crate) fn unmark(disk: &dyn Disk) -> io::Result<()> {
    disk.remove(MARK)
}
