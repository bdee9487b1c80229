//! Changing the links of a view.

use std::sync::Arc;

use super::{Project, other_answer};
use crate::engine::Request;
use crate::model::error::{Error, Result};
use crate::model::key::ViewKey;
use crate::model::{Answer, Batch, ChangeMeta, Command, LinkCommand, LinkOp, Operation, Report};
use crate::snapshot::view_key;

/// A change of the links of one of several views. Example: at [`Project::change_links`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkChange {
    pub(crate) view: String,
    pub(crate) op: LinkOp,
    pub(crate) batch: Batch,
}

impl LinkChange {
    /// [Links](Project::link) the resources of a batch to a view.
    pub fn link(view: impl Into<String>, batch: Batch) -> Self {
        Self { view: view.into(), op: LinkOp::Link, batch }
    }

    /// [Unlinks](Project::unlink) the resources of a batch from a view.
    pub fn unlink(view: impl Into<String>, batch: Batch) -> Self {
        Self { view: view.into(), op: LinkOp::Unlink, batch }
    }

    /// [Replaces](Project::replace) the links of a view by the resources of a batch.
    pub fn replace(view: impl Into<String>, batch: Batch) -> Self {
        Self { view: view.into(), op: LinkOp::Replace, batch }
    }
}

impl Project {
    /// Links resources to a view, all in one change.
    ///
    /// A resource that is already linked is a success and keeps the time of its link. An invalid, repeated or unknown
    /// key is a failure of that key: see [`FailureReason`](crate::FailureReason).
    ///
    /// Cost: O(n · log n + n · log links) with n keys and the links of the view; with a filter also the cost at
    /// [`Batch::and_matching`].
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
    /// Those that [all calls](Project#errors) share. The following leave everything unchanged, too:
    ///
    /// - [`Error::InvalidKey`]: the view's key is invalid.
    /// - [`Error::UnknownProject`], [`Error::UnknownView`]: it does not exist, or a view that the batch's filter names
    ///   does not exist.
    /// - [`Error::BatchTooLarge`]: more than [`Options::batch_limit`](crate::Options::batch_limit) keys, including the
    ///   resources that match the filter, and the links that filters of views change because of it.
    pub fn link(&self, view: &str, batch: Batch) -> Result<Report> {
        self.change_one(LinkChange::link(view, batch))
    }

    /// Unlinks resources from a view, all in one change.
    ///
    /// A resource that is not linked is a failure of that key, and so is an invalid or repeated key. The other keys
    /// are still unlinked.
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

    /// Links the resources of the batch to a view, and unlinks all other resources of the same type from it. This is
    /// one change: no reader sees a part of it.
    ///
    /// A resource of the batch that is already linked stays linked and keeps its link time. All other resources are
    /// unlinked; in the report they are after the keys of the request, in key order. A key that fails stays as it is,
    /// linked or not. With [`Batch::keep_last_view`], a resource that is in no other view also stays linked and is a
    /// failure. Segments of all environments are one type.
    ///
    /// Cost: that of [`link`](Self::link), and O(m) with the m links of that type of the view; the report names each
    /// unlinked resource.
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

    /// Links and unlinks in several views and types in one change, with a report for each part.
    ///
    /// Filters and the registry are read as they were before the call. Then the changes are made in order; each sees
    /// the links that the previous ones left. All batches together may have at most as many keys as one batch. The
    /// comment is that of the first batch with a comment, or else that of the handle. The same applies to the actor and
    /// to the reverted change. A call without changes returns no reports, and no error if the project does not exist.
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
    /// Those of [`link`](Self::link) for each part; then nothing changes, in no part. [`Error::NoSingleView`] if the
    /// handle is from [`if_view_at`](Self::if_view_at).
    pub fn change_links(
        &self,
        changes: impl IntoIterator<Item = LinkChange>,
    ) -> Result<Vec<Report>> {
        if self.precondition.is_of_view() {
            return Err(Error::NoSingleView);
        }
        self.change_all(changes.into_iter().collect(), None)
    }

    /// Moves links from one view to another in one change, selected by keys or by filters. No reader sees a resource
    /// in both views or in neither of them.
    ///
    /// Each batch selects links of the first view, as in [`unlink`](Self::unlink), and has a report. A moved resource
    /// has the outcome [`KeyOutcome::Moved`](crate::KeyOutcome::Moved); its link to the second view is a new link of
    /// this change. A resource that is already linked to the second view keeps its link there and is
    /// [`Unlinked`](crate::KeyOutcome::Unlinked) from the first one. With [`Batch::refuse_existing`] such a key fails
    /// instead, and both its links stay. A resource that is held by a filter which the first view
    /// [follows](Self::follow) would stay there, so it fails with
    /// [`HeldByFilter`](crate::FailureReason::HeldByFilter). Resources need not be registered, under either
    /// [`LinkPolicy`](crate::LinkPolicy). All batches together may have at most as many keys as one batch.
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
    /// Those of [`link`](Self::link), for either view; then nothing changes. [`Error::NoSingleView`] if the handle is
    /// from [`if_view_at`](Self::if_view_at).
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
        // There is one report for each change.
        self.change_all(vec![change], None)?.pop().ok_or_else(other_answer)
    }

    /// Changes links batch after batch; if `to` is given, each batch is moved there.
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

    /// The command for a batch, validated as far as possible before its turn.
    fn link_command(&self, view: ViewKey, op: LinkOp, batch: Batch, limit: usize) -> LinkCommand {
        let options = self.engine.options();
        let environment_limit = options.limits.environment_id;
        LinkCommand::new(view, op, batch, options.link_policy, environment_limit, limit)
    }
}
