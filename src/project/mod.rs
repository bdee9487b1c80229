//! A project: every operation that changes something.

mod follow;
mod links;
mod removal;
mod resources;
mod revert;
mod settings;
mod views;

use std::sync::Arc;

use crate::engine::{Answered, Engine, Request};
use crate::model::change_id::ChangeId;
use crate::model::error::{Error, Result, StoreFile};
use crate::model::key::ProjectKey;
use crate::model::limit;
use crate::model::position::Position;
use crate::model::{ChangeMeta, Command, Operation, Precondition};
use crate::snapshot::{ProjectSnapshot, Snapshot};

pub use links::LinkChange;
pub use removal::{DeletedProject, Removed};
pub use views::DeletedView;

/// A handle to a project of a store: everything that changes views and links.
///
/// Cheap to clone. [`actor`](Self::actor), [`comment`](Self::comment) and
/// [`reverts`](Self::reverts) give a handle whose changes say so in the journal;
/// [`if_store_at`](Self::if_store_at) and [`if_view_at`](Self::if_view_at) one that changes nothing
/// when somebody else did meanwhile; [`dry_run`](Self::dry_run) one that changes nothing at all and
/// tells what it would do. Reads are on a [`Snapshot`](crate::Snapshot); [`read`](Self::read) gives the project as it
/// stands now.
///
/// Every call is one change: whole or absent, durable when it returns. Besides what each says of its
/// cost, a change takes one append to the journal and one disk sync, shared with those who call at the
/// same time. A call that changes nothing takes neither.
///
/// ```
/// use viewlink::{Batch, NewView, Options};
///
/// let store = Options::new().open_in_memory()?;
/// let project = store.project("default")?.actor("ada").comment("launch of the new checkout");
/// project.create_view(NewView::new("checkout", "Checkout"))?;
/// let revision = project.link("checkout", Batch::flags(["checkout-v2"]))?.all_ok()?;
///
/// let undo = project.comment("it was too early").reverts(revision.expect("it changed"));
/// undo.unlink("checkout", Batch::flags(["checkout-v2"]))?.all_ok()?;
///
/// let last = store.snapshot()?.changes(3)?.next().expect("there are three")?;
/// assert_eq!((last.actor.as_deref(), last.reverts), (Some("ada"), Some(2)));
/// # Ok::<(), viewlink::Error>(())
/// ```
///
/// # Errors
///
/// All calls that change something share these:
///
/// - [`Error::ReadOnly`]: the store was opened to be [only read](crate::Options::read_only), and this is
///   no dry run.
/// - [`Error::Closed`], [`Error::WritesStopped`]: the store takes no changes.
/// - [`Error::TooLong`]: a comment or actor is beyond its [limit](crate::Limits), or the store has
///   given all ids of views or projects there are, or the record of the change has 4 GiB.
/// - [`Error::RevisionDiffers`]: where a revision was asked for; see
///   [`if_store_at`](Self::if_store_at).
/// - [`Error::NoSingleView`]: a handle of [`if_view_at`](Self::if_view_at), and a call that is about no
///   single view.
/// - [`Error::Io`], [`Error::State`]: the disk failed; their [`outcome`](Error::outcome) tells what
///   became of the change. Also of a call that shared the sync and had nothing to change.
/// - [`Error::MemoryLimit`]: the change could go beyond [`Options::memory_limit`](crate::Options::memory_limit).
/// - [`Error::JournalFull`]: no checkpoint could be made for long; see
///   [`Options::journal_limit`](crate::Options::journal_limit).
/// - [`Error::Forked`]: the process was forked after the store was opened.
/// - [`Error::Panicked`]: a clock or this crate panicked; nothing changed.
#[derive(Clone, Debug)]
pub struct Project {
    engine: Arc<Engine>,
    key: ProjectKey,
    precondition: Precondition,
    position: Option<Position>,
    meta: ChangeMeta,
    dry_run: bool,
}

impl Project {
    pub(crate) fn new(engine: Arc<Engine>, key: ProjectKey) -> Self {
        let (precondition, meta) = (Precondition::default(), ChangeMeta::default());
        Self { engine, key, precondition, position: None, meta, dry_run: false }
    }

    /// The key of the project.
    #[must_use]
    pub const fn key(&self) -> &ProjectKey {
        &self.key
    }

    /// The project as it stands now, and stays for the reader.
    ///
    /// Waits for no change, but for a small one while it is shown.
    ///
    /// Cost: O(log projects).
    ///
    /// ```
    /// # use viewlink::{Batch, NewView, Options, Resource};
    /// # let store = Options::new().open_in_memory()?;
    /// let project = store.project("default")?;
    /// project.create_view(NewView::new("v", "V"))?;
    /// project.link("v", Batch::flags(["a"]))?.all_ok()?;
    /// assert!(project.read()?.is_linked("v", &Resource::flag("a")?)?);
    /// # Ok::<(), viewlink::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProject`] when there is none; those of [`Store::snapshot`](crate::Store::snapshot).
    pub fn read(&self) -> Result<ProjectSnapshot> {
        Snapshot::new(Arc::clone(&self.engine))?.of(&self.key)
    }

    /// A handle whose changes tell who made them; a batch's own actor goes before.
    #[must_use]
    pub fn actor(&self, actor: impl Into<String>) -> Self {
        let mut handle = self.clone();
        handle.meta.actor = Some(actor.into());
        handle
    }

    /// A handle whose changes tell why they were made; a batch's own comment goes before.
    #[must_use]
    pub fn comment(&self, comment: impl Into<String>) -> Self {
        let mut handle = self.clone();
        handle.meta.comment = Some(comment.into());
        handle
    }

    /// A handle whose changes say that they take back the change with this revision. The store
    /// keeps the number and does not act on it; [`revert`](Self::revert) takes a change back.
    #[must_use]
    pub fn reverts(&self, revision: u64) -> Self {
        let mut handle = self.clone();
        handle.meta.reverts = Some(revision);
        handle
    }

    /// A handle whose calls change nothing when the store is not at this revision any more:
    /// [`Error::RevisionDiffers`]. So who read a [`Snapshot`](crate::Snapshot) changes what was read,
    /// or nothing. A change in any project moves the store's revision.
    ///
    /// ```
    /// # use viewlink::{Error, NewView, Options};
    /// # let store = Options::new().open_in_memory()?;
    /// # let project = store.project("default")?;
    /// let seen = store.snapshot()?.revision();
    /// project.create_view(NewView::new("a", "A"))?;
    /// let late = project.if_store_at(seen).create_view(NewView::new("b", "B"));
    /// assert!(matches!(late, Err(Error::RevisionDiffers { actual: 1, .. })));
    /// # Ok::<(), viewlink::Error>(())
    /// ```
    #[must_use]
    pub fn if_store_at(&self, revision: u64) -> Self {
        let mut handle = self.clone();
        handle.precondition.store_at = Some(revision);
        handle
    }

    /// A handle whose calls change nothing when the store is not at this position any more, or went another way:
    /// [`if_store_at`](Self::if_store_at), for a position that was kept outside of the store.
    ///
    /// [`Error::RevisionDiffers`] when other changes were made meanwhile. [`Error::Diverged`] when the position was
    /// never one of this store: it was put back to a [copy](crate::Store::backup_to), or is another one.
    ///
    /// ```
    /// # use viewlink::{Error, NewView, Options};
    /// # let (store, other) = (Options::new().open_in_memory()?, Options::new().open_in_memory()?);
    /// let seen = other.snapshot()?.position();
    /// let refused = store.project("default")?.if_store_at_position(seen).create_view(NewView::new("v", "V"));
    /// assert!(matches!(refused, Err(Error::Diverged { .. })));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn if_store_at_position(&self, position: Position) -> Self {
        let mut handle = self.clone();
        handle.position = Some(position);
        handle
    }

    /// A handle whose calls change nothing when the view they are about is not at this
    /// [`revision`](crate::View::revision), that of the last change to its fields or links, any more:
    /// [`Error::RevisionDiffers`].
    ///
    /// For [`link`](Self::link), [`unlink`](Self::unlink), [`replace`](Self::replace),
    /// [`update_view`](Self::update_view), [`rename_view`](Self::rename_view), [`copy_view`](Self::copy_view), of the view
    /// that is copied, and [`delete_view`](Self::delete_view); other calls are [`Error::NoSingleView`].
    ///
    /// ```
    /// # use viewlink::{Batch, Error, NewView, Options, ViewPatch};
    /// # let store = Options::new().open_in_memory()?;
    /// # let project = store.project("default")?;
    /// let view = project.create_view(NewView::new("v", "V"))?;
    /// project.link("v", Batch::flags(["a"]))?.all_ok()?; // somebody else
    /// let late = project.if_view_at(view.revision).update_view("v", ViewPatch::new().name("W"));
    /// assert!(matches!(late, Err(Error::RevisionDiffers { expected: 1, actual: 2, .. })));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn if_view_at(&self, revision: u64) -> Self {
        let mut handle = self.clone();
        handle.precondition.view_at = Some(revision);
        handle
    }

    /// A handle whose calls change nothing when the last change of the view they are about is not
    /// [this one](crate::View::change) any more: [`if_view_at`](Self::if_view_at), for what was kept outside of the store.
    ///
    /// [`Error::ViewDiffers`] when somebody else changed the view meanwhile, and when the store was put back to a
    /// [copy](crate::Store::backup_to) from before that change and went another way, also where its revision is the same
    /// again. [`Error::NoSingleView`] as of [`if_view_at`](Self::if_view_at).
    ///
    /// ```
    /// # use viewlink::{Error, NewView, Options, ViewPatch};
    /// # let in_store = |name: &str| {
    /// #     let project = Options::new().open_in_memory()?.project("default")?;
    /// #     project.create_view(NewView::new("v", name)).map(|view| (project, view))
    /// # };
    /// let ((project, view), (_, other)) = (in_store("V")?, in_store("W")?);
    /// assert_eq!(view.revision, other.revision);
    /// let patch = ViewPatch::new().name("X");
    /// let refused = project.if_view_changed_by(other.change).update_view("v", patch.clone());
    /// assert!(matches!(refused, Err(Error::ViewDiffers { .. })));
    /// project.if_view_changed_by(view.change).update_view("v", patch)?;
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn if_view_changed_by(&self, change: ChangeId) -> Self {
        let mut handle = self.clone();
        handle.precondition.view_changed_by = Some(change);
        handle
    }

    /// A handle whose calls change nothing, and answer exactly as if they had.
    ///
    /// A call waits for its turn and is decided: the answer is that of the state between two changes, and may be
    /// another one a moment later. The revision of the change is `None`; a view that would have changed has the
    /// revision it would have. It costs what deciding the call costs.
    ///
    /// ```
    /// # use viewlink::{Batch, NewView, Options, ResourceType};
    /// # let store = Options::new().open_in_memory()?;
    /// let project = store.project("default")?;
    /// project.create_view(NewView::new("v", "V"))?;
    /// project.link("v", Batch::flags(["a"]))?.all_ok()?;
    ///
    /// let report = project.dry_run().unlink("v", Batch::flags(["a", "b"]))?;
    /// assert_eq!((report.success_count(), report.failure_count()), (1, 1));
    /// assert_eq!(project.dry_run().delete_view("v")?.unlinked.get(ResourceType::Flag), 1);
    /// assert_eq!(store.snapshot()?.revision(), 2);
    /// # Ok::<(), viewlink::Error>(())
    /// ```
    #[must_use]
    pub fn dry_run(&self) -> Self {
        let mut handle = self.clone();
        handle.dry_run = true;
        handle
    }

    /// Carries an operation out; tells the answer, and the revision of the change, if one was made.
    fn run(&self, operation: Operation) -> Answered {
        self.engine.execute(&self.request(self.meta.clone(), operation, 0)?)
    }

    /// What is asked for, as plain data; it names so many keys.
    fn request(&self, meta: ChangeMeta, operation: Operation, keys: usize) -> Result<Arc<Request>> {
        let options = self.engine.options();
        limit::check_meta(&meta, &options.limits)?;
        let (project, precondition) = (self.key.clone(), self.precondition);
        let (removal_detail, link_limit) = (options.removal_detail, options.batch_limit);
        let command =
            Command { project, precondition, meta, removal_detail, link_limit, operation };
        command.check_view()?;
        let (position, dry_run) = (self.position, self.dry_run);
        Ok(Arc::new(Request { command, keys: keys as u64, position, dry_run }))
    }
}

/// The error of an answer that is of another kind than its command, which cannot be.
fn other_answer() -> Error {
    debug_assert!(false, "an answer is of the kind of its command");
    Error::damaged(StoreFile::State, "state", "an answer is of another kind than its command")
}
