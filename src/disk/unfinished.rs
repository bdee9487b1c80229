//! A directory that is made whole or not at all.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::directory::{Dir, FileDisk};
use super::filling::{MARK, mark, unmark};

/// A directory that is being made. What was made of it is removed unless it is finished.
#[derive(Debug)]
pub(crate) struct UnfinishedDir {
    /// What is to be filled.
    dir: Dir,
    place: Place,
    /// Where it is to be, for messages.
    destination: PathBuf,
    finished: bool,
}

/// Where it is made.
#[derive(Debug)]
enum Place {
    /// Under a temporary name beside its own, as there is nothing under that.
    Beside { parent: Dir, unfinished: OsString, name: OsString },
    /// In the empty directory that is there, which keeps its owner, its permissions and whoever has it
    /// as the working directory. What is put there has one of these names.
    There { names: &'static [&'static str] },
}

impl UnfinishedDir {
    /// Begins to make a directory in which nothing will be but what has one of `names`.
    ///
    /// # Errors
    ///
    /// One of kind `AlreadyExists` when there is anything at the destination but an empty directory.
    pub(crate) fn begin(destination: &Path, names: &'static [&'static str]) -> io::Result<Self> {
        let destination = std::path::absolute(destination)?;
        let (dir, place) = match fs::symlink_metadata(&destination) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => beside(&destination)?,
            Err(error) => return Err(error),
            Ok(found) if found.is_dir() => (empty(&destination)?, Place::There { names }),
            Ok(_) => return Err(io::ErrorKind::AlreadyExists.into()),
        };
        Ok(Self { dir, place, destination, finished: false })
    }

    /// What is to be filled.
    pub(crate) fn disk(&self) -> io::Result<FileDisk> {
        Ok(FileDisk::held(self.dir.open_dir("")?, &self.destination))
    }

    /// Says that it is whole, in one step. All in it must be synced.
    ///
    /// # Errors
    ///
    /// One of kind `AlreadyExists` when there is something in its place by now. Nothing is left then.
    pub(crate) fn finish(mut self) -> io::Result<FinishedDir> {
        let dir = self.dir.open_dir("")?;
        match &self.place {
            Place::Beside { parent, unfinished, name } => give_name(parent, unfinished, name)?,
            Place::There { .. } => unmark(&self.disk()?)?,
        }
        self.finished = true;
        Ok(FinishedDir { dir })
    }

    /// Removes what was made. The mark of a directory goes last, and stays where anything else does.
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
            // Nobody takes it for what it was to become.
            let _ = self.clear();
        }
    }
}

/// Makes a directory beside another one. Its name has a random part: what a crash left under another
/// one is never mistaken for it.
fn beside(destination: &Path) -> io::Result<(Dir, Place)> {
    let (Some(parent), Some(name)) = (destination.parent(), destination.file_name()) else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path names no directory"));
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

/// Marks a directory that is there, and empty.
fn empty(destination: &Path) -> io::Result<Dir> {
    let dir = Dir::open(destination)?;
    if !dir.list("")?.is_empty() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    mark(&FileDisk::held(dir.open_dir("")?, destination))?;
    Ok(dir)
}

/// Gives a directory its name, where nothing has that.
fn give_name(parent: &Dir, unfinished: &OsString, name: &OsString) -> io::Result<()> {
    // A rename would take the place of an empty directory, in which somebody may stand.
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

/// A directory that is whole.
#[derive(Debug)]
pub(crate) struct FinishedDir {
    dir: Dir,
}

impl FinishedDir {
    /// Makes it durable that it is there, and whole.
    pub(crate) fn sync(&self) -> io::Result<()> {
        // Who made a directory that was there may not have synced the one above, either.
        self.dir.sync("").and_then(|()| self.dir.sync(".."))
    }
}
