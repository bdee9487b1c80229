//! A directory of the file system.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Disk, DiskFile, unless_impossible};

/// A directory of the file system.
#[derive(Debug)]
pub(crate) struct FileDisk {
    /// Absolute: the host may change its working directory.
    root: PathBuf,
}

impl FileDisk {
    pub(crate) fn new(root: &Path) -> io::Result<Self> {
        Ok(Self { root: std::path::absolute(root)? })
    }

    fn path(&self, name: &str) -> PathBuf {
        name.split('/')
            .filter(|part| !part.is_empty())
            .fold(self.root.clone(), |path, part| path.join(part))
    }
}

impl Disk for FileDisk {
    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        fs::read_dir(self.path(dir))?
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect()
    }

    fn create_dir(&self, dir: &str) -> io::Result<()> {
        let path = self.path(dir);
        let missing = path.ancestors().skip(1).take_while(|path| !path.exists());
        let missing: Vec<&Path> = missing.collect();
        fs::create_dir_all(&path)?;
        // A directory is only as durable as its entry in the one above.
        let made = std::iter::once(path.as_path()).chain(missing);
        made.filter_map(Path::parent).try_for_each(sync_directory)
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let file = OpenOptions::new().read(true).write(true).open(self.path(name))?;
        Ok(Arc::new(file))
    }

    fn open_to_read(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let path = self.path(name);
        let found = fs::metadata(&path)?;
        // A directory can be opened to be read, and opening a pipe waits for who writes to it.
        match (found.is_dir(), found.is_file()) {
            (true, _) => Err(io::ErrorKind::IsADirectory.into()),
            (_, false) => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file")),
            _ => Ok(Arc::new(File::open(path)?)),
        }
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(true);
        Ok(Arc::new(options.open(self.path(name))?))
    }

    fn create_new(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        Ok(Arc::new(options.open(self.path(name))?))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path(from), self.path(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path(name))
    }

    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        sync_directory(&self.path(dir))
    }
}

#[cfg(unix)]
pub(super) fn sync_directory(path: &Path) -> io::Result<()> {
    unless_impossible(File::open(path)?.sync_all())
}

/// Directories cannot be synced here.
#[cfg(not(unix))]
pub(super) fn sync_directory(_path: &Path) -> io::Result<()> {
    unless_impossible(Err(io::ErrorKind::Unsupported.into()))
}

impl DiskFile for File {
    fn len(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    #[cfg(unix)]
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(self, out, offset)
    }

    #[cfg(windows)]
    fn read_at(&self, mut offset: u64, mut out: &mut [u8]) -> io::Result<()> {
        while !out.is_empty() {
            let count = std::os::windows::fs::FileExt::seek_read(self, out, offset)?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            out = out.split_at_mut(count).1;
            offset += count as u64;
        }
        Ok(())
    }

    #[cfg(unix)]
    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        std::os::unix::fs::FileExt::write_all_at(self, data, offset)
    }

    #[cfg(windows)]
    fn write_at(&self, mut offset: u64, mut data: &[u8]) -> io::Result<()> {
        while !data.is_empty() {
            let count = std::os::windows::fs::FileExt::seek_write(self, data, offset)?;
            if count == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            data = data.split_at(count).1;
            offset += count as u64;
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        File::set_len(self, len)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }

    fn try_lock(&self) -> io::Result<bool> {
        is_taken(File::try_lock(self))
    }

    fn try_lock_shared(&self) -> io::Result<bool> {
        is_taken(File::try_lock_shared(self))
    }

    fn unlock(&self) -> io::Result<()> {
        File::unlock(self)
    }
}

fn is_taken(tried: Result<(), TryLockError>) -> io::Result<bool> {
    match tried {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}
