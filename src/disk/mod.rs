//! The few file operations the store stands on, so that one directory of files, memory, and a
//! disk that loses power in a test are the same to everything above.
//!
//! Names are relative to the store's directory and use `/`. What is assumed of a disk:
//!
//! - what was written to a file is there after a crash once [`DiskFile::sync`] returned, and may
//!   be there, in part and in any order, if it did not;
//! - a file's creation, renaming and removal are there after a crash once [`Disk::sync_dir`] of
//!   the directory returned; a renaming is whole or absent. Where directories cannot be synced it is there
//!   once any file was synced after it.

// The journal is to append through it.
#[allow(dead_code)]
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

#[allow(unused_imports)]
pub(crate) use appender::Appender;
pub(crate) use direct::DirectFile;
pub(crate) use directory::FileDisk;
pub(crate) use filling::MARK;
#[cfg(test)]
pub(crate) use filling::{mark, unmark};
pub(crate) use memory::MemoryDisk;
pub(crate) use read_only::ReadOnlyDisk;
#[allow(unused_imports)]
pub(crate) use shortage::is_shortage;
pub(crate) use unfinished::UnfinishedDir;

/// A directory of files.
pub(crate) trait Disk: Debug + Send + Sync {
    /// The names of what is in `dir`, in no order; an error of kind `NotFound` when there is no
    /// such directory.
    fn list(&self, dir: &str) -> io::Result<Vec<String>>;

    /// Makes a directory, or leaves the one that is there; either is durable when this returns,
    /// since another process may have made it and been killed before it synced.
    fn create_dir(&self, dir: &str) -> io::Result<()>;

    /// Opens a file that is there.
    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>>;

    /// The same for a handle that nobody writes with: it needs no permission to.
    fn open_to_read(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.open(name)
    }

    /// Opens a file that is there once more, for direct writes; `None` where it takes none.
    fn open_direct(&self, _name: &str) -> io::Result<Option<Arc<dyn DirectFile>>> {
        Ok(None)
    }

    /// Opens a file empty, whether it was there or not.
    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>>;

    /// Makes a file that is not there; an error of kind `AlreadyExists` when it is.
    ///
    /// Where several processes use a disk it must be one step, and is not here.
    fn create_new(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        match self.open(name) {
            Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.create(name),
            Err(error) => Err(error),
        }
    }

    /// Gives a file another name in one step, in place of what had that name.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Makes creations, renamings and removals in `dir` durable. Where that is impossible they are durable
    /// with the next sync of a file.
    fn sync_dir(&self, dir: &str) -> io::Result<()>;
}

/// A file, read and written at offsets.
pub(crate) trait DiskFile: Debug + Send + Sync {
    /// The length in bytes.
    fn len(&self) -> io::Result<u64>;

    /// Fills `out` from `offset` on; an error of kind `UnexpectedEof` when the file ends before.
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()>;

    /// Writes all of `data` from `offset` on; the file grows where it must.
    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()>;

    /// Cuts or extends the file; what is new reads as zeros.
    fn set_len(&self, len: u64) -> io::Result<()>;

    /// Makes everything written so far durable.
    fn sync(&self) -> io::Result<()>;

    /// Takes the file for this handle alone, or on a disk that is only read together with others of the
    /// kind; `false` when another handle has it. The lock goes with the handle or the process.
    fn try_lock(&self) -> io::Result<bool>;

    /// Takes the file together with others who take it in this way; `false` when a handle has it
    /// alone.
    fn try_lock_shared(&self) -> io::Result<bool>;

    /// Gives the file free again.
    fn unlock(&self) -> io::Result<()>;
}

/// What the sync of a directory came to, where not being able to is no failure.
///
/// Some file systems, of networks most of all, answer that the call is invalid for a directory, or not
/// supported. Their own log is trusted to order names, as on systems where directories cannot be synced at
/// all: a name is durable once a file was synced after it was changed. Any other answer is a failure.
fn unless_impossible(synced: io::Result<()>) -> io::Result<()> {
    match synced {
        Err(error) if is_impossible(&error) => Ok(()),
        other => other,
    }
}

fn is_impossible(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported)
}

/// Cuts or extends a file in memory; what is new is zeros.
fn resize(data: &mut Vec<u8>, len: usize) {
    if data.is_empty() {
        // The allocator has zeros that nobody needs to write.
        *data = vec![0; len];
    } else {
        data.resize(len, 0);
    }
}

#[cfg(test)]
mod tests;
