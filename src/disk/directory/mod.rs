//! A directory of the file system.
//!
//! Its path is looked up once, at the first use that finds a directory there. From then on, unix keeps it open by a
//! handle. It stays the same directory when it is renamed, and a directory that appears at the old path later, through
//! a rename or a changed symbolic link, is never touched. On other systems the path is used each time.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::{Disk, DiskFile};
#[cfg(target_os = "linux")]
use super::{
    direct::{BlockFile, DirectFile},
    is_impossible,
};

#[cfg(unix)]
mod handle;
#[cfg(not(unix))]
mod path;

#[cfg(unix)]
pub(super) use handle::Dir;
#[cfg(not(unix))]
pub(super) use path::Dir;

/// How a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// To be read; refuses anything that is not a file, and does not block.
    Read,
    /// To be read and written.
    Write,
    /// To be read and written; created if missing, and emptied.
    Create,
    /// To be read and written; created, and must not exist.
    CreateNew,
    /// To be written past the cache; each write is durable.
    #[cfg(target_os = "linux")]
    Direct,
}

/// A directory of the file system.
#[derive(Debug)]
pub(crate) struct FileDisk {
    /// Absolute: the host may change its working directory.
    path: PathBuf,
    /// Empty until the directory is found there.
    dir: OnceLock<Dir>,
    /// Whether direct writes are used for files that support them.
    #[cfg_attr(
        not(target_os = "linux"),
        allow(dead_code, reason = "direct writes are not supported")
    )]
    is_direct: bool,
}

impl FileDisk {
    pub(crate) fn new(path: &Path) -> io::Result<Self> {
        Ok(Self { path: std::path::absolute(path)?, dir: OnceLock::new(), is_direct: true })
    }

    /// An open directory; `path` is where it was found.
    pub(super) fn held(dir: Dir, path: &Path) -> Self {
        Self { path: path.to_owned(), dir: OnceLock::from(dir), is_direct: true }
    }

    /// The same directory, but all files are written through the cache.
    #[cfg(feature = "testing")]
    pub(crate) fn buffered(mut self) -> Self {
        self.is_direct = false;
        self
    }

    fn dir(&self) -> io::Result<&Dir> {
        match self.dir.get() {
            Some(dir) => Ok(dir),
            None => {
                let found = Dir::open(&self.path)?;
                // Another thread may have been faster: all use the same one.
                Ok(self.dir.get_or_init(|| found))
            }
        }
    }

    /// Creates the directory and its missing parents.
    fn make(&self) -> io::Result<()> {
        let missing = self.path.ancestors().skip(1).take_while(|path| !path.exists());
        let missing: Vec<&Path> = missing.collect();
        fs::create_dir_all(&self.path)?;
        let mut above = missing.into_iter().filter_map(Path::parent);
        above.try_for_each(|path| Dir::open(path)?.sync(""))
    }

    fn open_file(&self, name: &str, access: Access) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(self.dir()?.open_file(name, access)?))
    }
}

impl Disk for FileDisk {
    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        let names = self.dir()?.list(dir)?;
        Ok(names.into_iter().map(|name| name.to_string_lossy().into_owned()).collect())
    }

    fn create_dir(&self, dir: &str) -> io::Result<()> {
        if dir.is_empty() {
            if self.dir.get().is_none() {
                self.make()?;
            }
            // A directory is only as durable as its entry in its parent.
            return self.dir()?.sync("..");
        }
        let held = self.dir()?;
        match held.make_dir(dir) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && held.is_dir(dir) => {}
            made => made?,
        }
        held.sync(dir.rsplit_once('/').map_or("", |(above, _)| above))
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.open_file(name, Access::Write)
    }

    fn open_to_read(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.open_file(name, Access::Read)
    }

    #[cfg(target_os = "linux")]
    fn open_direct(&self, name: &str) -> io::Result<Option<Arc<dyn DirectFile>>> {
        if !self.is_direct {
            return Ok(None);
        }
        let file = match self.dir()?.open_file(name, Access::Direct) {
            Err(error) if is_impossible(&error) => return Ok(None),
            opened => opened?,
        };
        Ok(BlockFile::new(file)?.map(|file| Arc::new(file) as Arc<dyn DirectFile>))
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.open_file(name, Access::Create)
    }

    fn create_new(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.open_file(name, Access::CreateNew)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.dir()?.rename(from, to)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.dir()?.remove(name)
    }

    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        self.dir()?.sync(dir)
    }
}

/// Refuses anything that is not a file: directories and pipes can also be opened for reading.
fn check_is_file(is_dir: bool, is_file: bool) -> io::Result<()> {
    match (is_dir, is_file) {
        (true, _) => Err(io::ErrorKind::IsADirectory.into()),
        (_, false) => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
