//! Taking changes back.

use super::{Project, other_answer};
use crate::model::error::Result;
use crate::model::{Answer, ChangeMeta, Operation, Reverted};
use crate::snapshot::view_key;

impl Project {
    /// Takes back what the change with a revision did, in one change that [names](crate::Change::reverts) it.
    ///
    /// Each view, link and registration of that change is taken back by itself, where it is as the change left it. What
    /// somebody changed since is a failure of that part ([`ChangedSince`](crate::FailureReason::ChangedSince)), and the
    /// rest is done. Every kind of change can be taken back: what was deleted comes back with its fields, and links
    /// with the times and the order they had. A view that comes back has an id of its own, since ids are never given
    /// twice, and so has a project. Under [`LinkPolicy::Closed`](crate::LinkPolicy::Closed) a link comes back only
    /// where its resource is registered.
    ///
    /// A view is followed by what it is and not by its key: another one that got the key since is left alone.
    /// Links that filters made or removed in the change, for views that [follow](Self::follow) them, are not reverted one
    /// by one: the filters are evaluated again after the rest, and [`Reverted::followed`](crate::Reverted::followed) has
    /// the result. Links that they make again have the times that they had.
    ///
    /// The change that this makes is a change like any other one: taking it back does again what was undone.
    ///
    /// Cost: O(n log n) with the n names of that change, O(links) of each view that links come back to, and O(bytes of the
    /// journal) from that change on, which is read to follow its views; of a change that is about no view, of one segment.
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
    /// assert_eq!((undo.taken_back, undo.failures.len()), (3, 0)); // a view and two links
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
    /// Those that [all calls](Project#errors) share; and these, with nothing changed:
    ///
    /// - [`Error::NoSuchChange`](crate::Error::NoSuchChange): the revision is 0.
    /// - [`Error::JournalTrimmed`](crate::Error::JournalTrimmed): the journal no longer keeps that change.
    /// - [`Error::RevisionAhead`](crate::Error::RevisionAhead): the store has fewer changes.
    /// - [`Error::OtherProject`](crate::Error::OtherProject): that change was made in another project.
    /// - [`Error::DetailNotKept`](crate::Error::DetailNotKept): it removed more names than
    ///   [`Options::removal_detail`](crate::Options::removal_detail), or ended a filter that held more links alone, and
    ///   kept counts alone.
    /// - [`Error::NoSingleView`](crate::Error::NoSingleView) of a handle of [`if_view_at`](Self::if_view_at).
    /// - [`Error::Damaged`](crate::Error::Damaged): the journal cannot be read.
    pub fn revert(&self, revision: u64) -> Result<Reverted> {
        self.engine.catch_up()?;
        let (change, same_views) = self.engine.past_change(revision)?;
        let change = Box::new(change);
        let policy = self.engine.options().link_policy;
        let meta = ChangeMeta { reverts: Some(revision), ..self.meta.clone() };
        self.reverted(meta, Operation::Revert { change, same_views, policy })
    }

    /// Makes the fields and links of a view what they were at a revision, in one change.
    ///
    /// What was linked since is unlinked, what was unlinked since comes back with the time it had, and one that was
    /// unlinked and linked again has its first time again. A view that was deleted since comes back. Failures are
    /// links that the [policy](crate::LinkPolicy) refuses, and nothing else: whoever changed what since, the view is
    /// afterwards what it was.
    ///
    /// A view is found by its key: of one that was renamed since, a view with the old key is made beside it.
    ///
    /// Cost: that of [`Store::snapshot_at`](crate::Store::snapshot_at), and O(n log n) with the links of the view, now and
    /// then.
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
    /// [`Error::UnknownProject`](crate::Error::UnknownProject), [`Error::UnknownView`](crate::Error::UnknownView) when there
    /// was none at the revision; [`Error::InvalidKey`](crate::Error::InvalidKey) when the key is none.
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
