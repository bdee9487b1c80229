//! Things that are made beside what they are to become, under a name that means nothing.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempDir};

use super::error::TransferError;
use crate::error::Result;

/// What is put behind the name of what is not finished.
const SUFFIX: &str = ".unfinished";

/// A file beside `path`, gone when it is dropped.
///
/// # Errors
///
/// That of the file system; of kind `InvalidInput` where the path names no file.
pub(super) fn file_beside(path: &Path) -> io::Result<NamedTempFile> {
    let (parent, prefix) = parts(path)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(SUFFIX);
    // As for a file that is made in the usual way: who may read it is decided elsewhere.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(parent)
}

/// A directory beside `path`, gone with all in it when it is dropped.
///
/// # Errors
///
/// That of the file system; of kind `InvalidInput` where the path names no directory.
pub(super) fn directory_beside(path: &Path) -> io::Result<TempDir> {
    let (parent, prefix) = parts(path)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(SUFFIX);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777));
    builder.tempdir_in(parent)
}

/// Whether what is made at `path` is in a directory, at whatever depth, whatever links lead there.
///
/// # Errors
///
/// That of the file system, where the directory is not there, or the one that the path is in.
pub(crate) fn is_in(path: &Path, directory: &Path) -> io::Result<bool> {
    // What is made at a directory is made in it, by whatever way the path leads there.
    let place = if path.is_dir() { path.to_owned() } else { parts(path)?.0 };
    Ok(place.canonicalize()?.starts_with(directory.canonicalize()?))
}

/// Makes the name of what was made at `path` durable.
///
/// # Errors
///
/// [`TransferError::Unsynced`].
pub(super) fn sync_name(path: PathBuf) -> Result<()> {
    // Elsewhere directories cannot be synced, and the file system's own log orders them.
    #[cfg(unix)]
    parts(&path)
        .and_then(|(parent, _)| unless_impossible(std::fs::File::open(parent)?.sync_all()))
        .map_err(|source| TransferError::Unsynced { path, source })?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// What the sync of a directory came to. A file system that cannot sync one says that the call is invalid or
/// not supported, and orders names by its own log.
#[cfg(unix)]
fn unless_impossible(synced: io::Result<()>) -> io::Result<()> {
    match synced.as_ref().map_err(io::Error::kind) {
        Err(io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        _ => synced,
    }
}

/// The directory that a path is in, and what the names of what is made for it begin with.
fn parts(path: &Path) -> io::Result<(PathBuf, OsString)> {
    let path = std::path::absolute(path)?;
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path names nothing"));
    };
    let mut prefix = name.to_owned();
    prefix.push(".");
    Ok((parent.to_owned(), prefix))
}
