//! Snapshots in any store of the crate `object_store`.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt;
use object_store::path::Path as Key;
use object_store::{Error, ObjectStore, ObjectStoreExt, WriteMultipart};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::background::Background;
use crate::log::away;
use crate::{LogError, SnapshotName, Snapshots, sealed};

/// The length of a piece of a file, in bytes.
const PIECE: usize = 1 << 20;
/// The number of parts that are sent at the same time.
const PARTS: usize = 4;

/// Snapshots in a store of the crate [`object_store`]: in a cloud, or in a server with the same protocol.
///
/// An object is sent in parts, and exists after all of them arrived.
#[derive(Debug)]
pub struct ObjectStoreSnapshots {
    background: Background,
    store: Arc<dyn ObjectStore>,
    prefix: Key,
}

impl ObjectStoreSnapshots {
    /// Uses the objects of a store whose names begin with a prefix, like the files of a folder.
    ///
    /// # Errors
    ///
    /// [`LogError::Away`] if the system provides no threads for the client.
    pub fn open(store: Arc<dyn ObjectStore>, prefix: &str) -> Result<Self, LogError> {
        let background = Background::start("viewlink-snapshots")?;
        Ok(Self { background, store, prefix: Key::from(prefix) })
    }

    fn key(&self, name: &SnapshotName) -> Key {
        self.prefix.clone().join(name.file_name())
    }

    fn run<T, F>(&self, call: impl FnOnce(Arc<dyn ObjectStore>) -> F) -> Result<T, LogError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, LogError>> + Send + 'static,
    {
        self.background.run(call(Arc::clone(&self.store)))?
    }
}

impl Snapshots for ObjectStoreSnapshots {
    fn put(&self, name: &SnapshotName, file: &Path) -> Result<(), LogError> {
        const WHAT: &str = "putting a snapshot";
        let seal = sealed::seal(file).map_err(|error| away(WHAT, error))?;
        let (key, file) = (self.key(name), file.to_owned());
        self.run(move |store| async move {
            let mut file = File::open(file).await.map_err(|error| away(WHAT, error))?;
            let upload = store.put_multipart(&key).await.map_err(|error| away(WHAT, error))?;
            let mut parts = WriteMultipart::new(upload);
            let mut piece = vec![0; PIECE];
            loop {
                let read = file.read(&mut piece).await.map_err(|error| away(WHAT, error))?;
                let Some(read) = piece.get(..read).filter(|read| !read.is_empty()) else { break };
                parts.wait_for_capacity(PARTS).await.map_err(|error| away(WHAT, error))?;
                parts.write(read);
            }
            parts.put(Bytes::from(seal));
            parts.finish().await.map(|_| ()).map_err(|error| away(WHAT, error))
        })
    }

    fn list(&self) -> Result<Vec<SnapshotName>, LogError> {
        let prefix = self.prefix.clone();
        self.run(move |store| async move {
            let mut objects = store.list(Some(&prefix));
            let mut names = Vec::new();
            while let Some(object) = objects.next().await {
                let object = object.map_err(|error| away("listing the snapshots", error))?;
                names.extend(object.location.filename().and_then(SnapshotName::of_file));
            }
            names.sort();
            Ok(names)
        })
    }

    fn fetch(&self, name: &SnapshotName, into: &Path) -> Result<(), LogError> {
        const WHAT: &str = "fetching a snapshot";
        let key = self.key(name);
        let fetch = |to| {
            self.run(move |store| async move {
                let got = store.get(&key).await.map_err(|error| away(WHAT, error))?;
                let (mut to, mut pieces) = (File::from_std(to), got.into_stream());
                while let Some(piece) = pieces.next().await {
                    let piece = piece.map_err(|error| away(WHAT, error))?;
                    to.write_all(&piece).await.map_err(|error| away(WHAT, error))?;
                }
                to.sync_all().await.map_err(|error| away(WHAT, error))
            })
        };
        sealed::fetch(into, fetch)
    }

    fn remove(&self, name: &SnapshotName) -> Result<(), LogError> {
        let key = self.key(name);
        self.run(move |store| async move {
            match store.delete(&key).await {
                Err(Error::NotFound { .. }) => Ok(()),
                other => other.map_err(|error| away("removing a snapshot", error)),
            }
        })
    }
}
