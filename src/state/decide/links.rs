//! Deciding the batches of a command.

use super::Context;
use super::derivation::Derivation;
use super::link_plan::LinkPlan;
use super::pending::{Overlay, Pending};
use crate::model::change::ChangedLinks;
use crate::model::change_record::LinksChange;
use crate::model::error::{Error, Result};
use crate::model::{Answer, Decision, Effect, LinkCommand, Stamp};
use crate::state::project::ProjectState;

/// Decides the batches of a command: all keys are found first, then links change in order, each batch on what
/// those before it, and the filters that views follow, left.
pub(super) fn decide(
    context: &Context<'_>,
    pending: &Pending,
    commands: &[LinkCommand],
    limit: usize,
) -> Result<Decision> {
    let mut plans = Vec::with_capacity(commands.len());
    let mut keys = 0_usize;
    for command in commands {
        let plan = LinkPlan::new(context, command)?;
        keys = keys.saturating_add(plan.len());
        plans.push(plan);
    }
    check_limit(keys, limit)?;
    let (mut results, mut parts) = (Vec::with_capacity(plans.len()), Vec::new());
    let last_views = commands.iter().any(|command| command.choices.keep_last_view);
    let mut overlay = Overlay::new(pending, last_views);
    let many = plans.len() > 1;
    for plan in plans {
        let (project, slot) = (plan.project, plan.slot);
        let (mut result, part) = plan.change(&overlay, context.stamp)?;
        if let Some(part) = part {
            let concerns = project.standing.naming(part.resource_type, &part.view).next().is_some();
            if many || concerns {
                overlay.add(project, slot, &part, context.stamp);
            }
            let derived = if concerns { follow(project, &overlay, &part)? } else { Vec::new() };
            keys = keys.saturating_add(count(&derived));
            check_limit(keys, limit)?;
            result.followed = followed(&derived, context.stamp)?;
            if many {
                add(project, &mut overlay, &derived, context.stamp);
            }
            parts.push(part);
            parts.extend(derived);
        }
        results.push(result);
    }
    let effect = (!parts.is_empty()).then_some(Effect::ChangeLinks(parts));
    Ok(Decision {
        answer: Answer::Links(results),
        change: effect.map(|effect| context.change(effect)),
    })
}

/// What filters make of a part of the change, which the overlay has.
fn follow(
    project: &ProjectState,
    overlay: &Overlay<'_>,
    part: &LinksChange,
) -> Result<Vec<LinksChange>> {
    let mut derivation = Derivation::new(project, part.resource_type, overlay);
    derivation.relinked(&part.view, part.linked.iter().chain(part.unlinked.names.iter()));
    derivation.into_parts()
}

/// Adds what filters made to what is pending.
fn add(project: &ProjectState, overlay: &mut Overlay<'_>, derived: &[LinksChange], stamp: Stamp) {
    for part in derived {
        if let Some(slot) = project.views.slot(&part.view) {
            overlay.add(project, slot, part, stamp);
        }
    }
}

/// How many links parts make and remove.
pub(super) fn count(parts: &[LinksChange]) -> usize {
    parts.iter().map(|part| part.linked.len() + part.unlinked.names.len()).sum()
}

/// What parts that filters made tell the caller.
pub(super) fn followed(derived: &[LinksChange], stamp: Stamp) -> Result<Vec<ChangedLinks>> {
    derived.iter().map(|part| ChangedLinks::of_part(part, stamp.revision)).collect()
}

/// Checks that a change is not of more keys and links that follow than may be.
pub(super) fn check_limit(keys: usize, limit: usize) -> Result<()> {
    if keys > limit { Err(Error::BatchTooLarge { keys, limit }) } else { Ok(()) }
}
