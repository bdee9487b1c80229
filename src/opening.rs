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
    /// Opens the store in a directory, and recovers it where it was not closed.
    ///
    /// Everything is loaded into memory: some 17 bytes a link and some 120 for each linked resource, and what the
    /// allocator adds to that.
    ///
    /// Cost: O(n log n) with all there is, on the cores there are: some 0.1 s for a million links. Besides O(bytes of
    /// journal since the last checkpoint) and, unless the store is only read, a new segment of
    /// [`segment_size`](Self::segment_size) bytes. Example: at [`Options`].
    ///
    /// # Errors
    ///
    /// - [`Error::NotFound`](crate::Error::NotFound): there is none and none may be made.
    /// - [`Error::NotAStore`](crate::Error::NotAStore): the path is empty, or there is something else at
    ///   it.
    /// - [`Error::AlreadyOpen`](crate::Error::AlreadyOpen): another handle has it, unless both
    ///   [only read](Self::read_only).
    /// - [`Error::NewerFormat`](crate::Error::NewerFormat): a later version wrote it.
    /// - [`Error::Damaged`](crate::Error::Damaged): its files contradict themselves or each other, or one
    ///   is missing.
    /// - [`Error::Io`](crate::Error::Io), [`Error::State`](crate::Error::State): the disk failed.
    /// - [`Error::Panicked`](crate::Error::Panicked): the callback of
    ///   [`on_recovery`](Self::on_recovery) panicked.
    ///
    /// - [`Error::MemoryLimit`](crate::Error::MemoryLimit): the state does not fit
    ///   [`memory_limit`](Self::memory_limit).
    ///
    /// The files are left as they were, but for `lock` and for a failing disk. With
    /// [`read_only`](Self::read_only) nothing of them ever changes.
    pub fn open(self, path: impl AsRef<Path>) -> Result<Store> {
        let directory = Directory::open(path.as_ref(), &self)?;
        Store::start(directory, self)
    }

    /// Opens the store in a directory as [`open`](Self::open) does, and writes its files through the system's cache
    /// alone. With the feature `testing`: so it goes by itself where a file system takes no direct writes.
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

    /// Makes a store that is gone when its last handle is.
    ///
    /// Everything works as on disk, the journal too; nothing is written to any file. Example: at
    /// [`Options`].
    ///
    /// Cost: O([`segment_size`](Self::segment_size)) in time and memory.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`](crate::Error::NotFound) when [none may be made](Self::create_if_missing), as with
    /// [`read_only`](Self::read_only);
    /// [`Error::Io`](crate::Error::Io) when the system gives no random numbers for the store's id;
    /// [`Error::State`](crate::Error::State) when the first checkpoint cannot be made.
    pub fn open_in_memory(self) -> Result<Store> {
        let directory = Directory::in_memory(&self)?;
        Store::start(directory, self)
    }

    /// Opens the store on a simulated disk, as [`open`](Self::open) does in a directory. With the
    /// feature `testing`; example: at [`testing`](crate::testing).
    ///
    /// The path of an [`archive`](Self::archive) is that of a directory on the simulated disk, so that the archive and
    /// the store lose power at the same moment.
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
