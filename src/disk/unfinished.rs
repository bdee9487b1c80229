//! A directory that is made whole or not at all.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::file::{FileDisk, sync_directory};
use super::filling::{MARK, mark, unmark};

/// A directory that is being made. What was made of it is removed unless it is finished.
#[derive(Debug)]
pub(crate) struct UnfinishedDir {
    place: Place,
    finished: bool,
}

/// Where it is made.
#[derive(Debug)]
enum Place {
    /// Under a temporary name beside its own, as there is nothing under that.
    Beside { path: PathBuf, destination: PathBuf, parent: PathBuf },
    /// In the empty directory that is there, which keeps its owner, its permissions and whoever has it
    /// as the working directory. What is put there has one of these names.
    There { path: PathBuf, names: &'static [&'static str] },
}

impl UnfinishedDir {
    /// Begins to make a directory in which nothing will be but what has one of `names`.
    ///
    /// # Errors
    ///
    /// One of kind `AlreadyExists` when there is anything at the destination but an empty directory.
    pub(crate) fn begin(destination: &Path, names: &'static [&'static str]) -> io::Result<Self> {
        let destination = std::path::absolute(destination)?;
        let place = match fs::symlink_metadata(&destination) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Place::beside(destination)?,
            Err(error) => return Err(error),
            Ok(found) if found.is_dir() && fs::read_dir(&destination)?.next().is_none() => {
                mark(&FileDisk::new(&destination)?)?;
                Place::There { path: destination, names }
            }
            Ok(_) => return Err(io::ErrorKind::AlreadyExists.into()),
        };
        Ok(Self { place, finished: false })
    }

    /// What is to be filled.
    pub(crate) fn disk(&self) -> io::Result<FileDisk> {
        let (Place::Beside { path, .. } | Place::There { path, .. }) = &self.place;
        FileDisk::new(path)
    }

    /// Says that it is whole, in one step. All in it must be synced.
    ///
    /// # Errors
    ///
    /// One of kind `AlreadyExists` when there is something in its place by now. Nothing is left then.
    pub(crate) fn finish(mut self) -> io::Result<FinishedDir> {
        let changed = match &self.place {
            Place::Beside { path, destination, parent } => {
                rename(path, destination)?;
                vec![parent.clone()]
            }
            Place::There { path, .. } => {
                unmark(&FileDisk::new(path)?)?;
                // Who made the directory may not have synced the one above.
                vec![path.clone(), path.join("..")]
            }
        };
        self.finished = true;
        Ok(FinishedDir { changed })
    }
}

impl Drop for UnfinishedDir {
    fn drop(&mut self) {
        if !self.finished {
            // Nobody takes it for what it was to become.
            let _ = self.place.clear();
        }
    }
}

impl Place {
    /// Makes a directory beside another one. Its name has a random part: what a crash left under another
    /// one is never mistaken for it.
    fn beside(destination: PathBuf) -> io::Result<Self> {
        let (Some(parent), Some(name)) = (destination.parent(), destination.file_name()) else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path names no directory"));
        };
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(io::Error::other)?;
        let mut unfinished = OsString::from(name);
        unfinished.push(format!(".{:016x}.unfinished", u64::from_le_bytes(random)));
        let (path, parent) = (parent.join(unfinished), parent.to_owned());
        fs::create_dir(&path)?;
        Ok(Self::Beside { path, destination, parent })
    }

    /// Removes what was made. The mark of a directory goes last, and stays where anything else does.
    fn clear(&self) -> io::Result<()> {
        match self {
            Self::Beside { path, .. } => fs::remove_dir_all(path),
            Self::There { path, names } => {
                names.iter().try_for_each(|name| remove(&path.join(name)))?;
                sync_directory(path)?;
                fs::remove_file(path.join(MARK))
            }
        }
    }
}

/// Gives a directory its name, where nothing has that.
fn rename(path: &Path, destination: &Path) -> io::Result<()> {
    // A rename would take the place of an empty directory, in which somebody may stand.
    if fs::symlink_metadata(destination).is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    fs::rename(path, destination).map_err(|error| match error.kind() {
        io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::NotADirectory => {
            io::Error::new(io::ErrorKind::AlreadyExists, error)
        }
        _ => error,
    })
}

/// Removes a file or a directory with all in it, if it is there.
fn remove(path: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// A directory that is whole.
#[derive(Debug)]
pub(crate) struct FinishedDir {
    changed: Vec<PathBuf>,
}

impl FinishedDir {
    /// Makes it durable that it is there, and whole.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.changed.iter().try_for_each(|path| sync_directory(path))
    }
}
