//! Where snapshots of a store are kept, for members that begin anew.

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

/// A place for snapshots: files that appear whole or not at all.
pub trait Snapshots: Debug + Send + Sync {
    /// Keeps a file under a name; whoever lists the names sees it once it is whole and durable.
    ///
    /// # Errors
    ///
    /// [`LogError::Away`] where it cannot be written.
    fn put(&self, name: &SnapshotName, file: &Path) -> Result<(), LogError>;

    /// The names there are, oldest first by sequence. What is no snapshot is passed over.
    ///
    /// # Errors
    ///
    /// [`LogError::Away`] where they cannot be listed.
    fn list(&self) -> Result<Vec<SnapshotName>, LogError>;

    /// Writes a snapshot into a new file, with what checks that its bytes are those that were put.
    ///
    /// # Errors
    ///
    /// [`LogError::Away`] where it cannot be read or is no longer there.
    fn fetch(&self, name: &SnapshotName, into: &Path) -> Result<(), LogError>;

    /// Removes a snapshot; one that is gone already is no error.
    ///
    /// # Errors
    ///
    /// [`LogError::Away`] where it cannot be removed.
    fn remove(&self, name: &SnapshotName) -> Result<(), LogError>;
}
