//! The output of an export.

use std::fs;
use std::io::{self, BufWriter, Stdout, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::error::TransferError;
use super::unfinished;
use crate::error::{Error, Result};

/// A file that is written completely or not at all, or standard output.
///
/// A file is written under a temporary name, synced and renamed. If that fails, an existing file does not change.
#[derive(Debug)]
pub(super) enum OutFile {
    Standard(BufWriter<Stdout>),
    File { file: BufWriter<NamedTempFile>, path: PathBuf },
}

impl OutFile {
    /// Standard output for `-`, else a file at the path, which must not be in the directory of `store`.
    ///
    /// # Errors
    ///
    /// [`TransferError::NoFile`] if the path is not a regular file; [`TransferError::InStore`] if it is in the store;
    /// [`TransferError::Write`] if the file cannot be created.
    pub(super) fn begin(path: &Path, store: &Path) -> Result<Self> {
        if path.as_os_str() == "-" {
            return Ok(Self::Standard(BufWriter::new(io::stdout())));
        }
        let failed = |source| TransferError::Write { path: path.to_owned(), source };
        // A link is followed, and its target is replaced.
        let (target, replaced) = match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => (path.to_owned(), None),
            Ok(found) if found.is_file() => (fs::canonicalize(path).map_err(failed)?, Some(found)),
            Ok(_) => return Err(TransferError::NoFile { path: path.to_owned() }.into()),
            Err(error) => return Err(failed(error).into()),
        };
        // A rename over a file of the store would destroy it.
        if unfinished::is_in(&target, store).map_err(failed)? {
            return Err(TransferError::InStore { path: path.to_owned() }.into());
        }
        let file = unfinished::file_beside(&target).map_err(failed)?;
        if let Some(replaced) = replaced {
            // The owner of the existing file may have restricted who can read it.
            file.as_file().set_permissions(replaced.permissions()).map_err(failed)?;
        }
        Ok(Self::File { file: BufWriter::new(file), path: target })
    }

    /// The error for a failed write.
    pub(super) fn failure(&self, source: io::Error) -> Error {
        match self {
            Self::Standard(_) => source.into(),
            Self::File { path, .. } => TransferError::Write { path: path.clone(), source }.into(),
        }
    }

    /// Writes the buffered bytes, and gives the file its name.
    ///
    /// # Errors
    ///
    /// The error of a failed write.
    pub(super) fn finish(self) -> Result<()> {
        match self {
            Self::Standard(mut out) => Ok(out.flush()?),
            Self::File { file, path } => {
                let named = name(file, &path);
                named.map_err(|source| TransferError::Write { path: path.clone(), source })?;
                unfinished::sync_name(path)
            }
        }
    }
}

impl Write for OutFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Standard(out) => out.write(bytes),
            Self::File { file, .. } => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Standard(out) => out.flush(),
            Self::File { file, .. } => file.flush(),
        }
    }
}

fn name(file: BufWriter<NamedTempFile>, path: &Path) -> io::Result<()> {
    let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}
