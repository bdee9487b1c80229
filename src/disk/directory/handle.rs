//! A directory, kept open by a handle.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{self, AtFlags, CWD, FileType, Mode, OFlags};
use rustix::io::retry_on_intr;

use super::{Access, check_is_file};
use crate::disk::unless_impossible;

/// The mode of a new file, before the mask of the process.
const FILE_MODE: Mode = Mode::from_raw_mode(0o666);
/// The mode of a new directory, before the mask of the process.
const DIR_MODE: Mode = Mode::from_raw_mode(0o777);

/// An open directory; it stays the same one if its name changes. Names are relative to it; the empty name is the
/// directory itself.
#[derive(Debug)]
pub(in crate::disk) struct Dir {
    handle: File,
}

impl Dir {
    /// Opens the directory at a path, following symbolic links.
    pub(in crate::disk) fn open(path: &Path) -> io::Result<Self> {
        open_dir(CWD, path, OFlags::empty())
    }

    /// Opens a directory in this one, unless it is a symbolic link; with the empty name, this one again.
    pub(in crate::disk) fn open_dir(&self, name: impl AsRef<Path>) -> io::Result<Self> {
        open_dir(&self.handle, relative(name.as_ref()), OFlags::NOFOLLOW)
    }

    /// The names in `dir`, in any order.
    pub(in crate::disk) fn list(&self, dir: impl AsRef<Path>) -> io::Result<Vec<OsString>> {
        let listed = open_dir(&self.handle, relative(dir.as_ref()), OFlags::empty())?;
        let mut names = Vec::new();
        for entry in fs::Dir::new(OwnedFd::from(listed.handle))? {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name != "." && name != ".." {
                names.push(name.to_owned());
            }
        }
        Ok(names)
    }

    pub(in crate::disk) fn open_file(&self, name: &str, access: Access) -> io::Result<File> {
        let write = OFlags::RDWR | OFlags::CLOEXEC;
        let flags = match access {
            Access::Read => {
                let kind = self.kind(name, AtFlags::empty())?;
                check_is_file(kind == FileType::Directory, kind == FileType::RegularFile)?;
                // This does not wait for a writer either, if a pipe has replaced the file.
                OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK
            }
            Access::Write => write,
            Access::Create => write | OFlags::CREATE | OFlags::TRUNC,
            Access::CreateNew => write | OFlags::CREATE | OFlags::EXCL,
            #[cfg(target_os = "linux")]
            Access::Direct => write | OFlags::DIRECT | OFlags::DSYNC,
        };
        let name = relative(name.as_ref());
        Ok(retry_on_intr(|| fs::openat(&self.handle, name, flags, FILE_MODE))?.into())
    }

    fn kind(&self, name: impl AsRef<Path>, flags: AtFlags) -> io::Result<FileType> {
        let found = fs::statat(&self.handle, relative(name.as_ref()), flags)?;
        Ok(FileType::from_raw_mode(found.st_mode))
    }

    /// Whether there is a directory with this name, or a symbolic link to one.
    pub(in crate::disk) fn is_dir(&self, name: impl AsRef<Path>) -> bool {
        self.kind(name, AtFlags::empty()).is_ok_and(|kind| kind == FileType::Directory)
    }

    /// Whether anything has this name.
    pub(in crate::disk) fn has(&self, name: impl AsRef<Path>) -> bool {
        self.kind(name, AtFlags::SYMLINK_NOFOLLOW).is_ok()
    }

    /// Creates a directory that does not exist.
    pub(in crate::disk) fn make_dir(&self, name: impl AsRef<Path>) -> io::Result<()> {
        Ok(fs::mkdirat(&self.handle, relative(name.as_ref()), DIR_MODE)?)
    }

    pub(in crate::disk) fn rename(
        &self,
        from: impl AsRef<Path>,
        to: impl AsRef<Path>,
    ) -> io::Result<()> {
        let (from, to) = (relative(from.as_ref()), relative(to.as_ref()));
        Ok(fs::renameat(&self.handle, from, &self.handle, to)?)
    }

    /// Removes a file.
    pub(in crate::disk) fn remove(&self, name: impl AsRef<Path>) -> io::Result<()> {
        Ok(fs::unlinkat(&self.handle, relative(name.as_ref()), AtFlags::empty())?)
    }

    /// Removes a file, or a directory with everything in it, if it exists.
    pub(in crate::disk) fn remove_all(&self, name: impl AsRef<Path>) -> io::Result<()> {
        let name = name.as_ref();
        let removed = match self.kind(name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(FileType::Directory) => self.remove_tree(name),
            Ok(_) => self.remove(name),
            Err(error) => Err(error),
        };
        match removed {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    fn remove_tree(&self, name: &Path) -> io::Result<()> {
        let dir = self.open_dir(name)?;
        dir.list("")?.into_iter().try_for_each(|name| dir.remove_all(name))?;
        Ok(fs::unlinkat(&self.handle, name, AtFlags::REMOVEDIR)?)
    }

    /// Makes the names in `dir` durable; `..` is the parent of this directory.
    pub(in crate::disk) fn sync(&self, dir: impl AsRef<Path>) -> io::Result<()> {
        let dir = dir.as_ref();
        if dir.as_os_str().is_empty() {
            return unless_impossible(self.handle.sync_all());
        }
        open_dir(&self.handle, dir, OFlags::empty())?.sync("")
    }
}

fn open_dir(base: impl AsFd, path: &Path, more: OFlags) -> io::Result<Dir> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | more;
    let opened = retry_on_intr(|| fs::openat(&base, path, flags, Mode::empty()))?;
    Ok(Dir { handle: opened.into() })
}

fn relative(name: &Path) -> &Path {
    debug_assert!(name.is_relative(), "{name:?} leads out of the directory");
    if name.as_os_str().is_empty() { Path::new(".") } else { name }
}
