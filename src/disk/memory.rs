//! Files in memory, which are dropped together with the store.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use super::lock::Lock;
use super::{Disk, DiskFile, resize};

/// A directory in memory: its files exist as long as the value.
#[derive(Debug, Default)]
pub(crate) struct MemoryDisk {
    /// `None` for a directory.
    entries: Mutex<BTreeMap<String, Option<Arc<Inode>>>>,
}

impl MemoryDisk {
    fn entries(&self) -> MutexGuard<'_, BTreeMap<String, Option<Arc<Inode>>>> {
        // Each change of the map is one insert or remove, so it stays consistent after a panic elsewhere.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn not_found(name: &str) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, format!("no file {name} in memory"))
}

impl Disk for MemoryDisk {
    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        let entries = self.entries();
        if !dir.is_empty() && !entries.contains_key(dir) {
            return Err(not_found(dir));
        }
        let prefix = if dir.is_empty() { String::new() } else { format!("{dir}/") };
        let names = entries.keys().filter_map(|name| name.strip_prefix(&prefix));
        Ok(names.filter(|name| !name.contains('/')).map(str::to_owned).collect())
    }

    fn create_dir(&self, dir: &str) -> io::Result<()> {
        if !dir.is_empty() {
            self.entries().entry(dir.to_owned()).or_default();
        }
        Ok(())
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        match self.entries().get(name) {
            Some(Some(inode)) => Ok(Arc::new(MemoryFile::of(inode))),
            _ => Err(not_found(name)),
        }
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let mut entries = self.entries();
        let inode = entries.entry(name.to_owned()).or_default().get_or_insert_default();
        let file = MemoryFile::of(inode);
        file.set_len(0)?;
        Ok(Arc::new(file))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut entries = self.entries();
        let entry = entries.remove(from).ok_or_else(|| not_found(from))?;
        entries.insert(to.to_owned(), entry);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.entries().remove(name).map(drop).ok_or_else(|| not_found(name))
    }

    fn sync_dir(&self, _dir: &str) -> io::Result<()> {
        Ok(())
    }
}

/// The file of a name.
#[derive(Debug, Default)]
struct Inode {
    data: RwLock<Vec<u8>>,
    lock: Mutex<Lock>,
}

/// An open file; owns the lock that it took.
#[derive(Debug)]
struct MemoryFile {
    inode: Arc<Inode>,
    holds_lock: AtomicBool,
}

impl MemoryFile {
    fn of(inode: &Arc<Inode>) -> Self {
        Self { inode: Arc::clone(inode), holds_lock: AtomicBool::new(false) }
    }

    fn with_lock<T>(&self, act: impl FnOnce(&mut Lock) -> T) -> T {
        act(&mut self.inode.lock.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn lock(&self, take: impl FnOnce(&mut Lock) -> bool) -> bool {
        let taken = self.with_lock(take);
        if taken {
            self.holds_lock.store(true, Ordering::Release);
        }
        taken
    }

    fn change<T>(&self, change: impl FnOnce(&mut Vec<u8>) -> io::Result<T>) -> io::Result<T> {
        change(&mut self.inode.data.write().unwrap_or_else(PoisonError::into_inner))
    }
}

fn too_large() -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, "the file does not fit into memory")
}

impl DiskFile for MemoryFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.inode.data.read().unwrap_or_else(PoisonError::into_inner).len() as u64)
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let data = self.inode.data.read().unwrap_or_else(PoisonError::into_inner);
        let start = usize::try_from(offset).map_err(|_| too_large())?;
        let wanted = start.checked_add(out.len()).and_then(|end| data.get(start..end));
        out.copy_from_slice(wanted.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.change(|data| {
            let start = usize::try_from(offset).map_err(|_| too_large())?;
            let end = start.checked_add(bytes.len()).ok_or_else(too_large)?;
            if data.len() < end {
                resize(data, end);
            }
            data.get_mut(start..end).ok_or_else(too_large)?.copy_from_slice(bytes);
            Ok(())
        })
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let len = usize::try_from(len).map_err(|_| too_large())?;
        self.change(|data| {
            resize(data, len);
            Ok(())
        })
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }

    fn try_lock(&self) -> io::Result<bool> {
        Ok(self.lock(Lock::take))
    }

    fn try_lock_shared(&self) -> io::Result<bool> {
        Ok(self.lock(Lock::share))
    }

    fn unlock(&self) -> io::Result<()> {
        if self.holds_lock.swap(false, Ordering::AcqRel) {
            self.with_lock(Lock::give_up);
        }
        Ok(())
    }
}

impl Drop for MemoryFile {
    fn drop(&mut self) {
        // This cannot fail here: it only clears flags.
        let _ = self.unlock();
    }
}
