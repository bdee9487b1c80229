//! Snapshots in a directory.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::log::away;
use crate::{LogError, SnapshotName, Snapshots, sealed};

/// Snapshots in a directory that all members can access: on a shared file system, or on the same machine in tests.
///
/// A file is written under a temporary name, synced and renamed, so it exists completely or not at all. Files that end with
/// `.unfinished` are from a `put` that was interrupted, and may be deleted.
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
    /// Uses a directory, and creates it if it does not exist.
    ///
    /// # Errors
    ///
    /// [`LogError::Away`] if it cannot be created.
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

    fn result<T>(&self, what: &str, done: io::Result<T>) -> Result<T, LogError> {
        done.map_err(|error| away(format!("{what} in {}", self.directory.display()), error))
    }

    fn write(&self, name: &SnapshotName, file: &Path) -> io::Result<()> {
        let seal = sealed::seal(file)?;
        let (mut temporary, path) = self.temporary(name)?;
        let written = io::copy(&mut File::open(file)?, &mut temporary)
            .and_then(|_| temporary.write_all(&seal))
            .and_then(|()| temporary.sync_all())
            .and_then(|()| fs::rename(&path, self.path(name)));
        if written.is_err() {
            // The first error is the one to report.
            let _ = fs::remove_file(&path);
        }
        written.and_then(|()| self.sync())
    }

    /// A new file under a temporary name.
    fn temporary(&self, name: &SnapshotName) -> io::Result<(File, PathBuf)> {
        static MADE: AtomicU64 = AtomicU64::new(0);
        loop {
            let number = MADE.fetch_add(1, Ordering::Relaxed);
            let unfinished =
                format!("{}.{}-{number}.unfinished", name.file_name(), std::process::id());
            let path = self.directory.join(unfinished);
            match File::create_new(&path) {
                // Another process or machine uses this name.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                made => return made.map(|file| (file, path)),
            }
        }
    }

    /// Makes names durable. Some file systems do not support that, and do not need it.
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
        self.result("putting a snapshot", self.write(name, file))
    }

    fn list(&self) -> Result<Vec<SnapshotName>, LogError> {
        self.result("listing the snapshots", self.names())
    }

    fn fetch(&self, name: &SnapshotName, into: &Path) -> Result<(), LogError> {
        sealed::fetch(into, |mut to| {
            let copied =
                File::open(self.path(name)).and_then(|mut from| io::copy(&mut from, &mut to));
            self.result("fetching a snapshot", copied.and_then(|_| to.sync_all()))
        })
    }

    fn remove(&self, name: &SnapshotName) -> Result<(), LogError> {
        let removed = match fs::remove_file(self.path(name)) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            other => other.and_then(|()| self.sync()),
        };
        self.result("removing a snapshot", removed)
    }
}
