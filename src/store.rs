//! The store: opening, handles, and operations on the store as a whole.

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
/// This is a cheap handle: clones share one store, and any thread can use them. Changes are made one after another.
/// Reads continue meanwhile, each on a [`Snapshot`].
///
/// The store closes when the last handle, snapshot and feed are dropped. [`close`](Self::close) closes it while other
/// handles exist, and returns an error if something failed.
///
/// In a child process that was forked while the store was open, all calls fail with [`Error::Forked`]. The child
/// changes nothing in the store, also when it drops the handles.
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
    /// Opens the store in a directory with the default [`Options`], and creates it if it does not exist.
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

    /// The part that all handles share.
    pub(crate) const fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// A handle to a project. The project need not exist yet: it begins with its first view or registered resource.
    /// Example: at [`Project`].
    ///
    /// Cost: O(1).
    ///
    /// # Errors
    ///
    /// [`Error::InvalidKey`] if the text is not a valid key.
    pub fn project(&self, key: &str) -> Result<Project> {
        let key = ProjectKey::parse(key).map_err(Error::key("project key", key))?;
        Ok(Project::new(Arc::clone(&self.engine), key))
    }

    /// A snapshot of the store as it is now. Later changes do not affect it.
    ///
    /// This never waits until a change is decided or synced. It waits only while a small change is applied, about 0.1
    /// ms at most, and for a recovery or a close that is in progress. To read one project, [`Project::read`] is
    /// shorter. Example: at [`ProjectSnapshot`](crate::ProjectSnapshot).
    ///
    /// Cost: O(1).
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] after [`close`](Self::close); [`Error::WritesStopped`] after a failed
    /// [`recover`](Self::recover), or if a change could not be applied in memory; [`Error::Forked`].
    pub fn snapshot(&self) -> Result<Snapshot> {
        Snapshot::new(Arc::clone(&self.engine))
    }

    /// The store as it was after the change with this revision; 0 means before the first change.
    ///
    /// All reads return the data of that time: fields, versions and ids, link times and link order, the registry,
    /// totals and pages. The snapshot is made from the current state: the later changes are undone in a copy. So a
    /// recent revision costs little. A cursor from a page of this snapshot is also valid in snapshots of other
    /// revisions, if the same list exists there. While the snapshot is made, changes continue and the journal removes
    /// no segments.
    ///
    /// Cost: O(n log links + links of the views that lost links) with the n names of the later changes; these are read
    /// from the journal, one segment at a time.
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
    /// - [`Error::JournalTrimmed`]: the journal no longer keeps that change; see [`Options::keep_changes`] and
    ///   [`Options::keep_for`]. An older revision can be [restored](crate::Restore) from a copy.
    /// - [`Error::RevisionAhead`]: the store has not reached that revision.
    /// - [`Error::DetailNotKept`]: a later change removed more names than [`Options::removal_detail`], so its record
    ///   has only counts.
    /// - [`Error::Io`], [`Error::Damaged`]: the journal cannot be read.
    /// - Those of [`snapshot`](Self::snapshot).
    pub fn snapshot_at(&self, revision: u64) -> Result<Snapshot> {
        Snapshot::at(Arc::clone(&self.engine), revision)
    }

    /// Returns the changes after the revision `after`, both existing and future ones; 0 for all. If the store is [read
    /// only](Options::read_only), no future changes arrive, and a power loss may undo some of the existing ones, as
    /// described there. Do not store the position of such a feed to continue after it later.
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
    /// - [`Error::JournalTrimmed`]: the journal no longer keeps the change after `after`. The field `oldest` is the
    ///   oldest revision that it keeps: a feed after `oldest - 1` begins there.
    /// - [`Error::FeedAhead`]: the store has not reached that revision. The revision is from another store, or from
    ///   this store before it was restored from an older copy.
    /// - Those of [`snapshot`](Self::snapshot).
    pub fn feed(&self, after: u64) -> Result<Feed> {
        Feed::new(Arc::clone(&self.engine), after)
    }

    /// Returns the changes after a stored position. This is [`feed`](Self::feed) with a check that the position
    /// belongs to the history of this store.
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
    /// - [`Error::Diverged`]: the store never had this position. It is another store, or it was restored from a
    ///   [copy](Self::backup_to) and has had other changes since.
    /// - [`Error::JournalTrimmed`], as of [`feed`](Self::feed).
    /// - [`Error::Io`], [`Error::Damaged`]: the journal cannot be read.
    /// - Those of [`snapshot`](Self::snapshot).
    pub fn feed_after(&self, position: Position) -> Result<Feed> {
        Feed::after(Arc::clone(&self.engine), position)
    }

    /// The id of this store: 16 random hexadecimal digits, different for every store.
    ///
    /// It never changes. A [copy](Self::backup_to) has an id of its own; files that were copied by other means have
    /// the same id. To find out whether two stores have the same history, compare a [`Position`]. The id is not a
    /// secret: the checksums of the journal use a longer number, and the id is one half of it.
    ///
    /// Cost: O(1).
    #[must_use]
    pub fn id(&self) -> String {
        format!("{:?}", self.engine.store_id())
    }

    /// Writes the state to disk now, so that the next opening needs nothing from the journal.
    ///
    /// This is automatic, see [`Options::checkpoints`]; changes are durable without it and continue meanwhile.
    ///
    /// Cost: O(n log n) with the size of the state; about 0.1 s for a million links. Example: at [`Store`].
    ///
    /// # Errors
    ///
    /// - [`Error::ReadOnly`], [`Error::Closed`], [`Error::WritesStopped`], [`Error::Forked`]: the store accepts no
    ///   changes.
    /// - [`Error::Io`], [`Error::State`], [`Error::Damaged`], [`Error::Panicked`]: no checkpoint was made, or it was
    ///   made and an old segment could not be removed. Writes continue, and the next checkpoint tries again.
    pub fn checkpoint(&self) -> Result<()> {
        self.engine.checkpoint()
    }

    /// Frees the disk space that the state does not need. A checkpoint is a new file that contains only the state, so
    /// this is the same as [`checkpoint`](Self::checkpoint).
    ///
    /// Cost: that of [`checkpoint`](Self::checkpoint). Example: there.
    ///
    /// # Errors
    ///
    /// Those of [`checkpoint`](Self::checkpoint).
    pub fn compact(&self) -> Result<()> {
        self.engine.checkpoint()
    }

    /// Copies the store, as it is now, into a new or empty directory, while it is read and changed. Returns the
    /// revision of the copy.
    ///
    /// The copy is a store of its own, ready to be opened. It has the state that a [`snapshot`](Self::snapshot) has
    /// now, and the changes that the journal keeps. It is made whole or not at all. If nothing exists at the path, the
    /// copy is made next to it as `NAME.RANDOM.unfinished`, synced and renamed; if a crash leaves such a directory, it
    /// may be removed. An existing empty directory is filled and keeps its owner and mode. Until the copy is complete,
    /// a file `unfinished` in it says that it is not a store. If a crash leaves such a directory, opening it fails
    /// with [`Error::NotAStore`] until it is emptied.
    ///
    /// While the copy is made, the journal removes nothing that the copy needs, so it can grow.
    ///
    /// Cost: O(state + journal) in time; in memory about 20 MiB.
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
    /// - [`Error::AlreadyExists`]: something exists at the path, and it is not an empty directory.
    /// - [`Error::BackupFailed`]: the copy could not be written, for example because the directory above the path is
    ///   missing or full, or the store could not be read. Nothing is left at the path.
    /// - [`Error::Io`]: the copy is complete, but its name could not be synced.
    /// - [`Error::Closed`]: the store was closed before, or it was closed or recovered during the call.
    /// - [`Error::WritesStopped`]: a [`recover`](Self::recover) failed. A store that accepts no changes but can be
    ///   read can be copied.
    pub fn backup_to(&self, path: impl AsRef<Path>) -> Result<u64> {
        self.engine.backup_to(path.as_ref())
    }

    /// Repeats recovery after a failure stopped writes. All handles stay valid.
    ///
    /// After it, a change whose outcome was unknown is applied as a whole or not at all, and a change that was
    /// committed but not visible is visible. Snapshots that were taken before fail with [`Error::Closed`]; feeds
    /// continue. If the store has no failure, this does nothing.
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
    ///     store.project("default")?.ensure_view(view)?; // changes nothing if the view exists
    /// }
    /// # assert_eq!(store.snapshot()?.revision(), 1);
    /// # Ok::<(), viewlink::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] after [`close`](Self::close); [`Error::NewerFormat`], [`Error::Damaged`], [`Error::Io`],
    /// [`Error::State`] and [`Error::Panicked`] as for [`Options::open`]. After an error the store can be neither read
    /// nor written until a later call succeeds.
    pub fn recover(&self) -> Result<()> {
        self.engine.recover()
    }

    /// Whether the store accepts changes at this moment.
    ///
    /// This does not wait for a change in progress, so it also answers while a disk hangs. Cost: O(1).
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
    /// It checks the state in memory, compares the checkpoint with its digest, and checks that the journal is complete
    /// and its chain of hashes is right. It checks that checkpoint and journal together give the current state. If the
    /// journal starts at the first change, it also checks that replaying all of it gives the current state. Changes
    /// continue meanwhile. Example: at [`Verification`].
    ///
    /// Cost: O(n · log n) in time with the size of the state and of the journal; in memory one or two times the state.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`]; [`Error::WritesStopped`] after a recovery that failed; [`Error::Io`] or [`Error::State`] if
    /// the disk cannot be read. A violated invariant is not an error; it is a finding of the result.
    pub fn verify(&self) -> Result<Verification> {
        self.engine.verify()
    }

    /// Current figures of the store, such as its revision, the age of the oldest snapshot, and the number of waiting
    /// calls.
    ///
    /// This reads no disk and waits for no change. It also works if the store is closed or writes have stopped. A
    /// [`recover`](Self::recover) does not reset the counters. Example: at [`Stats`].
    ///
    /// Cost: O(1).
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.engine.stats()
    }

    /// The sizes of the parts of the store, in memory and on disk. Example: at [`Sizes`].
    ///
    /// This does not wait for changes and does not delay them. Cost: O(views + resources + links / 384).
    ///
    /// # Errors
    ///
    /// Those of [`snapshot`](Self::snapshot).
    pub fn sizes(&self) -> Result<Sizes> {
        self.engine.sizes()
    }

    /// Closes the store while other handles exist, and returns an error if something failed. Dropping the handles
    /// would not report it.
    ///
    /// This writes the state to disk first, unless the store is [read only](Options::read_only). Later calls on any
    /// handle or snapshot fail with [`Error::Closed`].
    ///
    /// Cost: that of a [`checkpoint`](Self::checkpoint). Example: at [`Store`].
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] if it was closed before; [`Error::WritesStopped`] if an earlier failure left work for the
    /// next opening; the errors of [`checkpoint`](Self::checkpoint) if the disk fails. In every case the store is
    /// closed and no acknowledged change is lost.
    pub fn close(self) -> Result<()> {
        self.engine.close()
    }

    /// Makes the next change fail in a chosen way. With the feature `testing`; example: at [`Fault`](crate::Fault).
    /// This has no effect if the store is [read only](Options::read_only).
    ///
    /// Cost: O(1), after the change in progress.
    #[cfg(feature = "testing")]
    pub fn fail_next_change(&self, fault: crate::engine::Fault) {
        self.engine.set_fault(fault);
    }
}
