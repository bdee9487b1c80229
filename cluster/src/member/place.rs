//! The directory of a member.
//!
//! ```text
//! store            its store
//! store.N          earlier stores, which were replaced by a snapshot
//! snapshot.tar     a snapshot that is being packed or fetched
//! unpacked         the files of a snapshot that is being packed or installed
//! ```

use std::fs;
use std::path::{Path, PathBuf};

use viewlink::{Options, Store};

use crate::error::{Result, io};

/// The directory of a member.
#[derive(Clone, Debug)]
pub(super) struct Place {
    path: PathBuf,
    /// The disk of the store, if the store is not in the directory.
    #[cfg(feature = "testing")]
    pub(super) disk: Option<viewlink::testing::SimulatedDisk>,
}

impl Place {
    pub(super) fn create(path: &Path) -> Result<Self> {
        fs::create_dir_all(path).map_err(io(format!("create the directory {path:?}")))?;
        Ok(Self {
            path: path.to_owned(),
            #[cfg(feature = "testing")]
            disk: None,
        })
    }

    /// Opens the store, and creates it if it does not exist.
    pub(super) fn open(&self, options: Options) -> Result<Store> {
        #[cfg(feature = "testing")]
        if let Some(disk) = &self.disk {
            return Ok(options.open_on(disk)?);
        }
        Ok(options.open(self.store())?)
    }

    pub(super) fn store(&self) -> PathBuf {
        self.path.join("store")
    }

    pub(super) fn snapshot(&self) -> PathBuf {
        self.path.join("snapshot.tar")
    }

    pub(super) fn unpacked(&self) -> PathBuf {
        self.path.join("unpacked")
    }

    /// Whether a store exists.
    pub(super) fn has_store(&self) -> bool {
        self.store().join("checkpoint.redb").exists()
    }

    /// Removes the files of an earlier attempt.
    pub(super) fn clear(&self) -> Result<()> {
        let is_gone = |removed: std::io::Result<()>| match removed {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            other => other,
        };
        is_gone(fs::remove_file(self.snapshot())).map_err(io("remove a snapshot"))?;
        is_gone(fs::remove_dir_all(self.unpacked())).map_err(io("remove a snapshot"))
    }

    /// Installs the unpacked files as the store. An existing store is renamed, with the next free number.
    pub(super) fn install(&self) -> Result<()> {
        let store = self.store();
        if store.exists() {
            let numbered = (1_u32..).map(|number| self.path.join(format!("store.{number}")));
            let free = numbered.into_iter().find(|path| !path.exists());
            let free = free.unwrap_or_else(|| self.path.join("store.0"));
            fs::rename(&store, &free).map_err(io(format!("rename {store:?} to keep it")))?;
        }
        fs::rename(self.unpacked(), &store)
            .map_err(io(format!("install a snapshot as {store:?}")))?;
        self.sync()
    }

    /// Makes the names durable, if the system supports that.
    fn sync(&self) -> Result<()> {
        #[cfg(unix)]
        fs::File::open(&self.path)
            .and_then(|directory| directory.sync_all())
            .map_err(io(format!("sync the directory {:?}", self.path)))?;
        Ok(())
    }
}
