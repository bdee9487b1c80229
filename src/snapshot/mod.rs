//! Reading: every look at a store is one at a revision.

mod linked_views;
mod links;
mod resources;
mod views;

use std::fmt;
use std::sync::Arc;

use crate::commit::{Engine, Hold};
use crate::journal::{Reader, Segments};
use crate::model::Change;
use crate::model::error::{Error, Result};
use crate::model::key::{ProjectKey, ViewKey};
use crate::model::page::{KeySort, List, Page, Paging, Position};
use crate::model::project_info::ProjectInfo;
use crate::model::resource::Resource;
use crate::model::view::View;
use crate::project::view_key;
use crate::storage::{ProjectRow, ReadTables, ViewRow};

/// The store as it stood when the snapshot was taken.
///
/// Changes made since do not show. A snapshot never waits for one and holds none up, but the
/// pages it sees cannot be used again as long as it lives, or until it is older than
/// [`Options::snapshot_limit`](crate::Options::snapshot_limit) allows. It keeps the store open, and
/// threads may share it.
///
/// Example: at [`ProjectSnapshot`].
///
/// # Errors
///
/// All reads share these:
///
/// - [`Error::Closed`]: the store was closed or recovered since.
/// - [`Error::SnapshotExpired`]: the snapshot is older than the options allow.
/// - [`Error::State`]: the disk cannot be read.
/// - [`Error::Damaged`]: a row or page cannot be read.
/// - [`Error::Panicked`]: the database met a page that rotted.
pub struct Snapshot {
    hold: Hold,
    segments: Arc<Segments>,
    engine: Arc<Engine>,
}

impl Snapshot {
    pub(crate) fn new(engine: Arc<Engine>) -> Result<Self> {
        let (hold, segments) = engine.read(true)?;
        Ok(Self { hold, segments, engine })
    }

    /// The newest change that the snapshot sees; 0 when there was none yet.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.hold.head().revision
    }

    /// A project. Example: at [`ProjectSnapshot`].
    ///
    /// Cost: O(log projects).
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProject`] when there is none; [`Error::InvalidKey`] when the text is no key; those
    /// that [all reads](Snapshot#errors) share.
    pub fn project(&self, key: &str) -> Result<ProjectSnapshot<'_>> {
        let key = ProjectKey::parse(key).map_err(Error::key("project key", key))?;
        match self.read(|tables| tables.project(&key))? {
            Some(project) => Ok(ProjectSnapshot { snapshot: self, project }),
            None => Err(Error::UnknownProject { project: key }),
        }
    }

    /// The projects, in key order. Example: at [`ProjectSnapshot`].
    ///
    /// Cost: O(log projects + offset + limit).
    ///
    /// # Errors
    ///
    /// [`Error::InvalidCursor`] when the cursor is of another list; those that [all reads](Snapshot#errors)
    /// share.
    pub fn projects(&self, paging: Paging<KeySort>) -> Result<Page<ProjectInfo>> {
        let (after, skip) = paging.start.in_list(&List::Projects)?;
        let after = after.map(|at| at.key(|key| ProjectKey::parse(key).ok())).transpose()?;
        let rows = self.read(|tables| tables.project_page(after.as_ref(), skip, paging.rows()))?;
        let position = |row: &ProjectRow| Ok(Position::Key(row.key.to_string()));
        let total = self.hold.head().projects;
        Page::from_rows(rows, paging.limit, total, List::Projects, position, |row| Ok(row.into()))
    }

    /// Every look into the tables. One call looks once: its snapshot may expire between two.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&ReadTables) -> Result<T>) -> Result<T> {
        // The database may still have in memory what it read before it was closed.
        self.segments.check_current()?;
        self.hold.read(read)
    }

    /// The changes from a revision on, up to the one the snapshot sees, in order.
    ///
    /// Read from the journal as the iterator advances; it holds the file it reads, and no pages of
    /// the state: dropping the snapshot gives those free, and an age limit ends no iterator.
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
    /// [`Error::JournalTrimmed`] when the journal no longer keeps the revision; [`Error::Closed`] once the
    /// store was closed or recovered; [`Error::SnapshotExpired`] when the snapshot is too old.
    ///
    /// The iterator gives the first two as well, where that happens while it is read, and
    /// [`Error::Damaged`] or [`Error::Io`] when the journal cannot be read. It ends behind an error.
    pub fn changes(&self, from: u64) -> Result<Changes> {
        self.segments.check_current()?;
        self.hold.check_age()?;
        let reader = Reader::new(Arc::clone(&self.segments), from, self.revision())?;
        Ok(Changes { reader, _engine: Arc::clone(&self.engine) })
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot").field("revision", &self.revision()).finish_non_exhaustive()
    }
}

/// Changes in revision order. Keeps the store open. Example: at [`Snapshot::changes`].
#[derive(Debug)]
pub struct Changes {
    reader: Reader,
    _engine: Arc<Engine>,
}

impl Iterator for Changes {
    type Item = Result<Change>;

    fn next(&mut self) -> Option<Self::Item> {
        let read = self.reader.next()?;
        let change = read.and_then(|(revision, payload)| Change::from_record(revision, &payload));
        if change.is_err() {
            self.reader.stop();
        }
        Some(change)
    }
}

impl From<ProjectRow> for ProjectInfo {
    fn from(ProjectRow { key, id, views, resources }: ProjectRow) -> Self {
        Self { id, key, views, resources }
    }
}

/// A project as it stood when the snapshot was taken.
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
pub struct ProjectSnapshot<'s> {
    pub(crate) snapshot: &'s Snapshot,
    pub(crate) project: ProjectRow,
}

impl fmt::Debug for ProjectSnapshot<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProjectSnapshot").field("project", &self.project).finish_non_exhaustive()
    }
}

impl ProjectSnapshot<'_> {
    /// What a list of projects shows of this one.
    #[must_use]
    pub fn info(&self) -> ProjectInfo {
        self.project.clone().into()
    }

    /// A view. Example: at [`ProjectSnapshot`].
    ///
    /// Cost: O(log views).
    ///
    /// # Errors
    ///
    /// [`Error::UnknownView`] when there is none; [`Error::InvalidKey`] when the text is no key; those that
    /// [all reads](Snapshot#errors) share.
    pub fn view(&self, key: &str) -> Result<View> {
        self.find_view(key).map(ViewRow::into_view)
    }

    /// Whether a resource is linked to a view. Example: at [`ProjectSnapshot`].
    ///
    /// Cost: O(log views + log links).
    ///
    /// # Errors
    ///
    /// Those of [`view`](Self::view).
    pub fn is_linked(&self, view: &str, resource: &Resource) -> Result<bool> {
        let key = view_key(view)?;
        let (resource_type, name) = (resource.resource_type(), resource.name());
        let link = self.snapshot.read(|tables| {
            let id = tables.view_id(self.project.id, &key)?;
            id.map(|id| tables.link(id, resource_type, &name)).transpose()
        })?;
        Ok(link.ok_or_else(|| self.unknown_view(key))?.is_some())
    }

    fn find_view(&self, key: &str) -> Result<ViewRow> {
        let key = view_key(key)?;
        let view = self.snapshot.read(|tables| tables.view(self.project.id, &key))?;
        view.ok_or_else(|| self.unknown_view(key))
    }

    fn unknown_view(&self, view: ViewKey) -> Error {
        Error::UnknownView { project: self.project.key.clone(), view }
    }
}
