//! A place for snapshots in memory, for tests.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::{LogError, SnapshotName, Snapshots};

/// A place for snapshots in memory, shared by its clones. It disappears with the last of them.
#[derive(Clone, Debug, Default)]
pub struct MemorySnapshots {
    files: Arc<Mutex<BTreeMap<SnapshotName, Vec<u8>>>>,
}

impl MemorySnapshots {
    /// An empty place.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn files(&self) -> MutexGuard<'_, BTreeMap<SnapshotName, Vec<u8>>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn away(what: &str) -> impl FnOnce(std::io::Error) -> LogError {
    |source| LogError::Away { what: what.to_owned(), source: Some(Box::new(source)) }
}

impl Snapshots for MemorySnapshots {
    fn put(&self, name: &SnapshotName, file: &Path) -> Result<(), LogError> {
        let bytes = fs::read(file).map_err(away("read a snapshot"))?;
        self.files().insert(name.clone(), bytes);
        Ok(())
    }

    fn list(&self) -> Result<Vec<SnapshotName>, LogError> {
        Ok(self.files().keys().cloned().collect())
    }

    fn fetch(&self, name: &SnapshotName, into: &Path) -> Result<(), LogError> {
        let bytes = self.files().get(name).cloned();
        let missing = || LogError::Away { what: "find a snapshot".to_owned(), source: None };
        fs::write(into, bytes.ok_or_else(missing)?).map_err(away("write a snapshot"))
    }

    fn remove(&self, name: &SnapshotName) -> Result<(), LogError> {
        self.files().remove(name);
        Ok(())
    }
}
