//! Files and directories that are created next to their final path, under a temporary name.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempDir};

use super::error::TransferError;
use crate::error::Result;

/// The end of a temporary name.
const SUFFIX: &str = ".unfinished";

/// A temporary file next to `path`; it is removed when it is dropped.
///
/// # Errors
///
/// The error of the file system; of kind `InvalidInput` if the path has no file name.
pub(super) fn file_beside(path: &Path) -> io::Result<NamedTempFile> {
    let (parent, prefix) = parts(path)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(SUFFIX);
    // The permissions are those of any new file; the caller may change them.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(parent)
}

/// A temporary directory next to `path`; it is removed with its content when it is dropped.
///
/// # Errors
///
/// The error of the file system; of kind `InvalidInput` if the path has no directory name.
pub(super) fn directory_beside(path: &Path) -> io::Result<TempDir> {
    let (parent, prefix) = parts(path)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(SUFFIX);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777));
    builder.tempdir_in(parent)
}

/// Whether a new file at `path` would be in a directory, at any depth and through any links.
///
/// # Errors
///
/// The error of the file system, if the directory does not exist, or the parent of the path does not.
pub(crate) fn is_in(path: &Path, directory: &Path) -> io::Result<bool> {
    // If the path itself is a directory, new files are created in it, whatever the path looks like.
    let place = if path.is_dir() { path.to_owned() } else { parts(path)?.0 };
    Ok(place.canonicalize()?.starts_with(directory.canonicalize()?))
}

/// Makes the new name at `path` durable.
///
/// # Errors
///
/// [`TransferError::Unsynced`].
pub(super) fn sync_name(path: PathBuf) -> Result<()> {
    // On other systems directories cannot be synced; the log of the file system orders them.
    #[cfg(unix)]
    parts(&path)
        .and_then(|(parent, _)| unless_impossible(std::fs::File::open(parent)?.sync_all()))
        .map_err(|source| TransferError::Unsynced { path, source })?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// The result of syncing a directory. A file system that cannot sync a directory returns "invalid" or "not supported",
/// and orders names by its own log.
#[cfg(unix)]
fn unless_impossible(synced: io::Result<()>) -> io::Result<()> {
    match synced.as_ref().map_err(io::Error::kind) {
        Err(io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        _ => synced,
    }
}

/// The parent directory of a path, and the beginning of the names of temporary files for it.
fn parts(path: &Path) -> io::Result<(PathBuf, OsString)> {
    let path = std::path::absolute(path)?;
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path has no file name"));
    };
    let mut prefix = name.to_owned();
    prefix.push(".");
    Ok((parent.to_owned(), prefix))
}
