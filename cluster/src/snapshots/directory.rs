//! Snapshots in a directory.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::log::away;
use crate::{LogError, SnapshotName, Snapshots, sealed};

/// Snapshots in a directory that all members see: of a file system that is shared, or of the one machine that tests run
/// on.
///
/// A file is written beside, synced and renamed, so that it is there whole or not at all. What ends with `.unfinished`
/// is of a `put` that was broken off, and may be deleted.
///
/// ```
/// # use viewlink_cluster::{DirectorySnapshots, Snapshots};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// let snapshots = DirectorySnapshots::open(dir.path().join("snapshots"))?;
/// assert!(snapshots.list()?.is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct DirectorySnapshots {
    directory: PathBuf,
}

impl DirectorySnapshots {
    /// Uses a directory, and makes it where it is not there.
    ///
    /// # Errors
    ///
    /// [`LogError::Away`] where it cannot be made.
    pub fn open(directory: impl Into<PathBuf>) -> Result<Self, LogError> {
        let directory = directory.into();
        fs::create_dir_all(&directory).map_err(|error| {
            away(format!("the directory {} of snapshots", directory.display()), error)
        })?;
        Ok(Self { directory })
    }

    fn path(&self, name: &SnapshotName) -> PathBuf {
        self.directory.join(name.file_name())
    }

    fn tell<T>(&self, what: &str, done: io::Result<T>) -> Result<T, LogError> {
        done.map_err(|error| away(format!("{what} in {}", self.directory.display()), error))
    }

    fn write(&self, name: &SnapshotName, file: &Path) -> io::Result<()> {
        let seal = sealed::seal(file)?;
        let (mut beside, path) = self.beside(name)?;
        let written = io::copy(&mut File::open(file)?, &mut beside)
            .and_then(|_| beside.write_all(&seal))
            .and_then(|()| beside.sync_all())
            .and_then(|()| fs::rename(&path, self.path(name)));
        if written.is_err() {
            // The error that matters is the first one.
            let _ = fs::remove_file(&path);
        }
        written.and_then(|()| self.sync())
    }

    /// A new file that is no snapshot yet.
    fn beside(&self, name: &SnapshotName) -> io::Result<(File, PathBuf)> {
        static MADE: AtomicU64 = AtomicU64::new(0);
        loop {
            let number = MADE.fetch_add(1, Ordering::Relaxed);
            let mine = format!("{}.{}-{number}.unfinished", name.file_name(), std::process::id());
            let path = self.directory.join(mine);
            match File::create_new(&path) {
                // Of another process, or another machine.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                made => return made.map(|file| (file, path)),
            }
        }
    }

    /// Makes names durable. Some file systems cannot and need not do that.
    fn sync(&self) -> io::Result<()> {
        if cfg!(not(unix)) {
            return Ok(());
        }
        match File::open(&self.directory)?.sync_all() {
            Err(error)
                if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) =>
            {
                Ok(())
            }
            synced => synced,
        }
    }

    fn names(&self) -> io::Result<Vec<SnapshotName>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.directory)? {
            names.extend(entry?.file_name().to_str().and_then(SnapshotName::of_file));
        }
        names.sort();
        Ok(names)
    }
}

impl Snapshots for DirectorySnapshots {
    fn put(&self, name: &SnapshotName, file: &Path) -> Result<(), LogError> {
        self.tell("putting a snapshot", self.write(name, file))
    }

    fn list(&self) -> Result<Vec<SnapshotName>, LogError> {
        self.tell("listing the snapshots", self.names())
    }

    fn fetch(&self, name: &SnapshotName, into: &Path) -> Result<(), LogError> {
        sealed::fetch(into, |mut to| {
            let copied =
                File::open(self.path(name)).and_then(|mut from| io::copy(&mut from, &mut to));
            self.tell("fetching a snapshot", copied.and_then(|_| to.sync_all()))
        })
    }

    fn remove(&self, name: &SnapshotName) -> Result<(), LogError> {
        let removed = match fs::remove_file(self.path(name)) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            other => other.and_then(|()| self.sync()),
        };
        self.tell("removing a snapshot", removed)
    }
}
