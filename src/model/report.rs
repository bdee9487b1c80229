//! The report of a batch, key by key.

use std::fmt;

use super::batch::BatchKeys;
use super::change::ChangedLinks;
use super::change_id::ChangeId;
use super::error::{Error, Result};
use super::key_outcome::{Action, Failure, KeyOutcome};
use super::link_command::LinkCommand;
use super::link_result::LinkResult;
use super::new_resource::Named;
use super::resource::{RawResource, Resource, ResourceType};
use super::validated_put::ValidatedPut;

/// The result of a batch. It has one outcome for each key, in request order. Then one for each further resource that a
/// filter found, in key order. Then one for each resource that a replacement found linked and the request did not
/// name, in key order.
///
/// A segment that was requested by its id is reported by environment id and key, if the id is known.
///
/// Failed keys are easy to miss, so the compiler warns about a report that is not used. [`all_ok`](Self::all_ok) turns
/// a report with failures into an error.
///
/// ```
/// # use viewlink::{Batch, KeyOutcome, NewView, Options};
/// # let store = Options::new().open_in_memory()?;
/// # let project = store.project("default")?;
/// # project.ensure_view(NewView::new("v", "V"))?;
/// # project.link("v", Batch::flags(["a"]))?.all_ok()?;
/// let report = project.unlink("v", Batch::flags(["a", "b"]))?;
/// assert_eq!((report.success_count(), report.failure_count()), (1, 1));
/// let failed: Vec<String> = report.failures().map(|failed| failed.to_string()).collect();
/// assert_eq!(failed, ["b: not linked to this view (not_linked)"]);
/// # Ok::<(), viewlink::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "some keys may have failed: look at the failures, or use all_ok()"]
pub struct Report {
    action: Action,
    keys: Reported,
    /// The resources that a filter found in addition to the keys, then those that a replacement removed or had to
    /// keep.
    further: Vec<Resource>,
    /// One for each key and further resource.
    outcomes: Vec<KeyOutcome>,
    successes: usize,
    failures: usize,
    change: Option<ChangeId>,
    followed: Vec<ChangedLinks>,
}

/// The resources that a request named.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Reported {
    Keys(BatchKeys),
    Resources(Vec<Named>),
}

impl Reported {
    fn len(&self) -> usize {
        match self {
            Self::Keys(keys) => keys.len(),
            Self::Resources(resources) => resources.len(),
        }
    }

    fn get(&self, index: usize) -> Option<RawResource<'_>> {
        match self {
            Self::Keys(keys) => keys.get(index),
            Self::Resources(resources) => resources.get(index).map(Named::as_raw),
        }
    }
}

impl Report {
    fn new(
        action: Action,
        keys: Reported,
        outcomes: Vec<KeyOutcome>,
        change: Option<ChangeId>,
    ) -> Self {
        let failures = outcomes.iter().filter(|outcome| outcome.is_failure()).count();
        let successes = outcomes.len() - failures;
        let (further, followed) = (Vec::new(), Vec::new());
        Self { action, keys, further, outcomes, successes, failures, change, followed }
    }

    /// The report of a batch; `change` is the change it was part of.
    pub(crate) fn of_links(
        command: LinkCommand,
        result: LinkResult,
        change: Option<ChangeId>,
    ) -> Self {
        let LinkResult { outcomes, further, segments, changed, followed } = result;
        let (action, choices) = (command.op.action(), command.choices);
        let mut keys = command.batch.into_keys();
        keys.name_segments(&segments);
        let change = change.filter(|_| changed);
        let report = Self::new(action, Reported::Keys(keys), outcomes, change);
        let report = Self { further, followed, ..report };
        if choices.failures_only { report.only_failures() } else { report }
    }

    /// The report of a put.
    pub(crate) fn of_put(
        put: ValidatedPut,
        outcomes: Vec<KeyOutcome>,
        followed: Vec<ChangedLinks>,
        change: Option<ChangeId>,
    ) -> Self {
        let resources = Reported::Resources(put.into_named());
        Self { followed, ..Self::new(Action::Put, resources, outcomes, change) }
    }

    /// The report of the links that a standing filter holds, or held.
    pub(crate) fn of_filter(
        action: Action,
        resource_type: ResourceType,
        result: LinkResult,
        change: Option<ChangeId>,
    ) -> Self {
        let LinkResult { outcomes, further, followed, .. } = result;
        let nothing = Reported::Keys(BatchKeys::Plain(resource_type, Vec::new()));
        Self { further, followed, ..Self::new(action, nothing, outcomes, change) }
    }

    /// The report without the successes; it still counts them.
    fn only_failures(mut self) -> Self {
        let failed: Vec<bool> = self.outcomes.iter().map(KeyOutcome::is_failure).collect();
        let failed = |place: usize| failed.get(place).copied().unwrap_or(false);
        let mut listed = 0;
        if let Reported::Keys(keys) = &mut self.keys {
            listed = keys.len();
            keys.retain(failed);
        }
        let mut places = listed..;
        self.further.retain(|_| places.next().is_some_and(failed));
        self.outcomes.retain(KeyOutcome::is_failure);
        self
    }

    /// The requested action.
    #[must_use]
    pub const fn action(&self) -> Action {
        self.action
    }

    /// The revision the batch made; `None` when it changed nothing, and on a dry run.
    #[must_use]
    pub const fn revision(&self) -> Option<u64> {
        match self.change {
            Some(change) => Some(change.revision),
            None => None,
        }
    }

    /// The change that the batch made, with its identity across stores; `None` when it changed nothing, and on a dry
    /// run. Example: at [`ChangeId`].
    #[must_use]
    pub const fn change(&self) -> Option<ChangeId> {
        self.change
    }

    /// How many keys the request had, with the further resources that a filter or a replacement found.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.successes + self.failures
    }

    /// Whether the report has no keys and resources.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many keys did not fail.
    #[must_use]
    pub const fn success_count(&self) -> usize {
        self.successes
    }

    /// How many keys failed.
    #[must_use]
    pub const fn failure_count(&self) -> usize {
        self.failures
    }

    /// Each key with its outcome, in request order. Then the resources that a filter found, in key order. Then those
    /// that a replacement removed or had to keep, in key order. Only the failures if
    /// [`failures_only`](crate::Batch::failures_only) was set. Example: at [`replace`](crate::Project::replace).
    ///
    /// Cost: O(1) for each.
    pub fn outcomes(&self) -> impl Iterator<Item = (RawResource<'_>, &KeyOutcome)> {
        let named = (0..self.keys.len()).filter_map(|index| self.keys.get(index));
        named.chain(self.further.iter().map(Resource::as_raw)).zip(&self.outcomes)
    }

    /// The links that standing filters made and removed because of the batch, in the same change: in the order of the
    /// view keys, once for each view and type. With several batches in one call, each report has its own. Example: at
    /// [`follow`](crate::Project::follow).
    #[must_use]
    pub fn followed(&self) -> &[ChangedLinks] {
        &self.followed
    }

    /// The keys that failed, in the order of [`outcomes`](Self::outcomes). Example: at [`Report`].
    ///
    /// Cost: O(outcomes) for all.
    pub fn failures(&self) -> impl Iterator<Item = Failure<'_>> {
        self.outcomes().filter_map(|(resource, outcome)| Failure::of(resource, outcome))
    }

    /// The revision the batch made, if no key failed; `None` when it changed nothing.
    ///
    /// Cost: O(1).
    ///
    /// ```
    /// # use viewlink::{Batch, Error, NewView, Options};
    /// # let project = Options::new().open_in_memory()?.project("default")?;
    /// # project.create_view(NewView::new("v", "V"))?;
    /// assert_eq!(project.link("v", Batch::flags(["a"]))?.all_ok()?, Some(2));
    /// let error = project.unlink("v", Batch::flags(["a", "b"]))?.all_ok().unwrap_err();
    /// assert!(matches!(error, Error::KeysFailed(report) if report.failure_count() == 1));
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::KeysFailed`] with the report when a key failed. The other keys are done nevertheless.
    pub fn all_ok(self) -> Result<Option<u64>> {
        if self.failures == 0 {
            Ok(self.revision())
        } else {
            Err(Error::KeysFailed(Box::new(self)))
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ok, {} failed", self.success_count(), self.failure_count())
    }
}
