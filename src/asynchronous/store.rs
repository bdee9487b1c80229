//! The store from async code: what concerns it as a whole.

use std::path::Path;

use super::call::run;
use super::{AsyncProject, FeedStream};
use crate::model::error::Result;
use crate::model::position::Position;
use crate::options::Options;
use crate::sizes::Sizes;
use crate::snapshot::Snapshot;
use crate::store::Store;
use crate::verify::Verification;

/// A [`Store`] whose calls do not block the async code they are made from. With the feature `tokio`.
///
/// Each method is the one of [`Store`] with its name, on the pool for blocking work of the
/// [tokio](https://docs.rs/tokio) runtime it is called in. As many calls are made at the same time as the
/// pool has threads (`max_blocking_threads`, 512 where nothing else is said); those that change
/// something share their disk syncs.
///
/// **A call can be dropped at any moment.** When its future is dropped or timed out, a call that waits
/// for a thread is not made at all; one that has a thread runs to its end there, so that its change is
/// whole. What came of it is in the journal, which [`read`](Self::read) shows.
///
/// Like a [`Store`] it is a cheap handle. The last one that is dropped closes the store, on the thread
/// that drops it: [`close`](Self::close) does that on the pool.
///
/// Cost of each call besides its own: one hand-over to a thread of the pool and back.
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
/// All calls share these, besides their own:
///
/// - [`Error::NoRuntime`](crate::Error::NoRuntime): there is no runtime, or it was shut down before the
///   call began. Nothing changed.
/// - [`Error::Panicked`](crate::Error::Panicked): what ran on the pool panicked.
/// - [`Error::Io`](crate::Error::Io): the system gave no thread. The call may still be made, by a thread
///   that the pool gets later, so its [outcome](crate::Error::outcome) is unknown.
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
    /// An opening that was dropped may go on, and the store is [open](crate::Error::AlreadyOpen) until
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

    /// The store itself, for what does not block: [`id`](Store::id), [`health`](Store::health),
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

    /// A handle to a project, which need not exist yet: [`Store::project`]. Example: at [`AsyncStore`].
    ///
    /// Cost: O(1).
    ///
    /// # Errors
    ///
    /// [`Error::InvalidKey`](crate::Error::InvalidKey) when the text is no key.
    pub fn project(&self, key: &str) -> Result<AsyncProject> {
        self.store.project(key).map(AsyncProject::new)
    }

    /// Reads from a [`Snapshot`] of the moment at which the read gets a thread, which lives as long as
    /// it reads. Example: at [`AsyncStore`].
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

    /// Follows the changes after a position that was kept: [`Store::feed_after`]. Example: there.
    ///
    /// Cost: that of [`Store::feed_after`].
    ///
    /// # Errors
    ///
    /// Those of [`Store::feed_after`].
    pub async fn feed_after(&self, position: Position) -> Result<FeedStream> {
        self.run(move |store| store.feed_after(position)).await.map(FeedStream::new)
    }

    /// Follows the changes after the revision `after`: [`Store::feed`]. Example: at [`FeedStream`].
    ///
    /// Cost: that of [`Store::feed`].
    ///
    /// # Errors
    ///
    /// Those of [`Store::feed`].
    pub async fn feed(&self, after: u64) -> Result<FeedStream> {
        self.run(move |store| store.feed(after)).await.map(FeedStream::new)
    }

    /// Brings the state to disk now: [`Store::checkpoint`].
    ///
    /// Cost and example: those of [`Store::checkpoint`].
    ///
    /// # Errors
    ///
    /// Those of [`Store::checkpoint`].
    pub async fn checkpoint(&self) -> Result<()> {
        self.run(|store| store.checkpoint()).await
    }

    /// Gives the space back that the state does not need: [`Store::compact`].
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

    /// Repeats recovery in place after a failure stopped writes: [`Store::recover`].
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

    /// How large the parts of the store are: [`Store::sizes`].
    ///
    /// Cost and example: those of [`Store::sizes`].
    ///
    /// # Errors
    ///
    /// Those of [`Store::sizes`].
    pub async fn sizes(&self) -> Result<Sizes> {
        self.run(|store| store.sizes()).await
    }

    /// Closes the store under all its handles: [`Store::close`].
    ///
    /// Calls that were begun before are answered first.
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
