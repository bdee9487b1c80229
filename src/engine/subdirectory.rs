//! A directory of a disk, used as a disk, so that both lose power at the same moment.

use std::io;
use std::sync::Arc;

use super::SharedDisk;
use crate::disk::{Disk, DiskFile};

/// A directory of a disk.
#[derive(Debug)]
pub(crate) struct Subdirectory {
    disk: SharedDisk,
    dir: String,
}

impl Subdirectory {
    pub(crate) fn new(disk: SharedDisk, dir: String) -> Self {
        Self { disk, dir }
    }

    fn path(&self, name: &str) -> String {
        if name.is_empty() { self.dir.clone() } else { format!("{}/{name}", self.dir) }
    }
}

impl Disk for Subdirectory {
    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        self.disk.list(&self.path(dir))
    }

    fn create_dir(&self, dir: &str) -> io::Result<()> {
        self.disk.create_dir(&self.path(dir))
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.disk.open(&self.path(name))
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.disk.create(&self.path(name))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.disk.rename(&self.path(from), &self.path(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.disk.remove(&self.path(name))
    }

    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        self.disk.sync_dir(&self.path(dir))
    }
}
