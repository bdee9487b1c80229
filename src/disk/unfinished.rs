//! A directory that is made under a temporary name, so that it is whole or absent under its own.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::file::{FileDisk, sync_directory};

/// A directory beside the one it is to become; removed with all in it unless it is finished.
#[derive(Debug)]
pub(crate) struct UnfinishedDir {
    path: PathBuf,
    destination: PathBuf,
    parent: PathBuf,
    finished: bool,
}

impl UnfinishedDir {
    /// Makes the directory. Its name has a random part: what a crash left under another one is never
    /// mistaken for it.
    ///
    /// # Errors
    ///
    /// One of kind `AlreadyExists` when there is anything at the destination but an empty directory.
    pub(crate) fn begin(destination: &Path) -> io::Result<Self> {
        let destination = std::path::absolute(destination)?;
        let (Some(parent), Some(name)) = (destination.parent(), destination.file_name()) else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path names no directory"));
        };
        let replaced = replaced(&destination)?;
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(io::Error::other)?;
        let mut unfinished = OsString::from(name);
        unfinished.push(format!(".{:016x}.unfinished", u64::from_le_bytes(random)));
        let (path, parent) = (parent.join(unfinished), parent.to_owned());
        fs::create_dir(&path)?;
        let made = Self { path, destination, parent, finished: false };
        if let Some(permissions) = replaced {
            // Who made the directory may have said who can look into it.
            fs::set_permissions(&made.path, permissions)?;
        }
        Ok(made)
    }

    /// What is to be filled.
    pub(crate) fn disk(&self) -> io::Result<FileDisk> {
        FileDisk::new(&self.path)
    }

    /// Gives the directory its name, in one step. All in it must be synced.
    ///
    /// # Errors
    ///
    /// One of kind `AlreadyExists` when there is something by now. Nothing is left then.
    pub(crate) fn rename(mut self) -> io::Result<Renamed> {
        // Elsewhere a directory takes the place of no other one.
        #[cfg(not(unix))]
        let _ = fs::remove_dir(&self.destination);
        fs::rename(&self.path, &self.destination).map_err(|error| match error.kind() {
            io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::NotADirectory => {
                io::Error::new(io::ErrorKind::AlreadyExists, error)
            }
            _ => error,
        })?;
        self.finished = true;
        Ok(Renamed { parent: std::mem::take(&mut self.parent) })
    }
}

impl Drop for UnfinishedDir {
    fn drop(&mut self) {
        if !self.finished {
            // Nobody takes it for what it was to become.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// A directory that has its name.
#[derive(Debug)]
pub(crate) struct Renamed {
    parent: PathBuf,
}

impl Renamed {
    /// Makes the name durable.
    pub(crate) fn sync(&self) -> io::Result<()> {
        sync_directory(&self.parent)
    }
}

/// The permissions of the empty directory that is to be replaced, if there is one.
fn replaced(destination: &Path) -> io::Result<Option<fs::Permissions>> {
    let found = match fs::symlink_metadata(destination) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    if found.is_dir() && fs::read_dir(destination)?.next().is_none() {
        Ok(Some(found.permissions()))
    } else {
        Err(io::ErrorKind::AlreadyExists.into())
    }
}
