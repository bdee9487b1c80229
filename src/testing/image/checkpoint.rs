//! A memory image in a file, and back.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::{Arc, Mutex};

use super::{Inner, MemoryImage, Shared};
use crate::Options;
use crate::checkpoint;
use crate::disk::{Disk, FileDisk};
use crate::model::error::{Error, Result};
use crate::parallel::Threads;
use crate::state::State;
use crate::storage::Backend;

/// What is added to the name of a file as long as it is written.
const UNFINISHED: &str = ".unfinished";

impl MemoryImage {
    /// Writes the image as it stands into a file, in place of what is there; tells how many bytes it has.
    ///
    /// It has its name only once it is whole and synced.
    ///
    /// Cost: O(n log n) with all there is.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] or [`Error::State`] when the file cannot be written; what was there is there still.
    pub fn write_checkpoint(&self, path: impl AsRef<Path>) -> Result<u64> {
        let path = path.as_ref();
        let (disk, name) = place(path)?;
        let unfinished = format!("{name}{UNFINISHED}");
        let write = |source| Error::io(format!("write the checkpoint {path:?}"), source);
        let made = || {
            let file = disk.create(&unfinished).map_err(write)?;
            checkpoint::write(&self.state(), Backend::direct(Arc::clone(&file)))?;
            file.sync().map_err(write)?;
            let length = file.len().map_err(write)?;
            disk.rename(&unfinished, name).map_err(write)?;
            disk.sync_dir("").map_err(write)?;
            Ok(length)
        };
        made().inspect_err(|_| {
            // It is of no use; the next one takes its place in any case.
            let _ = disk.remove(&unfinished);
        })
    }

    /// An image that holds what [`write_checkpoint`](Self::write_checkpoint) wrote, and goes on from there.
    ///
    /// What was loaded is kept for [`replay`](Self::replay), so first changes copy what they touch.
    ///
    /// Cost: O(n log n) with all there is, on the cores there are.
    ///
    /// # Errors
    ///
    /// [`Error::NotAStore`] when the file is something else, [`Error::NewerFormat`] and [`Error::Damaged`], or
    /// [`Error::Io`] when it cannot be read.
    pub fn load_checkpoint(path: impl AsRef<Path>, options: Options) -> Result<Self> {
        let path = path.as_ref();
        let (disk, name) = place(path)?;
        let read = |source| Error::io(format!("read the checkpoint {path:?}"), source);
        let file = disk.open_to_read(name).map_err(read)?;
        let file = Backend::read_only(file).map_err(read)?;
        let state = checkpoint::load(file, path, Threads::all_cores())?;
        Ok(Self::of(state, options))
    }

    /// An image that goes on from a state.
    pub(crate) fn of(state: State, options: Options) -> Self {
        let inner = Inner { loaded: state.clone(), state, journal: Vec::new() };
        let removal_detail = super::REMOVAL_DETAIL;
        let inner = Mutex::new(inner);
        Self { shared: Arc::new(Shared { inner, options, removal_detail }) }
    }

    /// The records of changes from a revision on.
    #[cfg(test)]
    pub(crate) fn changes_from(&self, revision: u64) -> Vec<Vec<u8>> {
        let inner = self.lock();
        let first = inner.loaded.head().revision + 1;
        let skip = usize::try_from(revision.saturating_sub(first)).unwrap_or(usize::MAX);
        inner.journal.iter().skip(skip).cloned().collect()
    }

    /// Applies a change that another image made.
    #[cfg(test)]
    pub(crate) fn apply_change(&self, record: &[u8]) -> Result<()> {
        let mut inner = self.lock();
        inner.state.apply(&crate::model::ChangeRecord::decode(record)?)?;
        inner.journal.push(record.to_vec());
        Ok(())
    }

    /// The state as it stands.
    pub(crate) fn state(&self) -> State {
        self.lock().state.clone()
    }
}

/// The directory of a path, and the name in it.
fn place(path: &Path) -> Result<(FileDisk, &str)> {
    let find = |source| Error::io(format!("find {path:?}"), source);
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| find(ErrorKind::InvalidInput.into()))?;
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
    let disk = FileDisk::new(dir.unwrap_or_else(|| Path::new("."))).map_err(find)?;
    Ok((disk, name))
}
