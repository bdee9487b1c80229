//! Deciding the batches of a command.

use std::collections::BTreeSet;

use super::Context;
use super::derivation::Derivation;
use super::link_move::{Moved, Target};
use super::link_plan::LinkPlan;
use super::pending::{Overlay, Pending};
use crate::model::change::ChangedLinks;
use crate::model::change_record::LinksChange;
use crate::model::error::{Error, Result};
use crate::model::key::ViewKey;
use crate::model::{Answer, Decision, Effect, LinkCommand, LinkResult, Stamp};
use crate::state::project::ProjectState;

/// Decides the batches of a command. First all keys are found. Then links change in order: each batch sees the changes
/// of the batches before it, and of the filters that views follow.
pub(super) fn decide(
    context: &Context<'_>,
    pending: &Pending,
    commands: &[LinkCommand],
    limit: usize,
) -> Result<Decision> {
    let (plans, keys) = plans(context, commands, limit)?;
    let last_views = commands.iter().any(|command| command.choices.keep_last_view);
    let many = plans.len() > 1;
    let mut edits = Edits::new(Overlay::new(pending, last_views), keys, limit);
    for plan in plans {
        let (project, slot, resource_type) = (plan.project, plan.slot, plan.resource_type());
        let view = &plan.command.view;
        let concerns = project.standing.naming(resource_type, view).next().is_some();
        let (mut result, part) = plan.change(&edits.overlay, context.stamp)?;
        if let Some(part) = part {
            edits.add(context, project, slot, part, many || concerns);
            if concerns {
                result.followed = edits.follow(context, project, many, 1)?;
            }
        }
        edits.results.push(result);
    }
    Ok(edits.into_decision(context))
}

/// Decides the batches of a command that moves links to another view, as [`decide`] does.
pub(super) fn move_links(
    context: &Context<'_>,
    commands: &[LinkCommand],
    to: &ViewKey,
    limit: usize,
) -> Result<Decision> {
    let (plans, keys) = plans(context, commands, limit)?;
    let (project, slot, view) = context.view(to)?;
    let target = Target { key: to, slot, view };
    let pending = Pending::default();
    let mut edits = Edits::new(Overlay::new(&pending, false), keys, limit);
    for plan in plans {
        let from = plan.slot;
        let moved = plan.move_to(&edits.overlay, &target, context.stamp)?;
        let Moved { mut result, target_part, source_part } = moved;
        let mut parts = 0;
        for (slot, part) in [(target.slot, target_part), (from, source_part)] {
            if let Some(part) = part {
                edits.add(context, project, slot, part, true);
                parts += 1;
            }
        }
        result.followed = edits.follow(context, project, true, parts)?;
        edits.results.push(result);
    }
    Ok(edits.into_decision(context))
}

/// The changes of batches, one after another.
struct Edits<'p> {
    overlay: Overlay<'p>,
    results: Vec<LinkResult>,
    parts: Vec<LinksChange>,
    /// The number of keys and of links that filters change, and its limit.
    keys: usize,
    limit: usize,
}

impl<'p> Edits<'p> {
    fn new(overlay: Overlay<'p>, keys: usize, limit: usize) -> Self {
        Self { overlay, results: Vec::new(), parts: Vec::new(), keys, limit }
    }

    /// Adds a part; `shows` is whether later parts must see it.
    fn add(
        &mut self,
        context: &Context<'_>,
        project: &ProjectState,
        slot: u32,
        part: LinksChange,
        shows: bool,
    ) {
        if shows {
            self.overlay.add(project, slot, &part, context.stamp);
        }
        self.parts.push(part);
    }

    /// Evaluates the filters for the last `parts` parts, which have one type, and adds the parts that filters cause.
    /// Returns a report of these for the caller.
    fn follow(
        &mut self,
        context: &Context<'_>,
        project: &ProjectState,
        shows: bool,
        parts: usize,
    ) -> Result<Vec<ChangedLinks>> {
        let changed = self.parts.get(self.parts.len().saturating_sub(parts)..).unwrap_or_default();
        let Some(first) = changed.first() else { return Ok(Vec::new()) };
        let views: Vec<&ViewKey> = changed.iter().map(|part| &part.view).collect();
        let names =
            changed.iter().flat_map(|part| part.linked.iter().chain(part.unlinked.names.iter()));
        let names: BTreeSet<&str> = names.collect();
        let mut derivation = Derivation::new(project, first.resource_type, &self.overlay);
        derivation.settle_relinked(&views, names.into_iter());
        let derived = derivation.into_parts()?;
        self.keys = self.keys.saturating_add(count(&derived));
        check_limit(self.keys, self.limit)?;
        let reports = followed(&derived, context.stamp)?;
        for part in derived {
            if let Some(slot) = project.views.slot(&part.view) {
                self.add(context, project, slot, part, shows);
            }
        }
        Ok(reports)
    }

    fn into_decision(self, context: &Context<'_>) -> Decision {
        let effect = (!self.parts.is_empty()).then_some(Effect::ChangeLinks(self.parts));
        let change = effect.map(|effect| context.change(effect));
        Decision { answer: Answer::Links(self.results), change }
    }
}

/// The batches with their keys, in order, and the total number of keys.
fn plans<'a>(
    context: &Context<'a>,
    commands: &'a [LinkCommand],
    limit: usize,
) -> Result<(Vec<LinkPlan<'a>>, usize)> {
    let mut plans = Vec::with_capacity(commands.len());
    let mut keys = 0_usize;
    for command in commands {
        let plan = LinkPlan::new(context, command)?;
        keys = keys.saturating_add(plan.len());
        plans.push(plan);
    }
    check_limit(keys, limit)?;
    Ok((plans, keys))
}

/// Clears the field `last_change` of each part whose view already has a part in `before`: in a change, only the first
/// part of each view has this field.
pub(super) fn chain(before: &[LinksChange], parts: &mut [LinksChange]) {
    let views: BTreeSet<&ViewKey> = before.iter().map(|part| &part.view).collect();
    let again = parts.iter_mut().filter(|part| views.contains(&part.view));
    again.for_each(|part| part.last_change = None);
}

/// The number of links that parts make and remove.
pub(super) fn count(parts: &[LinksChange]) -> usize {
    parts.iter().map(|part| part.linked.len() + part.unlinked.names.len()).sum()
}

/// The report of the parts that filters made.
pub(super) fn followed(derived: &[LinksChange], stamp: Stamp) -> Result<Vec<ChangedLinks>> {
    derived.iter().map(|part| ChangedLinks::of_part(part, stamp.revision)).collect()
}

/// Checks the limit for the keys, including the links that filters change.
pub(super) fn check_limit(keys: usize, limit: usize) -> Result<()> {
    if keys > limit { Err(Error::BatchTooLarge { keys, limit }) } else { Ok(()) }
}
