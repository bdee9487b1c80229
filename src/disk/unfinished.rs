//! A directory that is made completely or not at all.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::directory::{Dir, FileDisk};
use super::filling::{MARK, mark, unmark};

/// A directory in the making. Its contents are removed unless it is finished.
#[derive(Debug)]
pub(crate) struct UnfinishedDir {
    /// The directory to be filled.
    dir: Dir,
    place: Place,
    /// Its final path, for messages.
    destination: PathBuf,
    finished: bool,
}

/// The place where it is made.
#[derive(Debug)]
enum Place {
    /// Under a temporary name next to its own name, which does not exist.
    Beside { parent: Dir, unfinished: OsString, name: OsString },
    /// In an existing empty directory, which keeps its owner, its permissions and the processes that work in it. Only
    /// these names are put into it.
    There { names: &'static [&'static str] },
}

impl UnfinishedDir {
    /// Begins to make a directory that will only have entries with these `names`.
    ///
    /// # Errors
    ///
    /// An error of kind `AlreadyExists` if the destination is anything but an empty directory.
    pub(crate) fn begin(destination: &Path, names: &'static [&'static str]) -> io::Result<Self> {
        let destination = std::path::absolute(destination)?;
        let (dir, place) = match fs::symlink_metadata(&destination) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => next_to(&destination)?,
            Err(error) => return Err(error),
            Ok(found) if found.is_dir() => (empty(&destination)?, Place::There { names }),
            Ok(_) => return Err(io::ErrorKind::AlreadyExists.into()),
        };
        Ok(Self { dir, place, destination, finished: false })
    }

    /// The directory to be filled.
    pub(crate) fn disk(&self) -> io::Result<FileDisk> {
        Ok(FileDisk::held(self.dir.open_dir("")?, &self.destination))
    }

    /// Marks it as complete, in one step. Everything in it must be synced.
    ///
    /// # Errors
    ///
    /// An error of kind `AlreadyExists` if its place is taken by now. No part of it is left then.
    pub(crate) fn finish(mut self) -> io::Result<FinishedDir> {
        let dir = self.dir.open_dir("")?;
        match &self.place {
            Place::Beside { parent, unfinished, name } => give_name(parent, unfinished, name)?,
            Place::There { .. } => unmark(&self.disk()?)?,
        }
        self.finished = true;
        Ok(FinishedDir { dir })
    }

    /// Removes everything that was made. The mark of a directory is removed last, and stays if anything else stays.
    fn clear(&self) -> io::Result<()> {
        match &self.place {
            Place::Beside { parent, unfinished, .. } => parent.remove_all(unfinished),
            Place::There { names } => {
                names.iter().try_for_each(|name| self.dir.remove_all(name))?;
                self.dir.sync("")?;
                self.dir.remove(MARK)
            }
        }
    }
}

impl Drop for UnfinishedDir {
    fn drop(&mut self) {
        if !self.finished {
            // The remains cannot be mistaken for a complete one.
            let _ = self.clear();
        }
    }
}

/// Creates a directory next to another one. Its name has a random part, so that the remains of a crash are never
/// mistaken for it.
fn next_to(destination: &Path) -> io::Result<(Dir, Place)> {
    let (Some(parent), Some(name)) = (destination.parent(), destination.file_name()) else {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "the path has no name for a directory: give one",
        ));
    };
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let mut unfinished = name.to_owned();
    unfinished.push(format!(".{:016x}.unfinished", u64::from_le_bytes(random)));
    let parent = Dir::open(parent)?;
    parent.make_dir(&unfinished)?;
    let dir = parent.open_dir(&unfinished).inspect_err(|_| {
        let _ = parent.remove_all(&unfinished);
    })?;
    Ok((dir, Place::Beside { parent, unfinished, name: name.to_owned() }))
}

/// Marks an existing empty directory.
fn empty(destination: &Path) -> io::Result<Dir> {
    let dir = Dir::open(destination)?;
    if !dir.list("")?.is_empty() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    mark(&FileDisk::held(dir.open_dir("")?, destination))?;
    Ok(dir)
}

/// Gives a directory its name, if that is free.
fn give_name(parent: &Dir, unfinished: &OsString, name: &OsString) -> io::Result<()> {
    // A rename would replace an existing empty directory, which another process may use.
    if parent.has(name) {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    parent.rename(unfinished, name).map_err(|error| match error.kind() {
        io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::NotADirectory => {
            io::Error::new(io::ErrorKind::AlreadyExists, error)
        }
        _ => error,
    })
}

/// A directory that is complete.
#[derive(Debug)]
pub(crate) struct FinishedDir {
    dir: Dir,
}

impl FinishedDir {
    /// Makes its existence and its contents durable.
    pub(crate) fn sync(&self) -> io::Result<()> {
        // The creator of an existing directory may not have synced its parent either.
        self.dir.sync("").and_then(|()| self.dir.sync(".."))
    }
}
