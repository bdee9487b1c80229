//! The file operations that the store uses. A directory of files, memory, and a simulated disk that loses power all
//! implement them.
//!
//! Names are relative to the store's directory and use `/`. Assumptions about a disk:
//!
//! - after [`DiskFile::sync`] returned, the bytes written to a file survive a crash; without it they may survive in
//!   part and in any order;
//! - after [`Disk::sync_dir`] returned, the creations, renamings and removals of files in the directory survive a
//!   crash; a renaming is atomic. If directories cannot be synced, they survive after a later sync of any file.

mod appender;
mod direct;
mod directory;
mod file;
mod filling;
mod lock;
mod memory;
mod read_only;
mod shortage;
#[cfg(feature = "testing")]
pub(crate) mod simulated;
mod unfinished;

use std::fmt::Debug;
use std::io;
use std::sync::Arc;

pub(crate) use appender::Appender;
pub(crate) use direct::DirectFile;
pub(crate) use directory::FileDisk;
pub(crate) use filling::MARK;
#[cfg(test)]
pub(crate) use filling::{mark, unmark};
pub(crate) use memory::MemoryDisk;
pub(crate) use read_only::ReadOnlyDisk;
pub(crate) use shortage::is_shortage;
pub(crate) use unfinished::UnfinishedDir;

/// A directory of files.
pub(crate) trait Disk: Debug + Send + Sync {
    /// The names in `dir`, in any order; an error of kind `NotFound` when there is no such directory.
    fn list(&self, dir: &str) -> io::Result<Vec<String>>;

    /// Creates a directory, or keeps an existing one. It is durable when this returns, even if it existed: another
    /// process may have created it and been killed before its sync.
    fn create_dir(&self, dir: &str) -> io::Result<()>;

    /// Opens an existing file.
    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>>;

    /// Opens an existing file for reading; needs no write permission.
    fn open_to_read(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.open(name)
    }

    /// Opens an existing file again, for direct writes; `None` if it does not support them.
    fn open_direct(&self, _name: &str) -> io::Result<Option<Arc<dyn DirectFile>>> {
        Ok(None)
    }

    /// Opens an empty file; an existing one is emptied.
    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>>;

    /// Creates a file; an error of kind `AlreadyExists` if it exists.
    ///
    /// Disks that several processes use must do this in one step; this default does not.
    fn create_new(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        match self.open(name) {
            Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.create(name),
            Err(error) => Err(error),
        }
    }

    /// Renames a file in one step, replacing a file with the new name.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Makes creations, renamings and removals in `dir` durable. If the system cannot do that, they become durable with
    /// the next sync of a file.
    fn sync_dir(&self, dir: &str) -> io::Result<()>;
}

/// A file, read and written at offsets.
pub(crate) trait DiskFile: Debug + Send + Sync {
    /// The length in bytes.
    fn len(&self) -> io::Result<u64>;

    /// Fills `out` with the bytes from `offset` on; an error of kind `UnexpectedEof` when the file ends before.
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()>;

    /// Writes all of `data` from `offset` on; the file grows if necessary.
    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()>;

    /// Cuts or extends the file; new bytes are zeros.
    fn set_len(&self, len: u64) -> io::Result<()>;

    /// Makes everything written so far durable.
    fn sync(&self) -> io::Result<()>;

    /// Locks the file for this handle alone, or on a read-only disk together with other readers; `false` if another
    /// handle prevents that. The lock ends with the handle or the process.
    fn try_lock(&self) -> io::Result<bool>;

    /// Locks the file together with other sharers; `false` if a handle has it alone.
    fn try_lock_shared(&self) -> io::Result<bool>;

    /// Unlocks the file.
    fn unlock(&self) -> io::Result<()>;
}

/// The result of syncing a directory, where "not supported" is not a failure.
///
/// Some file systems, mostly of networks, answer that the call is invalid for a directory, or not supported. Their own
/// log is trusted to keep the order of names, as on systems where directories can never be synced: a name is durable
/// after a later sync of any file. Any other error is a failure.
fn unless_impossible(synced: io::Result<()>) -> io::Result<()> {
    match synced {
        Err(error) if is_impossible(&error) => Ok(()),
        other => other,
    }
}

fn is_impossible(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported)
}

/// Cuts or extends a file in memory; new bytes are zeros.
fn resize(data: &mut Vec<u8>, len: usize) {
    if data.is_empty() {
        // The allocator can provide zeros without writing them.
        *data = vec![0; len];
    } else {
        data.resize(len, 0);
    }
}

#[cfg(test)]
mod tests;
