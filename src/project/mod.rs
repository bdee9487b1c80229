//! A project: every operation that makes a change.

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

/// A handle to a project of a store, with all calls that change views and links.
///
/// It is cheap to clone. Some methods return a handle with other settings: with [`actor`](Self::actor),
/// [`comment`](Self::comment) and [`reverts`](Self::reverts), its changes carry these values in the journal. With
/// [`if_store_at`](Self::if_store_at) and [`if_view_at`](Self::if_view_at), its calls change nothing if another caller
/// made a change in between. With [`dry_run`](Self::dry_run), its calls change nothing and return the result they
/// would have. Reads use a [`Snapshot`](crate::Snapshot); [`read`](Self::read) returns the project as it is now.
///
/// Every call is one change: it is whole or absent, and durable when the call returns. In addition to the cost of each
/// call, a change needs one append to the journal and one disk sync; concurrent calls can share them. A call that
/// changes nothing needs neither.
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
/// - [`Error::ReadOnly`]: the store was opened [read only](crate::Options::read_only), and this is not a dry run.
/// - [`Error::Closed`], [`Error::WritesStopped`]: the store accepts no changes.
/// - [`Error::TooLong`]: a comment or actor exceeds its [limit](crate::Limits), or the store has used all ids of views
///   or projects, or the record of the change reaches 4 GiB.
/// - [`Error::RevisionDiffers`]: the store or view is not at the required revision; see
///   [`if_store_at`](Self::if_store_at).
/// - [`Error::NoSingleView`]: the handle is from [`if_view_at`](Self::if_view_at), and the call does not change
///   exactly one view.
/// - [`Error::Io`], [`Error::State`]: the disk failed; [`outcome`](Error::outcome) returns whether the change was
///   applied. A call that had nothing to change but shared the sync gets this error, too.
/// - [`Error::MemoryLimit`]: the change could exceed [`Options::memory_limit`](crate::Options::memory_limit).
/// - [`Error::JournalFull`]: no checkpoint could be made for a long time; see
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

    /// A snapshot of the project as it is now. Later changes do not affect it.
    ///
    /// This does not wait for changes, except while a small change is applied.
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
    /// [`Error::UnknownProject`] if it does not exist; those of [`Store::snapshot`](crate::Store::snapshot).
    pub fn read(&self) -> Result<ProjectSnapshot> {
        Snapshot::new(Arc::clone(&self.engine))?.of(&self.key)
    }

    /// A handle whose changes have this actor, the author of the change. If a batch has its own actor, that one is
    /// used.
    #[must_use]
    pub fn actor(&self, actor: impl Into<String>) -> Self {
        let mut handle = self.clone();
        handle.meta.actor = Some(actor.into());
        handle
    }

    /// A handle whose changes have this comment, the reason for the change. If a batch has its own comment, that one
    /// is used.
    #[must_use]
    pub fn comment(&self, comment: impl Into<String>) -> Self {
        let mut handle = self.clone();
        handle.meta.comment = Some(comment.into());
        handle
    }

    /// A handle whose changes are marked as a revert of the change with this revision. The store only records the
    /// number; to revert a change, call [`revert`](Self::revert).
    #[must_use]
    pub fn reverts(&self, revision: u64) -> Self {
        let mut handle = self.clone();
        handle.meta.reverts = Some(revision);
        handle
    }

    /// A handle whose calls change nothing if the store is no longer at this revision; they fail with
    /// [`Error::RevisionDiffers`]. With it, a caller that read a [`Snapshot`](crate::Snapshot) changes exactly the
    /// state it has read, or nothing. A change in any project increases the store's revision.
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

    /// A handle whose calls change nothing if the store is no longer at this position or has another history. This is
    /// [`if_store_at`](Self::if_store_at) for a position that was stored outside of the store.
    ///
    /// [`Error::RevisionDiffers`] if other changes were made in between. [`Error::Diverged`] if the store never had
    /// this position: it was restored from a [copy](crate::Store::backup_to), or it is another store.
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

    /// A handle whose calls change nothing if their view is no longer at this [`revision`](crate::View::revision),
    /// which is the revision of the last change to its fields or links; they fail with [`Error::RevisionDiffers`].
    ///
    /// It supports [`link`](Self::link), [`unlink`](Self::unlink), [`replace`](Self::replace),
    /// [`update_view`](Self::update_view), [`rename_view`](Self::rename_view), [`copy_view`](Self::copy_view) (the
    /// revision of the source view) and [`delete_view`](Self::delete_view). Other calls fail with
    /// [`Error::NoSingleView`].
    ///
    /// ```
    /// # use viewlink::{Batch, Error, NewView, Options, ViewPatch};
    /// # let store = Options::new().open_in_memory()?;
    /// # let project = store.project("default")?;
    /// let view = project.create_view(NewView::new("v", "V"))?;
    /// project.link("v", Batch::flags(["a"]))?.all_ok()?; // another caller
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

    /// A handle whose calls change nothing if the last change of their view is no longer [this
    /// one](crate::View::change). This is [`if_view_at`](Self::if_view_at) for an id that was stored outside of the
    /// store.
    ///
    /// [`Error::ViewDiffers`] if another caller changed the view in between. The same error is returned if the store
    /// was restored from a [copy](crate::Store::backup_to) that is older than that change and has had other changes
    /// since, even if the view has the same revision again. [`Error::NoSingleView`] as for
    /// [`if_view_at`](Self::if_view_at).
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

    /// A handle whose calls change nothing, but return the same answer as if they had.
    ///
    /// A call waits for its turn and is decided on the state between two changes, so its answer can be outdated a
    /// moment later. The revision of the change is `None`; a view that would have been changed has the revision that
    /// it would have. The cost is that of deciding the call.
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

    /// Runs an operation; returns the answer, and the revision of the change if one was made.
    fn run(&self, operation: Operation) -> Answered {
        self.engine.execute(&self.request(self.meta.clone(), operation, 0)?)
    }

    /// The request as plain data, for a call with this number of keys.
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

/// The error for an answer of another kind than its command. This cannot happen.
fn other_answer() -> Error {
    debug_assert!(false, "an answer is of the kind of its command");
    Error::damaged(StoreFile::State, "state", "an answer is of another kind than its command")
}
