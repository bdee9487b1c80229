//! A read-only disk.

use std::io;
use std::sync::Arc;

use super::{Disk, DiskFile};

/// A disk that cannot be changed: each call that would change it is an error and does not reach the disk below. Its
/// files are opened for reading, and their locks are shared.
#[derive(Debug)]
pub(crate) struct ReadOnlyDisk {
    below: Arc<dyn Disk>,
}

impl ReadOnlyDisk {
    pub(crate) fn new(below: Arc<dyn Disk>) -> Self {
        Self { below }
    }
}

impl Disk for ReadOnlyDisk {
    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        self.below.list(dir)
    }

    fn create_dir(&self, _dir: &str) -> io::Result<()> {
        refuse()
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.open_to_read(name)
    }

    fn open_to_read(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(ReadOnlyFile { below: self.below.open_to_read(name)? }))
    }

    fn create(&self, _name: &str) -> io::Result<Arc<dyn DiskFile>> {
        refuse()
    }

    fn rename(&self, _from: &str, _to: &str) -> io::Result<()> {
        refuse()
    }

    fn remove(&self, _name: &str) -> io::Result<()> {
        refuse()
    }

    fn sync_dir(&self, _dir: &str) -> io::Result<()> {
        refuse()
    }
}

/// A file of a read-only disk.
#[derive(Debug)]
struct ReadOnlyFile {
    below: Arc<dyn DiskFile>,
}

impl DiskFile for ReadOnlyFile {
    fn len(&self) -> io::Result<u64> {
        self.below.len()
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.below.read_at(offset, out)
    }

    fn write_at(&self, _offset: u64, _data: &[u8]) -> io::Result<()> {
        refuse()
    }

    fn set_len(&self, _len: u64) -> io::Result<()> {
        refuse()
    }

    fn sync(&self) -> io::Result<()> {
        refuse()
    }

    fn try_lock(&self) -> io::Result<bool> {
        self.try_lock_shared()
    }

    fn try_lock_shared(&self) -> io::Result<bool> {
        self.below.try_lock_shared()
    }

    fn unlock(&self) -> io::Result<()> {
        self.below.unlock()
    }
}

fn refuse<T>() -> io::Result<T> {
    Err(io::Error::new(io::ErrorKind::ReadOnlyFilesystem, "the store is opened read only"))
}
