//! Reading: every read is of one revision.

mod history;
mod linked_views;
mod links;
mod resources;
mod sets;
mod views;

use std::fmt;
use std::sync::Arc;

use crate::engine::{Engine, Open, SnapshotGuard};
use crate::journal::Reader;
use crate::model::Change;
use crate::model::error::{Error, Result};
use crate::model::key::{ProjectKey, ViewKey};
use crate::model::lineage::Lineage;
use crate::model::page::{KeySort, Page, Paging};
use crate::model::position::Position;
use crate::model::project_info::ProjectInfo;
use crate::model::resource::Resource;
use crate::model::view::View;
use crate::state::{HeldProject, ProjectReader};

/// The store as it was when the snapshot was taken.
///
/// Later changes are not visible in it. A snapshot blocks no other caller. While it exists, changes first copy the
/// parts that they modify, so they take a little longer, and the old parts stay in memory. It keeps no files on disk,
/// but it keeps the store open. Clones are cheap and see the same state; threads may share them.
///
/// Example: at [`ProjectSnapshot`].
///
/// # Errors
///
/// All reads share these:
///
/// - [`Error::Closed`]: the store was closed, or recovered after the snapshot was taken.
#[derive(Clone)]
pub struct Snapshot {
    inner: Arc<Inner>,
}

struct Inner {
    open: Open,
    engine: Arc<Engine>,
    /// Counted while it exists.
    _guard: SnapshotGuard,
}

impl Snapshot {
    pub(crate) fn new(engine: Arc<Engine>) -> Result<Self> {
        let (open, guard) = engine.snapshot()?;
        Ok(Self { inner: Arc::new(Inner { open, engine, _guard: guard }) })
    }

    pub(crate) fn at(engine: Arc<Engine>, revision: u64) -> Result<Self> {
        let (open, guard) = engine.snapshot_at(revision)?;
        Ok(Self { inner: Arc::new(Inner { open, engine, _guard: guard }) })
    }

    /// The newest change that the snapshot sees; 0 when there is none yet.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.inner.open.state.head().revision
    }

    /// The position of the store: a [feed](crate::Store::feed_after) can continue from it, and it shows whether another
    /// store has the same history. Example: at [`Position`].
    #[must_use]
    pub fn position(&self) -> Position {
        self.inner.open.position()
    }

    /// A project. Example: at [`ProjectSnapshot`].
    ///
    /// Cost: O(log projects).
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProject`] if it does not exist; [`Error::InvalidKey`] if the text is not a valid key; those
    /// that [all reads](Snapshot#errors) share.
    pub fn project(&self, key: &str) -> Result<ProjectSnapshot> {
        self.of(&ProjectKey::parse(key).map_err(Error::key("project key", key))?)
    }

    pub(crate) fn of(&self, key: &ProjectKey) -> Result<ProjectSnapshot> {
        self.check_current()?;
        let project = self.inner.open.state.project(key)?;
        Ok(ProjectSnapshot { snapshot: self.clone(), project })
    }

    /// The projects, in key order. Example: at [`ProjectSnapshot`].
    ///
    /// Cost: O(log projects + offset + limit).
    ///
    /// # Errors
    ///
    /// [`Error::InvalidCursor`] when the cursor belongs to another list; those that [all reads](Snapshot#errors) share.
    pub fn projects(&self, paging: Paging<KeySort>) -> Result<Page<ProjectInfo>> {
        self.check_current()?;
        self.inner.open.state.projects(&paging)
    }

    fn check_current(&self) -> Result<()> {
        self.inner.open.segments.check_current()
    }

    /// The changes from a revision up to the one the snapshot sees, in order.
    ///
    /// They are read from the journal while the iterator advances. The iterator keeps one file open, and no part of
    /// the state.
    ///
    /// Cost: O(1), then O(bytes of one segment) for the first change and O(bytes) for each.
    ///
    /// ```
    /// # use viewlink::{ChangeKind, NewView, Options};
    /// # let store = Options::new().open_in_memory()?;
    /// store.project("default")?.comment("a start").create_view(NewView::new("v", "V"))?;
    /// for change in store.snapshot()?.changes(1)? {
    ///     let change = change?;
    ///     assert_eq!(change.comment.as_deref(), Some("a start"));
    ///     assert!(matches!(change.kind, ChangeKind::ViewCreated { .. }));
    /// }
    /// # Ok::<(), viewlink::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::JournalTrimmed`] when the journal no longer has the revision; [`Error::Closed`] after the store was
    /// closed or recovered.
    ///
    /// The iterator returns the same errors if they occur while it is read, and [`Error::Damaged`] or [`Error::Io`]
    /// when the journal cannot be read. It ends after an error.
    pub fn changes(&self, from: u64) -> Result<Changes> {
        self.check_current()?;
        let open = &self.inner.open;
        let reader = Reader::new(Arc::clone(&open.segments), from, self.revision())?;
        let lineage = open.identity.lineage;
        Ok(Changes { reader, lineage, _engine: Arc::clone(&self.inner.engine) })
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot").field("revision", &self.revision()).finish_non_exhaustive()
    }
}

/// Changes in revision order. This keeps the store open. Example: at [`Snapshot::changes`].
#[derive(Debug)]
pub struct Changes {
    reader: Reader,
    lineage: Lineage,
    _engine: Arc<Engine>,
}

impl Iterator for Changes {
    type Item = Result<Change>;

    fn next(&mut self) -> Option<Self::Item> {
        let read = self.reader.next()?;
        let hash = self.reader.hash().unwrap_or_default();
        let change = read.and_then(|(_, payload)| Change::read(&payload, self.lineage, hash));
        if change.is_err() {
            self.reader.stop();
        }
        Some(change)
    }
}

/// A project as it was when the snapshot was taken.
///
/// ```
/// # use viewlink::{Batch, NewView, Options, Paging, Resource, ResourceType};
/// # let store = Options::new().open_in_memory()?;
/// # let project = store.project("default")?;
/// # project.create_view(NewView::new("my-view", "My view"))?;
/// # project.link("my-view", Batch::flags(["a", "b"]))?.all_ok()?;
/// let snapshot = store.snapshot()?;
/// let projects = snapshot.projects(Paging::first(100))?;
/// assert_eq!((snapshot.revision(), projects.total, projects.items[0].views), (2, 1, 1));
///
/// let reader = snapshot.project("default")?;
/// assert_eq!(reader.view("my-view")?.links.total(), 2);
/// assert!(reader.is_linked("my-view", &Resource::flag("a")?)?);
///
/// let page = reader.linked_resources("my-view", ResourceType::Flag, Paging::first(1))?;
/// assert_eq!((page.total, page.items[0].resource.key().as_str()), (2, "a"));
///
/// let views = reader.linked_views(&Resource::flag("a")?, Paging::first(100))?;
/// let keys = reader.linked_view_keys(&Resource::flag("a")?, Paging::first(100))?;
/// assert_eq!((views.items[0].name.as_str(), keys.items[0].as_str()), ("My view", "my-view"));
/// # Ok::<(), viewlink::Error>(())
/// ```
#[derive(Clone)]
pub struct ProjectSnapshot {
    snapshot: Snapshot,
    project: HeldProject,
}

impl fmt::Debug for ProjectSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProjectSnapshot")
            .field("project", &self.info())
            .field("revision", &self.snapshot.revision())
            .finish_non_exhaustive()
    }
}

impl ProjectSnapshot {
    /// The snapshot of this project.
    #[must_use]
    pub const fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// This project, as lists of projects return it.
    #[must_use]
    pub fn info(&self) -> ProjectInfo {
        self.project.read().info()
    }

    /// A view. Example: at [`ProjectSnapshot`].
    ///
    /// Cost: O(log views).
    ///
    /// # Errors
    ///
    /// [`Error::UnknownView`] if it does not exist; [`Error::InvalidKey`] if the text is not a valid key; those that
    /// [all reads](Snapshot#errors) share.
    pub fn view(&self, key: &str) -> Result<View> {
        let key = view_key(key)?;
        self.read()?.view(&key)
    }

    /// Whether a resource is linked to a view. Example: at [`ProjectSnapshot`].
    ///
    /// Cost: O(log views), and O(log n) for a resource in many (n) views.
    ///
    /// # Errors
    ///
    /// Those of [`view`](Self::view).
    pub fn is_linked(&self, view: &str, resource: &Resource) -> Result<bool> {
        let key = view_key(view)?;
        self.read()?.is_linked(&key, resource)
    }

    fn read(&self) -> Result<ProjectReader<'_>> {
        self.snapshot.check_current()?;
        Ok(self.project.read())
    }
}

/// Parses the view key of a caller.
pub(crate) fn view_key(text: &str) -> Result<ViewKey> {
    ViewKey::parse(text).map_err(Error::key("view key", text))
}
