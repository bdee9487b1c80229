//! Snapshots in an object store of JetStream.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;

use async_nats::jetstream::object_store::{Config, DeleteErrorKind, ObjectStore};
use async_nats::jetstream::stream::StorageType;
use futures_util::StreamExt;
use tokio::fs::File;
use tokio::io::AsyncReadExt;
use tokio::sync::OnceCell;

use super::connection::Connection;
use super::options::JetStreamOptions;
use crate::background::Background;
use crate::log::away;
use crate::sealed;
use crate::{LogError, SnapshotName, Snapshots};

/// Snapshots in an object store of NATS JetStream, on the servers that have the log.
///
/// An object consists of many messages of 128 KiB, each on as many servers as the messages of the log. The last message names
/// the object, so it exists completely or not at all.
#[derive(Debug)]
pub struct JetStreamSnapshots {
    background: Background,
    shared: Arc<Shared>,
}

struct Shared {
    connection: Connection,
    bucket: Config,
    store: OnceCell<ObjectStore>,
    create: bool,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("bucket", &self.bucket.bucket).finish_non_exhaustive()
    }
}

impl JetStreamSnapshots {
    /// Uses the bucket with the name of the stream of the log and the suffix `-snapshots`, and creates it if it does not exist.
    ///
    /// # Errors
    ///
    /// [`LogError::Unfit`] if a file of the options cannot be read; [`LogError::Away`] if the system provides no threads for the
    /// client. Servers that cannot be reached are reported by later calls.
    pub fn open(options: JetStreamOptions) -> Result<Self, LogError> {
        let background = Background::start("viewlink-nats-snapshots")?;
        let shared = background.run(async move {
            let connection = Connection::begin(&options).await?;
            let bucket = Config {
                bucket: format!("{}-snapshots", options.stream),
                description: Some("snapshots of a viewlink store".to_owned()),
                storage: StorageType::File,
                num_replicas: options.replicas,
                ..Config::default()
            };
            let (store, create) = (OnceCell::new(), options.create);
            Ok::<_, LogError>(Arc::new(Shared { connection, bucket, store, create }))
        })??;
        Ok(Self { background, shared })
    }

    fn run<T, F>(&self, call: impl FnOnce(Arc<Shared>) -> F) -> Result<T, LogError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, LogError>> + Send + 'static,
    {
        self.background.run(call(Arc::clone(&self.shared)))?
    }
}

impl Shared {
    async fn store(&self) -> Result<&ObjectStore, LogError> {
        self.store.get_or_try_init(|| self.open_store()).await
    }

    async fn open_store(&self) -> Result<ObjectStore, LogError> {
        const WHAT: &str = "the object store";
        let context = &self.connection.context;
        let found =
            self.connection.ask(WHAT, context.get_object_store(&self.bucket.bucket)).await?;
        match found {
            Ok(store) => Ok(store),
            Err(error) if !self.create => Err(away(WHAT, error)),
            Err(_) => {
                let created = context.create_object_store(self.bucket.clone());
                self.connection.ask(WHAT, created).await?.map_err(|error| away(WHAT, error))
            }
        }
    }
}

impl Snapshots for JetStreamSnapshots {
    fn put(&self, name: &SnapshotName, file: &Path) -> Result<(), LogError> {
        const WHAT: &str = "putting a snapshot";
        let (seal, file, name) =
            (sealed::seal(file).map_err(|e| away(WHAT, e))?, file.to_owned(), name.file_name());
        self.run(move |shared| async move {
            let opened = File::open(file).await.map_err(|error| away(WHAT, error))?;
            let mut bytes = opened.chain(seal.as_slice());
            let put = shared.store().await?.put(name.as_str(), &mut bytes).await;
            put.map(|_| ()).map_err(|error| away(WHAT, error))
        })
    }

    fn list(&self) -> Result<Vec<SnapshotName>, LogError> {
        const WHAT: &str = "listing the snapshots";
        self.run(|shared| async move {
            let listed = shared.connection.ask(WHAT, shared.store().await?.list()).await?;
            let mut objects = listed.map_err(|error| away(WHAT, error))?;
            let mut names = Vec::new();
            while let Some(object) = shared.connection.ask(WHAT, objects.next()).await? {
                let object = object.map_err(|error| away(WHAT, error))?;
                names.extend(SnapshotName::of_file(&object.name));
            }
            names.sort();
            Ok(names)
        })
    }

    fn fetch(&self, name: &SnapshotName, into: &Path) -> Result<(), LogError> {
        const WHAT: &str = "fetching a snapshot";
        let name = name.file_name();
        let fetch = |to| {
            self.run(move |shared| async move {
                let got = shared.connection.ask(WHAT, shared.store().await?.get(name)).await?;
                let mut object = got.map_err(|error| away(WHAT, error))?;
                let mut to = File::from_std(to);
                tokio::io::copy(&mut object, &mut to).await.map_err(|error| away(WHAT, error))?;
                to.sync_all().await.map_err(|error| away(WHAT, error))
            })
        };
        sealed::fetch(into, fetch)
    }

    fn remove(&self, name: &SnapshotName) -> Result<(), LogError> {
        const WHAT: &str = "removing a snapshot";
        let name = name.file_name();
        self.run(move |shared| async move {
            match shared.connection.ask(WHAT, shared.store().await?.delete(name)).await? {
                Err(error) if error.kind() != DeleteErrorKind::NotFound => Err(away(WHAT, error)),
                _ => Ok(()),
            }
        })
    }
}
