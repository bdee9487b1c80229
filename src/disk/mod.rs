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

mod file;
mod filling;
mod lock;
mod memory;
mod read_only;
#[cfg(feature = "testing")]
pub(crate) mod simulated;
mod unfinished;

use std::fmt::Debug;
use std::io;
use std::sync::Arc;

pub(crate) use file::FileDisk;
pub(crate) use filling::MARK;
#[cfg(test)]
pub(crate) use filling::{mark, unmark};
pub(crate) use memory::MemoryDisk;
pub(crate) use read_only::ReadOnlyDisk;
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
mod tests {
    use super::*;

    /// What every disk must do, run against each of them.
    fn keeps_the_contract(disk: &dyn Disk) -> io::Result<()> {
        disk.create_dir("sub")?;
        disk.create_dir("sub")?;
        let file = disk.create("sub/a")?;
        file.write_at(3, b"xyz")?;
        assert_eq!(file.len()?, 6);
        let mut out = [9; 6];
        file.read_at(0, &mut out)?;
        assert_eq!(&out, b"\0\0\0xyz");
        let beyond = file.read_at(1, &mut out).unwrap_err();
        assert_eq!(beyond.kind(), io::ErrorKind::UnexpectedEof);
        file.set_len(4)?;
        file.set_len(6)?;
        file.read_at(0, &mut out)?;
        assert_eq!(&out, b"\0\0\0x\0\0");
        file.sync()?;

        assert!(file.try_lock()?);
        assert!(!disk.open("sub/a")?.try_lock()?);
        file.unlock()?;
        let other = disk.open("sub/a")?;
        assert!(other.try_lock()?);
        assert!(!file.try_lock_shared()?);
        other.unlock()?;
        assert!(file.try_lock_shared()? && other.try_lock_shared()?);
        file.unlock()?;
        assert!(!file.try_lock()?, "the other one has it still");
        other.unlock()?;
        assert!(file.try_lock()?);
        drop(file);
        assert!(other.try_lock()?, "a lock goes with its handle");
        drop(other);

        disk.create("sub/b")?;
        disk.rename("sub/a", "sub/b")?;
        disk.sync_dir("sub")?;
        assert_eq!(disk.list("sub")?, ["b"]);
        assert_eq!(disk.open("sub/b")?.len()?, 6);
        assert_eq!(disk.open_to_read("sub/b")?.len()?, 6);
        assert_eq!(disk.create("sub/b")?.len()?, 0);
        let there = disk.create_new("sub/b").unwrap_err();
        assert_eq!(there.kind(), io::ErrorKind::AlreadyExists);
        disk.remove("sub/b")?;
        disk.create_new("sub/b")?.write_at(0, b"b")?;
        assert_eq!(disk.open("sub/b")?.len()?, 1);
        disk.remove("sub/b")?;
        assert!(disk.list("sub")?.is_empty());
        let missing = [disk.open("sub/b").err(), disk.open_to_read("sub/b").err()];
        for missing in missing.into_iter().chain([disk.list("other").err()]) {
            assert_eq!(missing.map(|error| error.kind()), Some(io::ErrorKind::NotFound));
        }
        Ok(())
    }

    #[test]
    fn files_and_memory_keep_the_same_contract() {
        let dir = tempfile::tempdir().unwrap();
        keeps_the_contract(&FileDisk::new(dir.path()).unwrap()).unwrap();
        keeps_the_contract(&MemoryDisk::default()).unwrap();
        keeps_the_contract(&simulated::SimulatedDisk::default()).unwrap();
    }
    /// Everything that a disk which is only read must refuse.
    fn changes(disk: &dyn Disk) -> Vec<io::Result<()>> {
        let file = disk.open("a").unwrap();
        vec![
            disk.create_dir("sub"),
            disk.create("a").map(drop),
            disk.create("b").map(drop),
            disk.create_new("b").map(drop),
            disk.rename("a", "b"),
            disk.remove("a"),
            disk.sync_dir(""),
            file.write_at(0, b"new"),
            file.set_len(0),
            file.sync(),
        ]
    }

    #[test]
    fn a_disk_that_is_only_read_shows_what_is_there_and_refuses_each_change() {
        let simulated = simulated::SimulatedDisk::holding([("a".to_owned(), b"old".to_vec())]);
        let disk = ReadOnlyDisk::new(Arc::new(simulated.clone()));
        for change in changes(&disk) {
            assert_eq!(change.unwrap_err().kind(), io::ErrorKind::ReadOnlyFilesystem);
        }
        assert_eq!(simulated.calls(), 0, "nothing reached the disk below");
        assert_eq!(disk.list("").unwrap(), ["a"]);
        let mut out = [0; 3];
        disk.open("a").unwrap().read_at(0, &mut out).unwrap();
        assert_eq!((&out, disk.open("a").unwrap().len().unwrap()), (b"old", 3));
    }

    #[test]
    fn those_who_only_read_share_a_file_and_one_who_writes_has_it_alone() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a"), "old").unwrap();
        let files: Arc<dyn Disk> = Arc::new(FileDisk::new(dir.path()).unwrap());
        let simulated = simulated::SimulatedDisk::holding([("a".to_owned(), Vec::new())]);
        for below in [files, Arc::new(simulated)] {
            let disk = ReadOnlyDisk::new(Arc::clone(&below));
            let (reader, other) = (disk.open("a").unwrap(), disk.open("a").unwrap());
            let writer = below.open("a").unwrap();
            assert!(reader.try_lock().unwrap() && other.try_lock().unwrap());
            assert!(!writer.try_lock().unwrap());
            reader.unlock().unwrap();
            other.unlock().unwrap();
            assert!(writer.try_lock().unwrap());
            assert!(!reader.try_lock().unwrap());
        }
    }

    /// The system's own files are of that kind.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_directory_whose_sync_is_invalid_is_trusted() {
        let system = std::path::Path::new("/proc/self");
        let raw = std::fs::File::open(system).unwrap().sync_all().unwrap_err();
        assert_eq!(raw.kind(), io::ErrorKind::InvalidInput);
        FileDisk::new(system).unwrap().sync_dir("").unwrap();
        let missing = FileDisk::new(&system.join("none")).unwrap().sync_dir("").unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn a_file_of_a_directory_that_is_opened_to_read_cannot_be_written() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a"), "old").unwrap();
        let file = FileDisk::new(dir.path()).unwrap().open_to_read("a").unwrap();
        assert!(file.write_at(0, b"new").is_err() && file.set_len(0).is_err());
        assert_eq!(std::fs::read(dir.path().join("a")).unwrap(), b"old");

        let above = FileDisk::new(dir.path().parent().unwrap()).unwrap();
        let name = dir.path().file_name().unwrap().to_str().unwrap();
        let error = above.open_to_read(name).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::IsADirectory);
    }
}
