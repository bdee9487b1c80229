//! Changing the links of a view.

use std::sync::Arc;

use crate::batch::LinkPlan;
use crate::change::{Effect, LinksChange};
use crate::commit::{Draft, Recorded};
use crate::model::error::{Error, Result};
use crate::model::key::ViewKey;
use crate::model::{Batch, ChangeMeta, LinkCommand, LinkOp, LinkResult, Report};
use crate::project::{Project, Target, view_key};

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
    /// Cost: O(n · log n + n · log links) with n keys and the links of all views; with a filter also what
    /// [`Batch::and_matching`] says. Of the store it writes the blocks of some 100 links that the keys
    /// are in; the lists of the resources' views are [folded](crate::Options::tail) later.
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
        self.run(view, LinkOp::Link, batch)
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
        self.run(view, LinkOp::Unlink, batch)
    }

    /// Makes the resources that are linked to a view, of the batch's type, exactly those of the
    /// batch, in one change: nobody ever sees a part of it.
    ///
    /// What is linked and was asked for stays, with its link time; the rest is unlinked, and stands
    /// in the report behind the keys of the request, in key order. A key that fails is left as it
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
        self.run(view, LinkOp::Replace, batch)
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
        self.target.refuse_view()?;
        self.run_all(changes.into_iter().collect())
    }

    fn run(&self, view: &str, op: LinkOp, batch: Batch) -> Result<Report> {
        let change = LinkChange { view: view.to_owned(), op, batch };
        let mut reports = self.run_all(vec![change])?;
        // One report for each change.
        reports.pop().ok_or(Error::Closed)
    }

    fn run_all(&self, changes: Vec<LinkChange>) -> Result<Vec<Report>> {
        let limit = self.engine.options().batch_limit.min(u32::MAX as usize);
        let listed = changes.iter().map(|change| change.batch.len()).sum();
        if listed > limit {
            return Err(Error::BatchTooLarge { keys: listed, limit });
        }
        let (mut meta, mut commands) = (ChangeMeta::default(), Vec::new());
        for LinkChange { view, op, batch } in changes {
            meta = meta.or(&batch.meta);
            commands.push(self.command(view_key(&view)?, op, batch, limit));
        }
        let (meta, commands) = (meta.or(&self.meta), Arc::new(commands));
        let asked = Arc::clone(&commands);
        let (results, revision) = self.change_view(listed as u64, meta, move |draft, target| {
            change(draft, target, &asked, limit)
        })?;
        if !self.dry_run {
            self.engine.count_keys(results.iter().flat_map(|result| &result.outcomes));
        }
        let commands = Arc::unwrap_or_clone(commands);
        let report = |(command, result)| Report::of_links(command, result, revision);
        Ok(commands.into_iter().zip(results).map(report).collect())
    }

    /// What a batch asks for, as far as it can be told before its turn.
    fn command(&self, view: ViewKey, op: LinkOp, batch: Batch, limit: usize) -> LinkCommand {
        let options = self.engine.options();
        let environment_limit = options.limits.environment_id;
        LinkCommand::new(view, op, batch, options.link_policy, environment_limit, limit)
    }
}

/// Finds the keys of all parts, then changes their links in order.
fn change(
    draft: &mut Draft<'_, '_>,
    target: &Target,
    commands: &[LinkCommand],
    limit: usize,
) -> Result<(Vec<LinkResult>, Option<Recorded>)> {
    // Everything a part can fail on comes before anything changes.
    let mut walks = Vec::with_capacity(commands.len());
    let mut keys = 0_usize;
    let mut project = None;
    for command in commands {
        let (in_project, view) = target.find_view(draft, &command.view)?;
        let walk = LinkPlan::prepare(draft.tables, &in_project, &view, command)?;
        keys = keys.saturating_add(walk.len());
        walks.push((&command.view, walk));
        project = Some(in_project);
    }
    if keys > limit {
        return Err(Error::BatchTooLarge { keys, limit });
    }
    let Some(project) = project else { return Ok((Vec::new(), None)) };
    let (mut walked, mut changes, mut base) = (Vec::new(), Vec::new(), 0);
    for (key, mut walk) in walks {
        let (_, mut view) = target.find_view(draft, key)?;
        let places = walk.len();
        changes.extend(walk.change(draft.tables, &mut view, base, draft.stamp)?);
        // The limit is below 2^32.
        base += places as u32;
        walked.push(walk.into_walked());
    }
    let effect = match <[LinksChange<'_>; 1]>::try_from(changes) {
        Ok([only]) => Effect::ChangeLinks(only),
        Err(none) if none.is_empty() => return Ok((walked, None)),
        Err(many) => Effect::ChangeManyLinks(many),
    };
    Ok((walked, Some(draft.record(&project, effect)?)))
}
