//! The store from async code: operations on the store as a whole.

use std::path::Path;
use std::time::Duration;

use super::call::run;
use super::{AsyncProject, FeedStream};
use crate::model::error::Result;
use crate::model::position::Position;
use crate::options::Options;
use crate::sizes::Sizes;
use crate::snapshot::Snapshot;
use crate::store::Store;
use crate::verify::Verification;

/// A [`Store`] for async code; its calls do not block the calling task. With the feature `tokio`.
///
/// Each method calls the method of [`Store`] with the same name on the pool for blocking work of the current
/// [tokio](https://docs.rs/tokio) runtime. The number of concurrent calls is the number of threads of the pool
/// (`max_blocking_threads`, by default 512). Concurrent changes share their disk syncs.
///
/// **A call can be dropped at any moment.** If its future is dropped or timed out while the call waits for a thread,
/// the call is not made at all. If the call has a thread, it runs to its end there, so its change is whole. The
/// journal then shows whether the change was made.
///
/// Like [`Store`], this is a cheap handle. The last one that is dropped closes the store, on the thread that drops it;
/// [`close`](Self::close) closes it on the pool.
///
/// Cost of each call in addition to its own: one hand-over to a thread of the pool and back.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> viewlink::Result<()> {
/// use viewlink::{Batch, NewView, Options, Paging, ResourceType};
///
/// let store = Options::new().open_in_memory()?.into_async();
/// let project = store.project("default")?;
/// project.create_view(NewView::new("v", "V")).await?;
/// project.comment("launch").link("v", Batch::flags(["a", "b"])).await?.all_ok()?;
///
/// let flags = store
///     .read(|snapshot| {
///         let reader = snapshot.project("default")?;
///         reader.linked_resources("v", ResourceType::Flag, Paging::first(100))
///     })
///     .await?;
/// assert_eq!(flags.total, 2);
/// store.close().await
/// # }
/// ```
///
/// # Errors
///
/// All calls share these, in addition to their own:
///
/// - [`Error::NoRuntime`](crate::Error::NoRuntime): there is no runtime, or it was shut down before the call began.
///   Nothing changed.
/// - [`Error::Panicked`](crate::Error::Panicked): the call panicked on the pool.
/// - [`Error::Io`](crate::Error::Io): the system could not start a thread. A thread that the pool starts later may
///   still make the call, so its [outcome](crate::Error::outcome) is unknown.
#[derive(Clone, Debug)]
pub struct AsyncStore {
    store: Store,
}

impl Store {
    /// The same store for async code. With the feature `tokio`; example: at [`AsyncStore`].
    ///
    /// Cost: O(1).
    #[must_use]
    pub fn into_async(self) -> AsyncStore {
        AsyncStore { store: self }
    }
}

impl AsyncStore {
    /// Opens a store with options: [`Options::open`].
    ///
    /// If the future is dropped, the opening may continue. The store is then [open](crate::Error::AlreadyOpen) until
    /// it has ended.
    ///
    /// Cost: that of [`Options::open`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("views.viewlink");
    /// let store = viewlink::AsyncStore::open(viewlink::Options::new(), path).await?;
    /// # Ok(store.close().await?)
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`Options::open`].
    pub async fn open(options: Options, path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref().to_owned();
        run(move || options.open(path).map(Store::into_async)).await
    }

    /// The blocking store, for calls that do not block: [`id`](Store::id), [`health`](Store::health),
    /// [`stats`](Store::stats).
    ///
    /// ```
    /// # let store = viewlink::Options::new().open_in_memory()?.into_async();
    /// assert_eq!(store.blocking().health(), viewlink::Health::Writable);
    /// # Ok::<(), viewlink::Error>(())
    /// ```
    #[must_use]
    pub const fn blocking(&self) -> &Store {
        &self.store
    }

    /// Waits until the store has all changes up to a position: [`Store::wait_for`].
    ///
    /// It uses a thread of the pool while it waits. Cost and example: those of [`Store::wait_for`].
    ///
    /// # Errors
    ///
    /// Those of [`Store::wait_for`].
    pub async fn wait_for(&self, position: Position, timeout: Duration) -> Result<bool> {
        self.run(move |store| store.wait_for(position, timeout)).await
    }

    /// A handle to a project, which need not exist yet: [`Store::project`]. Example: at [`AsyncStore`].
    ///
    /// Cost: O(1).
    ///
    /// # Errors
    ///
    /// [`Error::InvalidKey`](crate::Error::InvalidKey) if the text is not a valid key.
    pub fn project(&self, key: &str) -> Result<AsyncProject> {
        self.store.project(key).map(AsyncProject::new)
    }

    /// Runs `read` on a [`Snapshot`]. The snapshot is taken when the read gets a thread, and dropped when it ends.
    /// Example: at [`AsyncStore`].
    ///
    /// Cost: that of `read`.
    ///
    /// # Errors
    ///
    /// Those of [`Store::snapshot`] and of `read`.
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Snapshot) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.run(|store| read(&store.snapshot()?)).await
    }

    /// Reads from the store as it was at a revision: [`Store::snapshot_at`]. Example: there.
    ///
    /// Cost: that of [`Store::snapshot_at`] and of `read`.
    ///
    /// # Errors
    ///
    /// Those of [`Store::snapshot_at`] and of `read`.
    pub async fn read_at<T: Send + 'static>(
        &self,
        revision: u64,
        read: impl FnOnce(&Snapshot) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.run(move |store| read(&store.snapshot_at(revision)?)).await
    }

    /// Returns the changes after a stored position: [`Store::feed_after`]. Example: there.
    ///
    /// Cost: that of [`Store::feed_after`].
    ///
    /// # Errors
    ///
    /// Those of [`Store::feed_after`].
    pub async fn feed_after(&self, position: Position) -> Result<FeedStream> {
        self.run(move |store| store.feed_after(position)).await.map(FeedStream::new)
    }

    /// Returns the changes after the revision `after`: [`Store::feed`]. Example: at [`FeedStream`].
    ///
    /// Cost: that of [`Store::feed`].
    ///
    /// # Errors
    ///
    /// Those of [`Store::feed`].
    pub async fn feed(&self, after: u64) -> Result<FeedStream> {
        self.run(move |store| store.feed(after)).await.map(FeedStream::new)
    }

    /// Writes the state to disk now: [`Store::checkpoint`].
    ///
    /// Cost and example: those of [`Store::checkpoint`].
    ///
    /// # Errors
    ///
    /// Those of [`Store::checkpoint`].
    pub async fn checkpoint(&self) -> Result<()> {
        self.run(|store| store.checkpoint()).await
    }

    /// Frees the disk space that the state does not need: [`Store::compact`].
    ///
    /// Cost and example: those of [`Store::compact`].
    ///
    /// # Errors
    ///
    /// Those of [`Store::compact`].
    pub async fn compact(&self) -> Result<()> {
        self.run(|store| store.compact()).await
    }

    /// Copies the store into a new directory: [`Store::backup_to`].
    ///
    /// Cost and example: those of [`Store::backup_to`].
    ///
    /// # Errors
    ///
    /// Those of [`Store::backup_to`].
    pub async fn backup_to(&self, path: impl AsRef<Path>) -> Result<u64> {
        let path = path.as_ref().to_owned();
        self.run(|store| store.backup_to(path)).await
    }

    /// Repeats recovery after a failure stopped writes: [`Store::recover`].
    ///
    /// Cost and example: those of [`Store::recover`].
    ///
    /// # Errors
    ///
    /// Those of [`Store::recover`].
    pub async fn recover(&self) -> Result<()> {
        self.run(|store| store.recover()).await
    }

    /// Checks the store against the invariants of its design: [`Store::verify`].
    ///
    /// Cost and example: those of [`Store::verify`].
    ///
    /// # Errors
    ///
    /// Those of [`Store::verify`].
    pub async fn verify(&self) -> Result<Verification> {
        self.run(|store| store.verify()).await
    }

    /// The sizes of the parts of the store: [`Store::sizes`].
    ///
    /// Cost and example: those of [`Store::sizes`].
    ///
    /// # Errors
    ///
    /// Those of [`Store::sizes`].
    pub async fn sizes(&self) -> Result<Sizes> {
        self.run(|store| store.sizes()).await
    }

    /// Closes the store while other handles exist: [`Store::close`].
    ///
    /// Calls that have begun before are answered first.
    ///
    /// Cost: that of [`Store::close`]. Example: at [`AsyncStore`].
    ///
    /// # Errors
    ///
    /// Those of [`Store::close`].
    pub async fn close(self) -> Result<()> {
        run(move || self.store.close()).await
    }

    /// Makes a call to the store on the pool.
    async fn run<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Store) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let store = self.store.clone();
        run(move || act(&store)).await
    }
}
