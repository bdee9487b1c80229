//! A directory by its path, for systems without directory handles.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::{Access, check_is_file};
use crate::disk::unless_impossible;

/// A directory. Names are relative to it; the empty name is the directory itself.
#[derive(Debug)]
pub(in crate::disk) struct Dir {
    path: PathBuf,
}

impl Dir {
    /// Finds the directory at a path.
    pub(in crate::disk) fn open(path: &Path) -> io::Result<Self> {
        match fs::metadata(path)?.is_dir() {
            true => Ok(Self { path: path.to_owned() }),
            false => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        // This is done part by part, with the separator of this system.
        name.as_ref().iter().fold(self.path.clone(), |path, part| path.join(part))
    }

    /// Finds a directory in this one; with the empty name, this one again.
    pub(in crate::disk) fn open_dir(&self, name: impl AsRef<Path>) -> io::Result<Self> {
        Self::open(&self.path(name))
    }

    /// The names in `dir`, in any order.
    pub(in crate::disk) fn list(&self, dir: impl AsRef<Path>) -> io::Result<Vec<OsString>> {
        fs::read_dir(self.path(dir))?.map(|entry| Ok(entry?.file_name())).collect()
    }

    pub(in crate::disk) fn open_file(&self, name: &str, access: Access) -> io::Result<File> {
        let path = self.path(name);
        let mut options = OpenOptions::new();
        options.read(true).write(access != Access::Read);
        match access {
            Access::Read => {
                let found = fs::metadata(&path)?;
                check_is_file(found.is_dir(), found.is_file())?;
            }
            Access::Write => {}
            Access::Create => {
                options.create(true).truncate(true);
            }
            Access::CreateNew => {
                options.create_new(true);
            }
        }
        options.open(path)
    }

    /// Whether there is a directory with this name, or a symbolic link to one.
    pub(in crate::disk) fn is_dir(&self, name: impl AsRef<Path>) -> bool {
        self.path(name).is_dir()
    }

    /// Whether anything has this name.
    pub(in crate::disk) fn has(&self, name: impl AsRef<Path>) -> bool {
        fs::symlink_metadata(self.path(name)).is_ok()
    }

    /// Creates a directory that does not exist.
    pub(in crate::disk) fn make_dir(&self, name: impl AsRef<Path>) -> io::Result<()> {
        fs::create_dir(self.path(name))
    }

    pub(in crate::disk) fn rename(
        &self,
        from: impl AsRef<Path>,
        to: impl AsRef<Path>,
    ) -> io::Result<()> {
        fs::rename(self.path(from), self.path(to))
    }

    /// Removes a file.
    pub(in crate::disk) fn remove(&self, name: impl AsRef<Path>) -> io::Result<()> {
        fs::remove_file(self.path(name))
    }

    /// Removes a file, or a directory with everything in it, if it exists.
    pub(in crate::disk) fn remove_all(&self, name: impl AsRef<Path>) -> io::Result<()> {
        let path = self.path(name);
        let removed = match fs::symlink_metadata(&path) {
            Ok(found) if found.is_dir() => fs::remove_dir_all(path),
            Ok(_) => fs::remove_file(path),
            Err(error) => Err(error),
        };
        match removed {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    /// Directories cannot be synced here.
    pub(in crate::disk) fn sync(&self, _dir: impl AsRef<Path>) -> io::Result<()> {
        unless_impossible(Err(io::ErrorKind::Unsupported.into()))
    }
}
