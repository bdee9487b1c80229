//! The walk over the keys of a batch.
//!
//! For each key the checks run in this order: malformed, repeated, unknown, state. The first two
//! need no store and run before the caller waits for one, but for segments named by id: which of
//! them stand in the request twice shows when the registry tells what the ids lead to.

use std::collections::{BTreeMap, BTreeSet};

use crate::change::{LinkedName, LinksChange};
use crate::model::error::{Error, Result};
use crate::model::resource::{Resource, ResourceType};
use crate::model::resource_name::ResourceName;
use crate::model::{FailureReason, KeyOutcome, LinkCommand, LinkOp, LinkPolicy, LinkResult, Stamp};
use crate::selection::Selection;
use crate::storage::{Edit, LinkKey, ProjectRow, ResourceRows, ViewRow, WriteTables};

/// A batch whose keys were found, to be walked inside the write transaction.
pub(crate) struct LinkPlan<'a> {
    command: &'a LinkCommand,
    /// The keys to walk, in key order, each once.
    keys: Vec<LinkKey<'a>>,
    /// The keys that failed and may be linked: with nothing registered, where that is a failure, or
    /// beyond a limit.
    left: BTreeSet<ResourceName<'a>>,
    walked: LinkResult,
}

impl<'a> LinkPlan<'a> {
    /// Finds the keys: those of the request, what ids lead to, and what a filter finds. Changes
    /// nothing.
    ///
    /// Cost: O(n log n) with n keys, and O(n · log resources) where ids are looked up or only
    /// registered resources may be linked; with a filter O(what its index finds, or else all it
    /// ranges over).
    pub(crate) fn prepare(
        tables: &mut WriteTables<'_>,
        project: &ProjectRow,
        view: &ViewRow,
        command: &'a LinkCommand,
    ) -> Result<Self> {
        let outcome = |failed: &Option<FailureReason>| match failed {
            Some(reason) => KeyOutcome::Failed(reason.clone()),
            None => command.outcome(false),
        };
        let walked = LinkResult {
            outcomes: command.batch.failed().iter().map(outcome).collect(),
            further: Vec::new(),
            segments: BTreeMap::new(),
            changed: false,
        };
        let (keys, left) = (
            command.batch.keys(),
            command.batch.beyond_limit().map(ResourceName::packed).collect(),
        );
        let mut walk = Self { command, keys, left, walked };
        walk.look_up_ids(tables, project)?;
        walk.refuse_unregistered(tables, project)?;
        walk.add_matching(tables, project, view)?;
        Ok(walk)
    }

    /// How many outcomes there are before anything changes.
    pub(crate) const fn len(&self) -> usize {
        self.walked.outcomes.len()
    }

    /// What came of the keys.
    pub(crate) fn into_walked(self) -> LinkResult {
        self.walked
    }

    fn resource_type(&self) -> ResourceType {
        self.command.batch.resource_type()
    }

    /// Puts the segments that ids lead to among the keys.
    fn look_up_ids(&mut self, tables: &mut WriteTables<'_>, project: &ProjectRow) -> Result<()> {
        let before = self.keys.len();
        for (id, request_index) in self.command.batch.ids() {
            let Some(segment) = tables.segment(project.id, id)? else {
                fail(&mut self.walked.outcomes, request_index, FailureReason::UnknownResource);
                continue;
            };
            self.keys.push(LinkKey { name: segment.name().into_owned(), request_index });
            self.walked.segments.insert(id.to_owned(), segment);
        }
        if self.keys.len() > before {
            self.keys.sort_unstable();
            let outcomes = &mut self.walked.outcomes;
            self.keys.dedup_by(|later, first| {
                let repeated = later.name == first.name;
                if repeated {
                    fail(outcomes, later.request_index, FailureReason::Repeated);
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
        if self.command.op == LinkOp::Unlink || self.command.policy == LinkPolicy::Open {
            return Ok(());
        }
        let rows = tables.resource_rows(project.id, self.resource_type())?;
        let mut known = Vec::with_capacity(self.keys.len());
        for key in std::mem::take(&mut self.keys) {
            if rows.is_registered(&key.name)? {
                known.push(key);
            } else {
                fail(&mut self.walked.outcomes, key.request_index, FailureReason::UnknownResource);
                self.left.insert(key.name);
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
        let Some(filter) = &self.command.filter else { return Ok(()) };
        let selection = Selection::new(filter, |key| match tables.view(project.id, key)? {
            Some(view) => Ok(view.id()),
            None => Err(Error::UnknownView { project: project.key.clone(), view: key.clone() }),
        })?;
        let rows = tables.resource_rows(project.id, self.resource_type())?;
        let found: Vec<_> = match self.command.op {
            LinkOp::Unlink => selection.linked(&rows, view.id())?,
            LinkOp::Link | LinkOp::Replace => {
                selection.registered(&rows)?.into_iter().map(|row| row.name).collect()
            }
        };
        let found: Vec<_> = found.into_iter().filter(|name| !self.is_asked(name)).collect();
        let listed = self.walked.outcomes.len();
        let (keys, limit) = (listed.saturating_add(found.len()), self.command.limit);
        if keys > limit {
            return Err(Error::BatchTooLarge { keys, limit });
        }
        self.walked.outcomes.resize(keys, self.command.outcome(false));
        let resource_type = self.resource_type();
        // The limit is below 2^32.
        for (request_index, name) in (listed as u32..).zip(found) {
            self.walked.further.push(Resource::of_row(resource_type, &name)?);
            self.keys.push(LinkKey { name, request_index });
        }
        self.keys.sort_unstable();
        Ok(())
    }

    /// Changes the links of the keys; tells what changed, if anything did. Links of one change are
    /// ordered by their places, which begin at `base` here.
    ///
    /// Cost: O(n · log links) with n keys; for a replacement also O(links of the view); where the last
    /// view of a resource is kept also what [`WriteTables::is_only_view`] costs for each.
    pub(crate) fn change(
        &mut self,
        tables: &mut WriteTables<'_>,
        view: &mut ViewRow,
        base: u32,
        stamp: Stamp,
    ) -> Result<Option<LinksChange<'a>>> {
        let (resource_type, rest) = (self.resource_type(), self.rest(tables, view)?);
        let (mut linked, mut unlinked) = (Vec::new(), Vec::new());
        if self.command.op == LinkOp::Unlink {
            self.keep_last_views(tables, view)?;
            unlinked = self.edit(tables, view, Edit::Unlink, base, stamp)?;
        } else {
            linked = self.edit(tables, view, Edit::Link, base, stamp)?;
        }
        if !rest.is_empty() {
            unlinked = self.take_out(tables, view, rest, stamp)?;
        }
        if linked.is_empty() && unlinked.is_empty() {
            return Ok(None);
        }
        self.walked.changed = true;
        let unlinked = unlinked.into_iter().map(|key| key.name).collect();
        let linked = linked
            .into_iter()
            .map(|LinkKey { name, request_index }| LinkedName {
                name,
                request_index: request_index + base,
            })
            .collect();
        Ok(Some(LinksChange { view: view.to_ref(), resource_type, linked, unlinked }))
    }

    /// Makes or removes the links of the keys; tells which were.
    fn edit(
        &mut self,
        tables: &mut WriteTables<'_>,
        view: &mut ViewRow,
        edit: Edit,
        base: u32,
        stamp: Stamp,
    ) -> Result<Vec<LinkKey<'a>>> {
        let mut keys = std::mem::take(&mut self.keys);
        // Both are below the limit of a batch, which is below 2^32.
        keys.iter_mut().for_each(|key| key.request_index += base);
        let changed = tables.change_links(view, self.resource_type(), edit, &keys, stamp)?;
        let mut edited = Vec::with_capacity(keys.len());
        for (mut key, _) in keys.into_iter().zip(changed).filter(|(_, changed)| *changed) {
            key.request_index -= base;
            if let Some(slot) = self.walked.outcomes.get_mut(key.request_index as usize) {
                *slot = self.command.outcome(true);
            }
            edited.push(key);
        }
        Ok(edited)
    }

    /// What a replacement takes out: what is linked and was not asked for. A key that failed was.
    fn rest(
        &self,
        tables: &mut WriteTables<'_>,
        view: &ViewRow,
    ) -> Result<Vec<ResourceName<'static>>> {
        if self.command.op != LinkOp::Replace {
            return Ok(Vec::new());
        }
        let rows = tables.resource_rows(view.project(), self.resource_type())?;
        let mut rest = rows.linked(view.id())?;
        rest.retain(|name| !self.is_asked(name));
        Ok(rest)
    }

    /// Whether a resource is among the keys, those that failed included.
    fn is_asked(&self, name: &ResourceName<'_>) -> bool {
        self.keys.binary_search_by(|key| key.name.cmp(name)).is_ok() || self.left.contains(name)
    }

    /// Takes out what a replacement does not keep; tells what went.
    fn take_out(
        &mut self,
        tables: &mut WriteTables<'_>,
        view: &mut ViewRow,
        rest: Vec<ResourceName<'static>>,
        stamp: Stamp,
    ) -> Result<Vec<LinkKey<'a>>> {
        let resource_type = self.resource_type();
        let mut keys = Vec::with_capacity(rest.len());
        for name in rest {
            let stays = self.is_kept(tables, view, &name)?;
            self.walked.further.push(Resource::of_row(resource_type, &name)?);
            self.walked.outcomes.push(match stays {
                true => KeyOutcome::Failed(FailureReason::LastView),
                false => KeyOutcome::Unlinked,
            });
            if !stays {
                keys.push(LinkKey { name, request_index: 0 });
            }
        }
        tables.change_links(view, resource_type, Edit::Unlink, &keys, stamp)?;
        Ok(keys)
    }

    /// Lets the keys fail that are linked to this view and no other one, where that is asked for.
    fn keep_last_views(&mut self, tables: &mut WriteTables<'_>, view: &ViewRow) -> Result<()> {
        if !self.command.choices.keep_last_view {
            return Ok(());
        }
        let mut free = Vec::with_capacity(self.keys.len());
        for key in std::mem::take(&mut self.keys) {
            if self.is_kept(tables, view, &key.name)? {
                fail(&mut self.walked.outcomes, key.request_index, FailureReason::LastView);
            } else {
                free.push(key);
            }
        }
        self.keys = free;
        Ok(())
    }

    /// Whether a resource is in this view alone, and is to stay then.
    fn is_kept(
        &self,
        tables: &mut WriteTables<'_>,
        view: &ViewRow,
        name: &ResourceName<'_>,
    ) -> Result<bool> {
        Ok(self.command.choices.keep_last_view
            && tables.is_only_view(view, self.resource_type(), name)?)
    }
}

fn fail(outcomes: &mut [KeyOutcome], request_index: u32, reason: FailureReason) {
    if let Some(slot) = outcomes.get_mut(request_index as usize) {
        *slot = KeyOutcome::Failed(reason);
    }
}
