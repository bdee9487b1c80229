//! Places for snapshots of a store, for members that have no store or an old one.

use std::fmt::Debug;
use std::path::Path;

use crate::LogError;

mod directory;
mod name;
#[cfg(feature = "object-store")]
mod object_store;

pub use directory::DirectorySnapshots;
pub use name::SnapshotName;
#[cfg(feature = "object-store")]
pub use object_store::ObjectStoreSnapshots;

/// A place for snapshots: files that appear completely or not at all.
pub trait Snapshots: Debug + Send + Sync {
    /// Stores a file under a name. The name is listed after the file is complete and durable.
    ///
    /// # Errors
    ///
    /// [`LogError::Away`] if it cannot be written.
    fn put(&self, name: &SnapshotName, file: &Path) -> Result<(), LogError>;

    /// The names of all snapshots, ordered by sequence. Other files are ignored.
    ///
    /// # Errors
    ///
    /// [`LogError::Away`] if they cannot be listed.
    fn list(&self) -> Result<Vec<SnapshotName>, LogError>;

    /// Writes a snapshot into a new file, after a check that its bytes are complete and unchanged.
    ///
    /// # Errors
    ///
    /// [`LogError::Away`] if it cannot be read or no longer exists.
    fn fetch(&self, name: &SnapshotName, into: &Path) -> Result<(), LogError>;

    /// Removes a snapshot. It is not an error if it was removed before.
    ///
    /// # Errors
    ///
    /// [`LogError::Away`] if it cannot be removed.
    fn remove(&self, name: &SnapshotName) -> Result<(), LogError>;
}
