//! The file of the newest checkpoint in a store's directory.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::SharedDisk;
use crate::checkpoint::{self, Checkpoint};
use crate::disk::DiskFile;
use crate::model::error::{Error, Result, StoreFile};
use crate::parallel::Threads;

/// The newest checkpoint.
pub(super) const NAME: &str = "checkpoint.redb";
/// A checkpoint that is being written.
pub(super) const UNFINISHED: &str = "unfinished.redb";

/// Replaces the previous checkpoint; returns the number of bytes of the new one. It is durable when this returns.
///
/// The file is written under a temporary name, synced and renamed. Then the directory is synced. The file is synced
/// once more, for systems that cannot sync directories. A crash at any moment leaves the previous checkpoint or this
/// one, complete. With `reads_back`, the file is loaded again before it is renamed, and its content is compared with
/// its digest.
///
/// Cost: O(n log n) with the size of the state, on the caller's thread.
///
/// # Errors
///
/// After an error the previous checkpoint is still there, complete. If only the sync of the directory failed, the new
/// one may be there instead.
pub(super) fn write(
    disk: &SharedDisk,
    checkpoint: &Checkpoint,
    pace: &Pace,
    reads_back: bool,
) -> Result<u64> {
    let write = |source| Error::io("write a checkpoint", source);
    let made = || {
        let file = disk.create(UNFINISHED).map_err(write)?;
        checkpoint::write(checkpoint, pace.file(Arc::clone(&file)))?;
        file.sync().map_err(write)?;
        if reads_back {
            let again = disk.open_to_read(UNFINISHED).map_err(write)?;
            checkpoint::load(again, Path::new(UNFINISHED), Threads::ONE, None)?;
        }
        let length = file.len().map_err(write)?;
        pace.check().map_err(write)?;
        disk.rename(UNFINISHED, NAME).and_then(|()| disk.sync_dir("")).map_err(write)?;
        // If directories cannot be synced, the sync of a file makes earlier renames durable.
        file.sync().map_err(write)?;
        Ok(length)
    };
    made().inspect_err(|_| {
        // An unfinished file has no effect, and the next checkpoint overwrites it. Removing it only frees its space.
        let _ = disk.remove(UNFINISHED);
    })
}

/// The file of the newest checkpoint, to be read.
pub(super) fn open(disk: &SharedDisk) -> Result<Arc<dyn DiskFile>> {
    disk.open_to_read(NAME).map_err(|source| match source.kind() {
        io::ErrorKind::IsADirectory => {
            Error::damaged(StoreFile::State, NAME, "it is a directory and not a file")
        }
        _ => Error::io(format!("open {NAME}"), source),
    })
}

/// If a checkpoint is paced, how long it is written without a pause, and how long a pause is. The pauses leave the
/// disk and a core to other work.
const STRETCH: Duration = Duration::from_millis(2);
const PAUSE: Duration = Duration::from_millis(1);

/// How fast a checkpoint is written, and whether it is cancelled.
#[derive(Clone, Debug, Default)]
pub(super) struct Pace {
    /// Whether there are pauses.
    pub(super) is_slow: bool,
    /// Set when the checkpoint is no longer needed.
    pub(super) is_cancelled: Arc<AtomicBool>,
}

impl Pace {
    fn file(&self, file: Arc<dyn DiskFile>) -> Arc<dyn DiskFile> {
        Arc::new(PacedFile { file, pace: self.clone(), resumed: Mutex::new(Instant::now()) })
    }

    /// # Errors
    ///
    /// An error of kind `Interrupted` if the checkpoint is no longer needed.
    fn check(&self) -> io::Result<()> {
        if self.is_cancelled.load(Ordering::Relaxed) {
            return Err(io::Error::new(io::ErrorKind::Interrupted, "the store is being closed"));
        }
        Ok(())
    }
}

/// A file that is written with pauses.
#[derive(Debug)]
struct PacedFile {
    file: Arc<dyn DiskFile>,
    pace: Pace,
    /// When the last pause ended.
    resumed: Mutex<Instant>,
}

impl PacedFile {
    fn pause(&self) -> io::Result<()> {
        self.pace.check()?;
        let mut resumed = self.resumed.lock().unwrap_or_else(PoisonError::into_inner);
        if self.pace.is_slow && resumed.elapsed() >= STRETCH {
            std::thread::sleep(PAUSE);
            *resumed = Instant::now();
        }
        Ok(())
    }
}

impl DiskFile for PacedFile {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read_at(offset, out)
    }

    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.pause()?;
        self.file.write_at(offset, data)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.pause()?;
        self.file.set_len(len)
    }

    fn sync(&self) -> io::Result<()> {
        self.pause()?;
        self.file.sync()
    }

    fn try_lock(&self) -> io::Result<bool> {
        self.file.try_lock()
    }

    fn try_lock_shared(&self) -> io::Result<bool> {
        self.file.try_lock_shared()
    }

    fn unlock(&self) -> io::Result<()> {
        self.file.unlock()
    }
}
