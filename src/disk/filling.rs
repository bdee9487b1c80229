//! A directory that was there and is filled: it has a mark until it is whole.
//!
//! The mark comes first and goes last, each time with a sync behind it. So a directory with the mark is
//! no store whatever else is in it, and one without it is empty or whole.

use std::io;

use super::Disk;

/// The name of the mark, an empty file.
pub(crate) const MARK: &str = "unfinished";

/// Marks an empty directory.
///
/// # Errors
///
/// One of kind `AlreadyExists` when there is anything in it by now. It is left as it was then.
pub(crate) fn mark(disk: &dyn Disk) -> io::Result<()> {
    disk.create_new(MARK)?;
    let marked = check_alone(disk).and_then(|()| disk.sync_dir(""));
    if marked.is_err() {
        // It is empty for all who come later.
        let _ = disk.remove(MARK);
    }
    marked
}

/// Whoever makes a store here makes a file first, too, and looks then: one of both sees the other.
fn check_alone(disk: &dyn Disk) -> io::Result<()> {
    match disk.list("")?.iter().any(|name| name != MARK) {
        true => Err(io::ErrorKind::AlreadyExists.into()),
        false => Ok(()),
    }
}

/// Says that a directory is whole, in one step. All in it must be synced.
///
/// Whether it is whole after a crash is open until the directory was synced.
pub(crate) fn unmark(disk: &dyn Disk) -> io::Result<()> {
    disk.remove(MARK)
}
