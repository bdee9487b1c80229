//! The walk over the keys of a batch.
//!
//! For each key the checks run in this order: malformed, repeated, unknown, state. The first two
//! need no store and run before the caller waits for one, but for segments named by id: which of
//! them stand in the request twice shows when the registry tells what the ids lead to.

use std::collections::BTreeMap;

use super::outcome::{FailureReason, KeyOutcome};
use super::screen::Screened;
use crate::change::{Effect, LinkedName, Stamp};
use crate::error::{Error, Result};
use crate::filter::ResourceFilter;
use crate::options::LinkPolicy;
use crate::resource::{Resource, ResourceName, ResourceType};
use crate::selection::Selection;
use crate::storage::{Edit, LinkKey, ProjectRow, ResourceRows, ViewRow, WriteTables};

/// What a batch asks for, its keys screened.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) edit: Edit,
    pub(crate) screened: Screened,
    pub(crate) filter: Option<ResourceFilter>,
    pub(crate) policy: LinkPolicy,
    /// How many keys and further resources there may be, less than 2^32.
    pub(crate) limit: usize,
}

/// What a walk tells of the keys.
#[derive(Debug)]
pub(crate) struct Walked {
    /// One for each key of the request, in its order, then one for each further resource.
    pub(crate) outcomes: Vec<KeyOutcome>,
    /// What a filter found besides the keys, in key order.
    pub(crate) further: Vec<Resource>,
    /// What the ids of segments lead to.
    pub(crate) segments: BTreeMap<String, Resource>,
}

/// Walks the keys inside the write transaction; tells what came of them, and what changed, if
/// anything did.
///
/// Cost: O(n · log links) with n keys, and O(n · log resources) where ids are looked up or only
/// registered resources may be linked; with a filter O(what its index finds, or else all it ranges
/// over).
pub(crate) fn run<'a>(
    tables: &mut WriteTables<'_>,
    project: &ProjectRow,
    view: &mut ViewRow,
    job: &'a Job,
    stamp: Stamp,
) -> Result<(Walked, Option<Effect<'a>>)> {
    let mut walk = Walk::new(job);
    walk.look_up_ids(tables, project)?;
    walk.refuse_unregistered(tables, project)?;
    walk.add_matching(tables, project, view)?;
    let effect = walk.change(tables, view, stamp)?;
    Ok((walk.walked, effect))
}

struct Walk<'a> {
    job: &'a Job,
    /// The keys to walk, in key order, each once.
    keys: Vec<LinkKey<'a>>,
    walked: Walked,
}

impl<'a> Walk<'a> {
    fn new(job: &'a Job) -> Self {
        let outcome = |failed: &Option<FailureReason>| match failed {
            Some(reason) => KeyOutcome::Failed(reason.clone()),
            None => outcome(job.edit, false),
        };
        let walked = Walked {
            outcomes: job.screened.failed().iter().map(outcome).collect(),
            further: Vec::new(),
            segments: BTreeMap::new(),
        };
        Self { job, keys: job.screened.keys(), walked }
    }

    fn resource_type(&self) -> ResourceType {
        self.job.screened.resource_type()
    }

    /// Puts the segments that ids lead to among the keys.
    fn look_up_ids(&mut self, tables: &mut WriteTables<'_>, project: &ProjectRow) -> Result<()> {
        let before = self.keys.len();
        for (id, ordinal) in self.job.screened.ids() {
            let Some(segment) = tables.segment(project.id, id)? else {
                fail(&mut self.walked.outcomes, ordinal, FailureReason::UnknownResource);
                continue;
            };
            self.keys.push(LinkKey { name: segment.name().into_owned(), ordinal });
            self.walked.segments.insert(id.to_owned(), segment);
        }
        if self.keys.len() > before {
            self.keys.sort_unstable();
            let outcomes = &mut self.walked.outcomes;
            self.keys.dedup_by(|later, first| {
                let repeated = later.name == first.name;
                if repeated {
                    fail(outcomes, later.ordinal, FailureReason::Repeated);
                }
                repeated
            });
        }
        Ok(())
    }

    /// Takes out the keys under which nothing is registered, where that is asked for.
    fn refuse_unregistered(
        &mut self,
        tables: &mut WriteTables<'_>,
        project: &ProjectRow,
    ) -> Result<()> {
        if self.job.edit == Edit::Unlink || self.job.policy == LinkPolicy::Open {
            return Ok(());
        }
        let rows = tables.resource_rows(project.id, self.resource_type())?;
        let mut known = Vec::with_capacity(self.keys.len());
        for key in std::mem::take(&mut self.keys) {
            if rows.is_registered(&key.name)? {
                known.push(key);
            } else {
                fail(&mut self.walked.outcomes, key.ordinal, FailureReason::UnknownResource);
            }
        }
        self.keys = known;
        Ok(())
    }

    /// Adds what the filter finds besides the keys, in key order.
    fn add_matching(
        &mut self,
        tables: &mut WriteTables<'_>,
        project: &ProjectRow,
        view: &ViewRow,
    ) -> Result<()> {
        let Some(filter) = &self.job.filter else { return Ok(()) };
        let selection = Selection::new(filter, |key| match tables.view(project.id, key)? {
            Some(view) => Ok(view.id()),
            None => Err(Error::UnknownView { project: project.key.clone(), view: key.clone() }),
        })?;
        let rows = tables.resource_rows(project.id, self.resource_type())?;
        let found: Vec<_> = match self.job.edit {
            Edit::Link => selection.registered(&rows)?.into_iter().map(|row| row.name).collect(),
            Edit::Unlink => selection.linked(&rows, view.id())?,
        };
        let listed =
            |name: &ResourceName<'_>| self.keys.binary_search_by(|key| key.name.cmp(name)).is_ok();
        let found: Vec<_> = found.into_iter().filter(|name| !listed(name)).collect();
        let listed = self.walked.outcomes.len();
        let (keys, limit) = (listed.saturating_add(found.len()), self.job.limit);
        if keys > limit {
            return Err(Error::BatchTooLarge { keys, limit });
        }
        self.walked.outcomes.resize(keys, outcome(self.job.edit, false));
        let resource_type = self.resource_type();
        // The limit is below 2^32.
        for (ordinal, name) in (listed as u32..).zip(found) {
            self.walked.further.push(Resource::of_row(resource_type, &name)?);
            self.keys.push(LinkKey { name, ordinal });
        }
        self.keys.sort_unstable();
        Ok(())
    }

    /// Changes the links of the keys.
    fn change(
        &mut self,
        tables: &mut WriteTables<'_>,
        view: &mut ViewRow,
        stamp: Stamp,
    ) -> Result<Option<Effect<'a>>> {
        let (edit, resource_type) = (self.job.edit, self.resource_type());
        let keys = std::mem::take(&mut self.keys);
        let changed = tables.change_links(view, resource_type, edit, &keys, stamp)?;
        let mut edited = Vec::with_capacity(keys.len());
        for (key, _) in keys.into_iter().zip(changed).filter(|(_, changed)| *changed) {
            if let Some(slot) = self.walked.outcomes.get_mut(key.ordinal as usize) {
                *slot = outcome(edit, true);
            }
            edited.push(LinkedName { ordinal: key.ordinal, name: key.name });
        }
        Ok((!edited.is_empty()).then(|| effect(view, resource_type, edit, edited)))
    }
}

/// The outcome of a valid key: what is done, or that it is so already.
const fn outcome(edit: Edit, changed: bool) -> KeyOutcome {
    match (edit, changed) {
        (Edit::Link, true) => KeyOutcome::Linked,
        (Edit::Link, false) => KeyOutcome::AlreadyLinked,
        (Edit::Unlink, true) => KeyOutcome::Unlinked,
        (Edit::Unlink, false) => KeyOutcome::Failed(FailureReason::NotLinked),
    }
}

fn fail(outcomes: &mut [KeyOutcome], ordinal: u32, reason: FailureReason) {
    if let Some(slot) = outcomes.get_mut(ordinal as usize) {
        *slot = KeyOutcome::Failed(reason);
    }
}

fn effect<'a>(
    view: &ViewRow,
    resource_type: ResourceType,
    edit: Edit,
    edited: Vec<LinkedName<'a>>,
) -> Effect<'a> {
    let view = view.to_ref();
    let names = |edited: Vec<LinkedName<'a>>| -> Vec<ResourceName<'a>> {
        edited.into_iter().map(|linked| linked.name).collect()
    };
    let (linked, unlinked) = match edit {
        Edit::Link => (edited, Vec::new()),
        Edit::Unlink => (Vec::new(), names(edited)),
    };
    Effect::ChangeLinks { view, resource_type, linked, unlinked }
}
