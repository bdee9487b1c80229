//! Opening a store: in a directory, in memory, or on a simulated disk.

use std::path::Path;
#[cfg(feature = "testing")]
use std::sync::Arc;

use crate::engine::Directory;
#[cfg(feature = "testing")]
use crate::engine::{SharedDisk, Subdirectory};
use crate::model::error::Result;
use crate::options::Options;
use crate::store::Store;

impl Options {
    /// Opens the store in a directory. If it was not closed, this recovers it.
    ///
    /// The whole state is loaded into memory: about 17 bytes for each link, about 120 for each linked resource, and
    /// the overhead of the allocator.
    ///
    /// Cost: O(n log n) with the size of the state, on all cores: about 0.1 s for a million links. In addition O(bytes
    /// of journal since the last checkpoint) and, unless the store is opened read-only, a new segment of
    /// [`segment_size`](Self::segment_size) bytes. Example: at [`Options`].
    ///
    /// # Errors
    ///
    /// - [`Error::NotFound`](crate::Error::NotFound): the store does not exist and the options do not allow to create
    ///   it.
    /// - [`Error::NotAStore`](crate::Error::NotAStore): the path is an empty text, or there is something else at it.
    /// - [`Error::AlreadyOpen`](crate::Error::AlreadyOpen): the store is already open, unless both openings are [read
    ///   only](Self::read_only).
    /// - [`Error::NewerFormat`](crate::Error::NewerFormat): a later version wrote it.
    /// - [`Error::Damaged`](crate::Error::Damaged): its files contradict themselves or each other, or one is missing.
    /// - [`Error::Io`](crate::Error::Io), [`Error::State`](crate::Error::State): the disk failed.
    /// - [`Error::Panicked`](crate::Error::Panicked): the callback of [`on_recovery`](Self::on_recovery) panicked.
    /// - [`Error::MemoryLimit`](crate::Error::MemoryLimit): the state does not fit
    ///   [`memory_limit`](Self::memory_limit).
    ///
    /// After an error the files are as they were before, except `lock`, and unless the disk itself failed. With
    /// [`read_only`](Self::read_only) the files never change.
    pub fn open(self, path: impl AsRef<Path>) -> Result<Store> {
        let directory = Directory::open(path.as_ref(), &self)?;
        Store::start(directory, self)
    }

    /// Opens the store in a directory as [`open`](Self::open) does, but writes its files only through the system's
    /// cache. With the feature `testing`. `open` does this automatically if the file system does not support direct
    /// writes.
    ///
    /// Cost: that of [`open`](Self::open).
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// let store = viewlink::Options::new().open_buffered(dir.path())?;
    /// assert_eq!(store.snapshot()?.revision(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`open`](Self::open).
    #[cfg(feature = "testing")]
    pub fn open_buffered(self, path: impl AsRef<Path>) -> Result<Store> {
        let directory = Directory::open_buffered(path.as_ref(), &self)?;
        Store::start(directory, self)
    }

    /// Creates a store that lives until its last handle is dropped.
    ///
    /// Everything works as on disk, including the journal, but no file is written. Example: at [`Options`].
    ///
    /// Cost: O([`segment_size`](Self::segment_size)) in time and memory.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`](crate::Error::NotFound) if [creating is not allowed](Self::create_if_missing), as with
    /// [`read_only`](Self::read_only); [`Error::Io`](crate::Error::Io) if the system provides no random numbers for
    /// the store's id; [`Error::State`](crate::Error::State) if the first checkpoint cannot be made.
    pub fn open_in_memory(self) -> Result<Store> {
        let directory = Directory::in_memory(&self)?;
        Store::start(directory, self)
    }

    /// Opens the store on a simulated disk, as [`open`](Self::open) does in a directory. With the feature `testing`;
    /// example: at [`testing`](crate::testing).
    ///
    /// The path of an [`archive`](Self::archive) is a directory on the simulated disk, so that the archive and the
    /// store lose power at the same moment.
    ///
    /// Cost: that of [`open`](Self::open).
    ///
    /// # Errors
    ///
    /// Those of [`open`](Self::open).
    #[cfg(feature = "testing")]
    pub fn open_on(self, disk: &crate::testing::SimulatedDisk) -> Result<Store> {
        let shared: SharedDisk = Arc::new(disk.clone());
        let archive: Option<SharedDisk> = self.archive.as_ref().map(|path| {
            let dir = path.to_string_lossy().into_owned();
            Arc::new(Subdirectory::new(Arc::clone(&shared), dir)) as SharedDisk
        });
        let directory = Directory::on_disk(shared, Path::new("simulated"), &self)?;
        Store::start(directory.with_archive(archive), self)
    }
}
