//! The store: opening, handles, and what concerns it as a whole.

use std::path::Path;
use std::sync::Arc;

use crate::engine::{Directory, Engine};
use crate::feed::Feed;
use crate::health::Health;
use crate::model::error::{Error, Result};
use crate::model::key::ProjectKey;
use crate::model::position::Position;
use crate::options::Options;
use crate::project::Project;
use crate::sizes::Sizes;
use crate::snapshot::Snapshot;
use crate::stats::Stats;
use crate::verify::Verification;

/// A store of views and links.
///
/// A cheap handle: clones share one store, from any thread. Changes are made one after the other;
/// reads go on meanwhile, each on a [`Snapshot`].
///
/// When the last handle, snapshot and feed are dropped, the store closes. [`close`](Self::close)
/// does the same under all of them, and tells what went wrong.
///
/// A child of the process that is forked while the store is open gets [`Error::Forked`] from its handles and harms
/// nothing, also when it drops them.
///
/// ```
/// use viewlink::{NewView, Options};
///
/// let store = Options::new().open_in_memory()?; // on disk: Store::open(path)?
/// let other = store.clone(); // the same store
/// std::thread::spawn(move || other.project("default")?.create_view(NewView::new("v", "V")))
///     .join()
///     .unwrap()?;
/// assert_eq!(store.snapshot()?.revision(), 1);
/// assert_eq!(store.stats().revision, 1);
/// store.checkpoint()?;
/// store.close()?;
/// # Ok::<(), viewlink::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Store {
    engine: Arc<Engine>,
}

impl Store {
    /// Opens the store in a directory with the default [`Options`], making it where there is none.
    ///
    /// Cost: that of [`Options::open`].
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("views.viewlink");
    /// let store = viewlink::Store::open(path)?;
    /// # store.close()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`Options::open`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Options::new().open(path)
    }

    pub(crate) fn start(directory: Directory, options: Options) -> Result<Self> {
        Ok(Self { engine: Arc::new(Engine::start(directory, options)?) })
    }

    /// What all handles share.
    pub(crate) const fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// A handle to a project, which need not exist yet: it begins with its first view or registered
    /// resource. Example: at [`Project`].
    ///
    /// Cost: O(1).
    ///
    /// # Errors
    ///
    /// [`Error::InvalidKey`] when the text is no key.
    pub fn project(&self, key: &str) -> Result<Project> {
        let key = ProjectKey::parse(key).map_err(Error::key("project key", key))?;
        Ok(Project::new(Arc::clone(&self.engine), key))
    }

    /// The store as it stands now, and stays for the snapshot.
    ///
    /// Never waits for a change to be decided or synced; only while a small one is shown, some 0.1 ms at most, and for
    /// a recovery or a closing under way. To read one project, [`Project::read`] is shorter. Example: at
    /// [`ProjectSnapshot`](crate::ProjectSnapshot).
    ///
    /// Cost: O(1).
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] after [`close`](Self::close); [`Error::WritesStopped`] after a failed
    /// [`recover`](Self::recover), or where a change could not be shown; [`Error::Forked`].
    pub fn snapshot(&self) -> Result<Snapshot> {
        Snapshot::new(Arc::clone(&self.engine))
    }

    /// The store as it was after the change with a revision; 0 for before the first one.
    ///
    /// All reads are as they were then: fields, versions and ids, link times and link order, the registry, totals and
    /// pages. It is made from the state as it is, by taking back the changes since, so a revision of not long ago costs
    /// little. Once made it is a snapshot like any other one; cursors of its pages are of its lists, and go on in a
    /// snapshot of another revision as far as the list is there.
    ///
    /// Changes go on meanwhile; as long as it is being made, the journal lets go of nothing.
    ///
    /// Cost: O(n log links + links of the views that lost some) with the n names of the changes since; it reads these from
    /// the journal, with one segment of it in memory at a time.
    ///
    /// ```
    /// # use viewlink::{Batch, NewView, Options, Resource};
    /// # let store = Options::new().open_in_memory()?;
    /// # let project = store.project("default")?;
    /// # project.create_view(NewView::new("v", "V"))?;
    /// let linked = project.link("v", Batch::flags(["a"]))?.all_ok()?.expect("it changed");
    /// project.delete_view("v")?;
    ///
    /// let then = store.snapshot_at(linked)?.project("default")?;
    /// assert!(then.is_linked("v", &Resource::flag("a")?)?);
    /// # Ok::<(), viewlink::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`Error::JournalTrimmed`]: the journal no longer keeps that change; see
    ///   [`Options::keep_changes`] and [`Options::keep_for`]. What is older can be [restored](crate::Restore) from a copy.
    /// - [`Error::RevisionAhead`]: the store has fewer changes.
    /// - [`Error::DetailNotKept`]: a change since removed more names than
    ///   [`Options::removal_detail`] and kept counts alone.
    /// - [`Error::Io`], [`Error::Damaged`]: the journal cannot be read.
    /// - Those of [`snapshot`](Self::snapshot).
    pub fn snapshot_at(&self, revision: u64) -> Result<Snapshot> {
        Snapshot::at(Arc::clone(&self.engine), revision)
    }

    /// Follows the changes after the revision `after`: those there are, and those to come. 0 for all.
    /// To a store that is [only read](Options::read_only) none comes, and of those there are a loss of power
    /// may take some back, as told there: do not keep the position of such a feed to go on after it later.
    ///
    /// Cost: O(1).
    ///
    /// ```
    /// # use viewlink::{Error, Options, Store};
    /// /// A copy of the state, with the feed that keeps it up to date.
    /// fn follow(store: &Store, after: u64) -> viewlink::Result<viewlink::Feed> {
    ///     match store.feed(after) {
    ///         Err(Error::JournalTrimmed { .. } | Error::FeedAhead { .. }) => {
    ///             let snapshot = store.snapshot()?;
    ///             // ... copy what is needed from the snapshot ...
    ///             store.feed(snapshot.revision())
    ///         }
    ///         feed => feed,
    ///     }
    /// }
    /// # let store = Options::new().open_in_memory()?;
    /// # assert_eq!(follow(&store, 7)?.revision(), 0);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`Error::JournalTrimmed`]: the journal no longer keeps the change after `after`. It tells
    ///   the oldest one kept, `oldest`: a feed after `oldest - 1` begins there.
    /// - [`Error::FeedAhead`]: the store has fewer changes than that. The revision is of another
    ///   store, or of this one before its files were put back to an older copy.
    /// - Those of [`snapshot`](Self::snapshot).
    pub fn feed(&self, after: u64) -> Result<Feed> {
        Feed::new(Arc::clone(&self.engine), after)
    }

    /// Follows the changes after a position that was kept: [`feed`](Self::feed), for a position of this very store.
    ///
    /// Cost: O(bytes of one segment).
    ///
    /// ```
    /// # use viewlink::{Error, NewView, Options, Position};
    /// # let store = Options::new().open_in_memory()?;
    /// store.project("default")?.create_view(NewView::new("v", "V"))?;
    /// let kept: Position = store.feed(0)?.position()?;
    /// assert_eq!(store.feed_after(kept)?.next_page(10)?.len(), 1);
    ///
    /// let other = Options::new().open_in_memory()?;
    /// assert!(matches!(other.feed_after(kept), Err(Error::Diverged { .. })));
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`Error::Diverged`]: the position was never one of this store: it is another store, or was put back to a
    ///   [copy](Self::backup_to) and went another way.
    /// - [`Error::JournalTrimmed`], as of [`feed`](Self::feed).
    /// - [`Error::Io`], [`Error::Damaged`]: the journal cannot be read.
    /// - Those of [`snapshot`](Self::snapshot).
    pub fn feed_after(&self, position: Position) -> Result<Feed> {
        Feed::after(Arc::clone(&self.engine), position)
    }

    /// What tells this store from every other one: 16 hexadecimal digits, random.
    ///
    /// Stays as long as the store does. A [copy](Self::backup_to) has an id of its own; files that were copied by other
    /// means have the same. Whether two stores went the same way is what a [`Position`] tells. It is no secret: the checksums of the
    /// journal start from a longer number, of which this is a half.
    ///
    /// Cost: O(1).
    #[must_use]
    pub fn id(&self) -> String {
        format!("{:?}", self.engine.store_id())
    }

    /// Brings the state to disk now, so that the next opening needs nothing of the journal.
    ///
    /// Happens by itself, see [`Options::checkpoints`]; changes are durable without it. Changes go on meanwhile.
    /// Example: at [`Store`].
    ///
    /// Cost: O(n log n) with all there is; some 0.1 s for a million links.
    ///
    /// # Errors
    ///
    /// - [`Error::ReadOnly`], [`Error::Closed`], [`Error::WritesStopped`], [`Error::Forked`]: the store takes no changes.
    /// - [`Error::Io`], [`Error::State`], [`Error::Damaged`], [`Error::Panicked`]: no checkpoint was made, or it was and an
    ///   old segment could not be removed. Writes go on, and the next checkpoint tries again.
    pub fn checkpoint(&self) -> Result<()> {
        self.engine.checkpoint()
    }

    /// Gives the space back that the state does not need: a checkpoint is a new file with nothing in it but the state, so
    /// this is a [`checkpoint`](Self::checkpoint).
    ///
    /// Cost: that of [`checkpoint`](Self::checkpoint). Example: there.
    ///
    /// # Errors
    ///
    /// Those of [`checkpoint`](Self::checkpoint).
    pub fn compact(&self) -> Result<()> {
        self.engine.checkpoint()
    }

    /// Copies the store, as it stands now, into a new or empty directory, while it is read and changed.
    /// Tells the revision of the copy.
    ///
    /// The copy is a store of its own: what a [`snapshot`](Self::snapshot) would see, and the
    /// journal as far as it is kept, ready to be opened. It is there whole or not at all. Where there
    /// is nothing at the path it is made beside that as `NAME.RANDOM.unfinished`, synced and renamed;
    /// what a crash leaves under such a name may be removed. An empty directory is filled and keeps
    /// its owner and mode; until the copy is whole a file `unfinished` in it says that it is no store,
    /// and what a crash leaves there is [`Error::NotAStore`] until somebody empties the directory.
    ///
    /// As long as it goes on, the journal lets go of nothing it needs, so it grows under changes.
    ///
    /// Cost: O(state + journal) in time; in memory some 20 MiB.
    ///
    /// ```
    /// # use viewlink::{NewView, Options, Store};
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("copy.viewlink");
    /// # let store = Options::new().open_in_memory()?;
    /// store.project("default")?.create_view(NewView::new("my-view", "My view"))?;
    /// assert_eq!(store.backup_to(&path)?, 1);
    ///
    /// let copy = Store::open(&path)?;
    /// assert!(copy.verify()?.is_clean());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`Error::AlreadyExists`]: there is something at the path, and it is not an empty directory.
    /// - [`Error::BackupFailed`]: the copy could not be written, for example because the directory
    ///   above the path is missing or full, or the store could not be read. Nothing is left.
    /// - [`Error::Io`]: the copy is there, whole, and that it is could not be synced.
    /// - [`Error::Closed`]: the store was closed, or was closed or recovered meanwhile.
    /// - [`Error::WritesStopped`]: a [`recover`](Self::recover) failed. A store that only stopped
    ///   to take changes can be copied as far as it can be read.
    pub fn backup_to(&self, path: impl AsRef<Path>) -> Result<u64> {
        self.engine.backup_to(path.as_ref())
    }

    /// Repeats recovery in place after a failure stopped writes, under the live handles.
    ///
    /// Changes whose outcome was unknown are there whole or not at all afterwards; those that were
    /// committed and did not show are there. Snapshots taken before fail with [`Error::Closed`], feeds
    /// go on. On a store that is well it does nothing.
    ///
    /// Cost: that of [`Options::open`].
    ///
    /// ```
    /// # use viewlink::{Fault, NewView, Options, Outcome};
    /// # let store = Options::new().open_in_memory()?;
    /// # store.fail_next_change(Fault::Unknown);
    /// let view = NewView::new("v", "V");
    /// let created = store.project("default")?.ensure_view(view.clone());
    /// if created.is_err_and(|error| error.outcome() != Outcome::NotApplied) {
    ///     store.recover()?;
    ///     store.project("default")?.ensure_view(view)?; // changes nothing where it is there
    /// }
    /// # assert_eq!(store.snapshot()?.revision(), 1);
    /// # Ok::<(), viewlink::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] after [`close`](Self::close); [`Error::NewerFormat`], [`Error::Damaged`],
    /// [`Error::Io`], [`Error::State`] and [`Error::Panicked`] as of [`Options::open`]. The store can
    /// neither be read nor written then, until a later call succeeds.
    pub fn recover(&self) -> Result<()> {
        self.engine.recover()
    }

    /// Whether the store can be written, as it stands this moment.
    ///
    /// Waits for no change under way, so it answers while a disk hangs, too.
    ///
    /// Cost: O(1).
    ///
    /// ```
    /// # use viewlink::{Health, Options};
    /// let store = Options::new().open_in_memory()?;
    /// assert_eq!(store.health(), Health::Writable);
    /// # Ok::<(), viewlink::Error>(())
    /// ```
    #[must_use]
    pub fn health(&self) -> Health {
        self.engine.health()
    }

    /// Checks the store against the invariants of its design.
    ///
    /// The state in memory; the checkpoint against its digest; the journal's completeness and its chain hash; that
    /// checkpoint and journal lead to the state; and, where the journal reaches back to the first change, that replaying
    /// all of it does. Changes go on meanwhile. Example: at [`Verification`].
    ///
    /// Cost: O(n · log n) in time with all there is and the changes kept; in memory that of the state once or twice more.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`]; [`Error::WritesStopped`] after a recovery that failed; [`Error::Io`] or
    /// [`Error::State`] when the disk cannot be read. What is wrong is not an error but a finding.
    pub fn verify(&self) -> Result<Verification> {
        self.engine.verify()
    }

    /// Figures of the store as it stands: how far it is, how old the oldest snapshot is, what waits.
    ///
    /// Reads no disk and waits for no change; works on a store that was closed or stopped, too. A
    /// [`recover`](Self::recover) counts on. Example: at [`Stats`].
    ///
    /// Cost: O(1).
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.engine.stats()
    }

    /// How large the parts of the store are, in memory and on disk. Example: at [`Sizes`].
    ///
    /// Waits for no change and holds none up.
    ///
    /// Cost: O(views + resources + links / 384).
    ///
    /// # Errors
    ///
    /// Those of [`snapshot`](Self::snapshot).
    pub fn sizes(&self) -> Result<Sizes> {
        self.engine.sizes()
    }

    /// Closes the store under all its handles, and tells what dropping them would not.
    ///
    /// Brings the state to disk first, unless the store is [only read](Options::read_only). Later calls
    /// on any handle or snapshot get [`Error::Closed`].
    ///
    /// Cost: that of a [`checkpoint`](Self::checkpoint). Example: at [`Store`].
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] when it was closed before; [`Error::WritesStopped`] when an earlier failure
    /// left work to the next opening; those that [`checkpoint`](Self::checkpoint) names, when the disk fails. The store is closed in every case,
    /// and no acknowledged change is lost.
    pub fn close(self) -> Result<()> {
        self.engine.close()
    }

    /// Makes the next change fail in a chosen way. With the feature `testing`; example: at
    /// [`Fault`](crate::Fault). Nothing comes of it where the store is [only read](Options::read_only).
    ///
    /// Cost: O(1), after the change under way.
    #[cfg(feature = "testing")]
    pub fn fail_next_change(&self, fault: crate::engine::Fault) {
        self.engine.set_fault(fault);
    }
}
