//! The directory of a member.
//!
//! ```text
//! store            its store
//! store.N          stores that were set aside
//! snapshot.tar     a snapshot that is being made or fetched
//! unpacked         what is being made of one
//! ```

use std::fs;
use std::path::{Path, PathBuf};

use viewlink::{Options, Store};

use crate::error::{Result, io};

/// The directory of a member.
#[derive(Clone, Debug)]
pub(super) struct Place {
    path: PathBuf,
    /// Where the store is instead of in the directory.
    #[cfg(feature = "testing")]
    pub(super) disk: Option<viewlink::testing::SimulatedDisk>,
}

impl Place {
    pub(super) fn make(path: &Path) -> Result<Self> {
        fs::create_dir_all(path).map_err(io(format!("make the directory {path:?}")))?;
        Ok(Self {
            path: path.to_owned(),
            #[cfg(feature = "testing")]
            disk: None,
        })
    }

    /// Opens the store, which is made where there is none.
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

    /// Whether there is a store.
    pub(super) fn has_store(&self) -> bool {
        self.store().join("checkpoint.redb").exists()
    }

    /// Removes what an attempt before left.
    pub(super) fn clear(&self) -> Result<()> {
        let is_gone = |removed: std::io::Result<()>| match removed {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            other => other,
        };
        is_gone(fs::remove_file(self.snapshot())).map_err(io("remove a snapshot"))?;
        is_gone(fs::remove_dir_all(self.unpacked())).map_err(io("remove a snapshot"))
    }

    /// Puts what was unpacked in the place of the store; one that is there is set aside under the next number.
    pub(super) fn install(&self) -> Result<()> {
        let store = self.store();
        if store.exists() {
            let aside = (1_u32..).map(|number| self.path.join(format!("store.{number}")));
            let free = aside.into_iter().find(|path| !path.exists());
            let free = free.unwrap_or_else(|| self.path.join("store.0"));
            fs::rename(&store, &free).map_err(io(format!("set {store:?} aside")))?;
        }
        fs::rename(self.unpacked(), &store).map_err(io(format!("put a snapshot at {store:?}")))?;
        self.sync()
    }

    /// Makes names durable, where the system can.
    fn sync(&self) -> Result<()> {
        #[cfg(unix)]
        fs::File::open(&self.path)
            .and_then(|directory| directory.sync_all())
            .map_err(io(format!("sync the directory {:?}", self.path)))?;
        Ok(())
    }
}
