//! A project: every operation that changes something.

mod links;
mod removal;
mod resources;
mod target;
mod views;

use std::sync::Arc;

use crate::commit::{Ask, Draft, Engine, Recorded};
use crate::model::ChangeMeta;
use crate::model::error::{Error, Result};
use crate::model::key::{ProjectKey, ViewKey};
use crate::model::limit;

pub use links::LinkChange;
pub use removal::{DeletedProject, Removed};
pub(crate) use target::Target;
pub use views::DeletedView;

/// A handle to a project of a store: everything that changes views and links.
///
/// Cheap to clone. [`actor`](Self::actor), [`comment`](Self::comment) and
/// [`reverts`](Self::reverts) give a handle whose changes say so in the journal;
/// [`if_store_at`](Self::if_store_at) and [`if_view_at`](Self::if_view_at) one that changes nothing
/// when somebody else did meanwhile; [`dry_run`](Self::dry_run) one that changes nothing at all and
/// tells what it would do. Reads are on a [`Snapshot`](crate::Snapshot).
///
/// Every call is one change: whole or absent, durable when it returns. Besides what each says of its
/// cost, a change takes one append to the journal and one disk sync, shared with those who call at the
/// same time, and now and then what is due behind it, a [slice of a fold](crate::Options::tail) or a
/// [checkpoint](crate::Options::checkpoint_interval). A call that changes nothing takes none of these.
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
/// - [`Error::Damaged`]: a row or page that is needed cannot be read; nothing changed, and writes stop.
/// - [`Error::Panicked`]: a clock or this crate panicked; nothing changed.
#[derive(Clone, Debug)]
pub struct Project {
    engine: Arc<Engine>,
    target: Target,
    meta: ChangeMeta,
    dry_run: bool,
}

impl Project {
    pub(crate) fn new(engine: Arc<Engine>, key: ProjectKey) -> Self {
        Self { engine, target: Target::new(key), meta: ChangeMeta::default(), dry_run: false }
    }

    /// The key of the project.
    #[must_use]
    pub const fn key(&self) -> &ProjectKey {
        self.target.project()
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
    /// keeps the number and does not act on it.
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
        handle.target.store_at = Some(revision);
        handle
    }

    /// A handle whose calls change nothing when the view they are about is not at this
    /// [`revision`](crate::View::revision), that of the last change to its fields or links, any more:
    /// [`Error::RevisionDiffers`].
    ///
    /// For [`link`](Self::link), [`unlink`](Self::unlink), [`replace`](Self::replace),
    /// [`update_view`](Self::update_view) and [`delete_view`](Self::delete_view); other calls are
    /// [`Error::NoSingleView`].
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
        handle.target.view_at = Some(revision);
        handle
    }

    /// A handle whose calls change nothing, and answer exactly as if they had.
    ///
    /// A call waits for its turn, does its work and takes it back: the answer is that of the state
    /// between two changes, and may be another one a moment later. The revision of the change is
    /// `None`; a view that would have changed has the revision it would have. It costs what the call
    /// costs, but for the disk sync.
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

    /// Makes a change that is about one view.
    fn change_view<T: Send + 'static>(
        &self,
        keys: u64,
        meta: ChangeMeta,
        act: impl Fn(&mut Draft<'_, '_>, &Target) -> Result<(T, Option<Recorded>)> + Send + 'static,
    ) -> Result<(T, Option<u64>)> {
        limit::check_meta(&meta, &self.engine.options().limits)?;
        let target = self.target.clone();
        let ask = Ask { meta, keys: keys.saturating_add(1), dry_run: self.dry_run };
        self.engine.commit(ask, move |draft| {
            target.check_store(draft)?;
            act(draft, &target)
        })
    }

    /// Makes a change that is about no single view.
    fn change<T: Send + 'static>(
        &self,
        keys: u64,
        act: impl Fn(&mut Draft<'_, '_>, &Target) -> Result<(T, Option<Recorded>)> + Send + 'static,
    ) -> Result<(T, Option<u64>)> {
        self.target.refuse_view()?;
        self.change_view(keys, self.meta.clone(), act)
    }
}

pub(crate) fn view_key(text: &str) -> Result<ViewKey> {
    ViewKey::parse(text).map_err(Error::key("view key", text))
}
