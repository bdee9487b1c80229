//! Changing the links of a view.

use std::sync::Arc;

use super::{Project, other_answer};
use crate::engine::Request;
use crate::model::error::{Error, Result};
use crate::model::key::ViewKey;
use crate::model::{Answer, Batch, ChangeMeta, Command, LinkCommand, LinkOp, Operation, Report};
use crate::snapshot::view_key;

/// What to do with a batch in one of several views. Example: at [`Project::change_links`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkChange {
    pub(crate) view: String,
    pub(crate) op: LinkOp,
    pub(crate) batch: Batch,
}

impl LinkChange {
    /// To [link](Project::link) the resources of a batch to a view.
    pub fn link(view: impl Into<String>, batch: Batch) -> Self {
        Self { view: view.into(), op: LinkOp::Link, batch }
    }

    /// To [unlink](Project::unlink) them from it.
    pub fn unlink(view: impl Into<String>, batch: Batch) -> Self {
        Self { view: view.into(), op: LinkOp::Unlink, batch }
    }

    /// To [replace](Project::replace) what is linked to it by them.
    pub fn replace(view: impl Into<String>, batch: Batch) -> Self {
        Self { view: view.into(), op: LinkOp::Replace, batch }
    }
}

impl Project {
    /// Links resources to a view, in one change whatever their number.
    ///
    /// A resource that is linked already is a success and keeps the time of its link. A malformed,
    /// repeated or unknown key is that key's failure: see [`FailureReason`](crate::FailureReason).
    ///
    /// Cost: O(n · log n + n · log links) with n keys and the links of the view; with a filter also what
    /// [`Batch::and_matching`] says.
    ///
    /// ```
    /// # use viewlink::{Batch, NewView, Options};
    /// # let project = Options::new().open_in_memory()?.project("default")?;
    /// # project.create_view(NewView::new("my-view", "My view"))?;
    /// let report = project.link("my-view", Batch::flags(["checkout-v2", "search-v3", "no key"]))?;
    /// assert_eq!((report.success_count(), report.failure_count()), (2, 1));
    /// project.link("my-view", Batch::segments([("production", "beta-users")]))?.all_ok()?;
    /// # Ok::<(), viewlink::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those that [all calls](Project#errors) share; and these, with nothing changed:
    ///
    /// - [`Error::InvalidKey`]: the view's key is malformed.
    /// - [`Error::UnknownProject`], [`Error::UnknownView`]: there is none, or none that the batch's
    ///   filter names.
    /// - [`Error::BatchTooLarge`]: more than [`Options::batch_limit`](crate::Options::batch_limit)
    ///   keys, with what the filter finds.
    pub fn link(&self, view: &str, batch: Batch) -> Result<Report> {
        self.change_one(LinkChange::link(view, batch))
    }

    /// Unlinks resources from a view, in one change whatever their number.
    ///
    /// A resource that is not linked is that key's failure, as is a malformed or repeated key; the
    /// others are unlinked all the same.
    ///
    /// Cost: that of [`link`](Self::link).
    ///
    /// ```
    /// # use viewlink::{Batch, NewView, Options};
    /// # let project = Options::new().open_in_memory()?.project("default")?;
    /// # project.create_view(NewView::new("my-view", "My view"))?;
    /// # project.link("my-view", Batch::flags(["checkout-v2"]))?.all_ok()?;
    /// let batch = Batch::flags(["checkout-v2", "no-such-flag"]).comment("retired");
    /// let report = project.unlink("my-view", batch)?;
    /// for failed in report.failures() {
    ///     assert_eq!(failed.to_string(), "no-such-flag: not linked to this view (not_linked)");
    /// }
    /// # assert_eq!(report.failure_count(), 1);
    /// # Ok::<(), viewlink::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`link`](Self::link).
    pub fn unlink(&self, view: &str, batch: Batch) -> Result<Report> {
        self.change_one(LinkChange::unlink(view, batch))
    }

    /// Makes the resources that are linked to a view, of the batch's type, exactly those of the
    /// batch, in one change: nobody ever sees a part of it.
    ///
    /// What is linked and was asked for stays, with its link time; the rest is unlinked, and stands
    /// in the report after the keys of the request, in key order. A key that fails is left as it
    /// is, linked or not. With [`Batch::keep_last_view`] what is in no other view stays linked, too,
    /// as a failure. Segments of every environment are of one type.
    ///
    /// Cost: that of [`link`](Self::link), and O(m) with the m links of that type of the view; the report
    /// names each that was unlinked.
    ///
    /// ```
    /// # use viewlink::{Batch, NewView, Options};
    /// # let store = Options::new().open_in_memory()?;
    /// # let project = store.project("default")?;
    /// # project.create_view(NewView::new("v", "V"))?;
    /// project.link("v", Batch::flags(["a", "b"]))?.all_ok()?;
    /// let report = project.replace("v", Batch::flags(["b", "c"]))?;
    /// let outcomes: Vec<String> =
    ///     report.outcomes().map(|(flag, outcome)| format!("{flag} {outcome:?}")).collect();
    /// assert_eq!(outcomes, ["b AlreadyLinked", "c Linked", "a Unlinked"]);
    /// # Ok::<(), viewlink::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`link`](Self::link).
    pub fn replace(&self, view: &str, batch: Batch) -> Result<Report> {
        self.change_one(LinkChange::replace(view, batch))
    }

    /// Links and unlinks over several views and types in one change, with a report for each.
    ///
    /// What a filter finds, and what is registered, is told by the store as it was before the call;
    /// then the changes are made in order, each on what those before it left. The batches together
    /// have at most as many keys as one may have. Comment, actor and the change taken back are each the
    /// first that a batch gives, or the handle's. Of no changes there are no reports, and no errors for a
    /// project that is not there.
    ///
    /// Cost: that of its parts, with one append and one sync for all.
    ///
    /// ```
    /// # use viewlink::{Batch, LinkChange, NewView, Options};
    /// # let store = Options::new().open_in_memory()?;
    /// # let project = store.project("default")?;
    /// # project.create_view(NewView::new("old", "Old"))?;
    /// # project.create_view(NewView::new("new", "New"))?;
    /// # project.link("old", Batch::flags(["a"]))?.all_ok()?;
    /// let reports = project.change_links([
    ///     LinkChange::link("new", Batch::flags(["a"])),
    ///     LinkChange::unlink("old", Batch::flags(["a"]).keep_last_view()),
    /// ])?;
    /// assert!(reports.iter().all(|report| report.failure_count() == 0));
    /// # Ok::<(), viewlink::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`link`](Self::link) for each of them; nothing changes then, whichever it is of.
    /// [`Error::NoSingleView`] of a handle of [`if_view_at`](Self::if_view_at).
    pub fn change_links(
        &self,
        changes: impl IntoIterator<Item = LinkChange>,
    ) -> Result<Vec<Report>> {
        if self.precondition.is_of_view() {
            return Err(Error::NoSingleView);
        }
        self.change_all(changes.into_iter().collect(), None)
    }

    /// Moves links from one view to another, those that are asked for or that filters find, in one change: nobody sees a
    /// resource in both views or in none of them.
    ///
    /// Each batch is about what is linked to the first view, as one of [`unlink`](Self::unlink) is, and has a report.
    /// A resource that is moved is [`KeyOutcome::Moved`](crate::KeyOutcome::Moved), and its link to the second view is a
    /// new one, of this change. One that is linked to the second view already keeps its link there and is
    /// [`Unlinked`](crate::KeyOutcome::Unlinked) from the first one; with [`Batch::refuse_existing`] it is that key's
    /// failure, and it stays. What a filter that the first view [follows](Self::follow) finds would not leave it, and is a
    /// failure, [`HeldByFilter`](crate::FailureReason::HeldByFilter). What is moved may be registered or not, under either [`LinkPolicy`](crate::LinkPolicy).
    /// The batches together have at most as many keys as one may have.
    ///
    /// Cost: that of an [`unlink`](Self::unlink) and a [`link`](Self::link) of the same keys, with one append and one
    /// sync.
    ///
    /// ```
    /// # use viewlink::{Batch, NewView, Options, ResourceFilter, ResourceType};
    /// # let project = Options::new().open_in_memory()?.project("default")?;
    /// # for view in ["old", "new"] { project.create_view(NewView::new(view, view))?; }
    /// project.link("old", Batch::flags(["a", "b"]))?.all_ok()?;
    /// project.link("old", Batch::metrics(["m"]))?.all_ok()?;
    /// project.move_links("old", "new", [Batch::flags(["a"])])?;
    ///
    /// let all = ResourceType::ALL.map(|of| Batch::matching(of, ResourceFilter::all()));
    /// let reports = project.move_links("old", "new", all)?;
    /// assert_eq!(reports.iter().map(|report| report.success_count()).sum::<usize>(), 2);
    /// assert_eq!(project.read()?.view("new")?.links.total(), 3);
    /// # Ok::<(), viewlink::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`link`](Self::link), of either view; nothing changes then. [`Error::NoSingleView`] of a handle of
    /// [`if_view_at`](Self::if_view_at).
    pub fn move_links(
        &self,
        from: &str,
        to: &str,
        batches: impl IntoIterator<Item = Batch>,
    ) -> Result<Vec<Report>> {
        let leaving = |batch| LinkChange { view: from.to_owned(), op: LinkOp::Move, batch };
        let changes = batches.into_iter().map(leaving).collect();
        self.change_all(changes, Some(view_key(to)?))
    }

    fn change_one(&self, change: LinkChange) -> Result<Report> {
        // One report for each change.
        self.change_all(vec![change], None)?.pop().ok_or_else(other_answer)
    }

    /// Changes links batch after batch; where `to` is given each moves them there.
    fn change_all(&self, changes: Vec<LinkChange>, to: Option<ViewKey>) -> Result<Vec<Report>> {
        let limit = self.engine.options().batch_limit.min(u32::MAX as usize);
        let keys = changes.iter().map(|change| change.batch.len()).sum();
        if keys > limit {
            return Err(Error::BatchTooLarge { keys, limit });
        }
        let (mut meta, mut commands) = (ChangeMeta::default(), Vec::new());
        for LinkChange { view, op, batch } in changes {
            meta = meta.or(&batch.meta);
            commands.push(self.link_command(view_key(&view)?, op, batch, limit));
        }
        let operation = match to {
            None => Operation::ChangeLinks { commands, limit },
            Some(to) => Operation::MoveLinks { commands, to, limit },
        };
        let request = self.request(meta.or(&self.meta), operation, keys)?;
        let (answer, change) = self.engine.execute(&request)?;
        let Request { command: Command { operation, .. }, .. } = Arc::unwrap_or_clone(request);
        let (
            Answer::Links(results),
            Operation::ChangeLinks { commands, .. } | Operation::MoveLinks { commands, .. },
        ) = (answer, operation)
        else {
            return Err(other_answer());
        };
        if !self.dry_run {
            self.engine.count_keys(results.iter().flat_map(|result| &result.outcomes));
        }
        let report = |(command, result)| Report::of_links(command, result, change);
        Ok(commands.into_iter().zip(results).map(report).collect())
    }

    /// What a batch asks for, as far as it can be told before its turn.
    fn link_command(&self, view: ViewKey, op: LinkOp, batch: Batch, limit: usize) -> LinkCommand {
        let options = self.engine.options();
        let environment_limit = options.limits.environment_id;
        LinkCommand::new(view, op, batch, options.link_policy, environment_limit, limit)
    }
}
