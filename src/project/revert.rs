//! Reverting changes.

use super::{Project, other_answer};
use crate::model::error::Result;
use crate::model::{Answer, ChangeMeta, Operation, Reverted};
use crate::snapshot::view_key;

impl Project {
    /// Reverts the change with this revision, in one new change that [names](crate::Change::reverts) it.
    ///
    /// Each view, link and registration of that change is reverted separately, if it is still as the change left it.
    /// If it was changed later, this part fails with [`ChangedSince`](crate::FailureReason::ChangedSince), and the
    /// other parts are reverted. Every kind of change can be reverted: a deleted item is restored with its fields, and
    /// links are restored with their times and their order. A restored view or project gets a new id, because ids are
    /// never used twice. Under [`LinkPolicy::Closed`](crate::LinkPolicy::Closed) a link is restored only if its
    /// resource is registered.
    ///
    /// A view is found through later renames, and not by its key: if another view has the key now, it is not changed.
    /// Links that filters made or removed in the change, for views that [follow](Self::follow) them, are not reverted
    /// one by one. Instead the filters are evaluated again at the end, and
    /// [`Reverted::followed`](crate::Reverted::followed) has the result. Links that the filters make again keep their
    /// previous times.
    ///
    /// The new change is a change like any other: it can be reverted in the same way.
    ///
    /// Cost: O(n log n) with the n names of that change, O(links) of each view whose links are restored, and O(bytes
    /// of the journal) from that change on, which is read to find the later changes of its views. If the change
    /// affects no view, only one segment is read.
    ///
    /// ```
    /// # use viewlink::{Batch, NewView, Options, Resource};
    /// # let store = Options::new().open_in_memory()?;
    /// # let project = store.project("default")?;
    /// # project.create_view(NewView::new("my-view", "My view"))?;
    /// # project.link("my-view", Batch::flags(["a", "b"]))?.all_ok()?;
    /// let deleted = project.delete_view("my-view")?.revision.expect("it was there");
    ///
    /// let undo = project.comment("wrong view").revert(deleted)?;
    /// assert_eq!((undo.success_count, undo.failures.len()), (3, 0)); // a view and two links
    /// assert!(project.read()?.is_linked("my-view", &Resource::flag("a")?)?);
    ///
    /// let redo = project.revert(undo.revision().expect("it changed"))?;
    /// assert_eq!(redo.failures, []);
    /// assert!(project.read()?.view("my-view").is_err());
    /// # Ok::<(), viewlink::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those that [all calls](Project#errors) share. The following leave everything unchanged, too:
    ///
    /// - [`Error::NoSuchChange`](crate::Error::NoSuchChange): the revision is 0.
    /// - [`Error::JournalTrimmed`](crate::Error::JournalTrimmed): the journal no longer keeps that change.
    /// - [`Error::RevisionAhead`](crate::Error::RevisionAhead): the store has not reached that revision.
    /// - [`Error::OtherProject`](crate::Error::OtherProject): that change was made in another project.
    /// - [`Error::DetailNotKept`](crate::Error::DetailNotKept): the change removed more names than
    ///   [`Options::removal_detail`](crate::Options::removal_detail), or ended a filter that alone held more links
    ///   than that, so its record has only counts.
    /// - [`Error::NoSingleView`](crate::Error::NoSingleView): the handle is from [`if_view_at`](Self::if_view_at).
    /// - [`Error::Damaged`](crate::Error::Damaged): the journal cannot be read.
    pub fn revert(&self, revision: u64) -> Result<Reverted> {
        self.engine.catch_up()?;
        let (change, same_views) = self.engine.past_change(revision)?;
        let change = Box::new(change);
        let policy = self.engine.options().link_policy;
        let meta = ChangeMeta { reverts: Some(revision), ..self.meta.clone() };
        self.reverted(meta, Operation::Revert { change, same_views, policy })
    }

    /// Restores the fields and links of a view as they were at a revision, in one change.
    ///
    /// Links that were made later are removed. Links that were removed later are restored with their times. A link
    /// that was removed and made again gets its first time again. A view that was deleted later is restored. The only
    /// failures are links that the [policy](crate::LinkPolicy) refuses. Later changes of other callers are reverted as
    /// well.
    ///
    /// A view is identified by its key. If it was renamed later, a new view with the old key is created and the
    /// renamed view stays.
    ///
    /// Cost: that of [`Store::snapshot_at`](crate::Store::snapshot_at), and O(n log n) with the links that the view
    /// has now and had then.
    ///
    /// ```
    /// # use viewlink::{Batch, NewView, Options, Paging, ResourceType, ViewPatch};
    /// # let store = Options::new().open_in_memory()?;
    /// # let project = store.project("default")?;
    /// # project.create_view(NewView::new("v", "V"))?;
    /// let good = project.link("v", Batch::flags(["a", "b"]))?.all_ok()?.expect("it changed");
    /// project.unlink("v", Batch::flags(["a"]))?.all_ok()?;
    /// project.link("v", Batch::flags(["c"]))?.all_ok()?;
    /// project.update_view("v", ViewPatch::new().name("W"))?;
    ///
    /// assert_eq!(project.revert_to("v", good)?.failures, []);
    /// let reader = project.read()?;
    /// let page = reader.linked_resources("v", ResourceType::Flag, Paging::first(10))?;
    /// let keys: Vec<_> = page.items.iter().map(|linked| linked.resource.key().as_str()).collect();
    /// assert_eq!((reader.view("v")?.name.as_str(), keys), ("V", vec!["a", "b"]));
    /// # Ok::<(), viewlink::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those that [all calls](Project#errors) share; those of [`Store::snapshot_at`](crate::Store::snapshot_at);
    /// [`Error::UnknownProject`](crate::Error::UnknownProject), [`Error::UnknownView`](crate::Error::UnknownView) if
    /// it did not exist at the revision; [`Error::InvalidKey`](crate::Error::InvalidKey) if the key is invalid.
    pub fn revert_to(&self, view: &str, revision: u64) -> Result<Reverted> {
        let key = view_key(view)?;
        self.engine.catch_up()?;
        let (open, _guard) = self.engine.snapshot_at(revision)?;
        let view = Box::new(open.state.project(&self.key)?.read().view_detail(&key)?);
        drop(open);
        let policy = self.engine.options().link_policy;
        self.reverted(self.meta.clone(), Operation::RevertView { view, policy })
    }

    fn reverted(&self, meta: ChangeMeta, operation: Operation) -> Result<Reverted> {
        match self.engine.execute(&self.request(meta, operation, 0)?)? {
            (Answer::Reverted(result), change) => Ok(Reverted::new(result, change)),
            _ => Err(other_answer()),
        }
    }
}
