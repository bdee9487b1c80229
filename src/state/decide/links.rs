//! Deciding the batches of a command.

use super::Context;
use super::link_move::{Moved, Target};
use super::link_plan::LinkPlan;
use super::pending::{Overlay, Pending};
use crate::model::change_record::LinksChange;
use crate::model::error::{Error, Result};
use crate::model::key::ViewKey;
use crate::model::{Answer, Decision, Effect, LinkCommand, LinkResult};

/// Decides the batches of a command: all keys are found first, then links change in order, each batch on what
/// those before it left.
pub(super) fn decide(
    context: &Context<'_>,
    pending: &Pending,
    commands: &[LinkCommand],
    limit: usize,
) -> Result<Decision> {
    let plans = plans(context, commands, limit)?;
    let (mut results, mut parts) = (Vec::with_capacity(plans.len()), Vec::new());
    let last_views = commands.iter().any(|command| command.choices.keep_last_view);
    let mut overlay = Overlay::new(pending, last_views);
    let many = plans.len() > 1;
    for plan in plans {
        let (project, slot) = (plan.project.id, plan.slot);
        let (result, part) = plan.change(&overlay, context.stamp)?;
        results.push(result);
        if let Some(part) = part {
            if many {
                overlay.add(project, slot, &part, context.stamp);
            }
            parts.push(part);
        }
    }
    Ok(decision(context, results, parts))
}

/// Decides the batches of a command that moves links to another view, as [`decide`] does.
pub(super) fn move_links(
    context: &Context<'_>,
    commands: &[LinkCommand],
    to: &ViewKey,
    limit: usize,
) -> Result<Decision> {
    let plans = plans(context, commands, limit)?;
    let (project, slot, view) = context.view(to)?;
    let target = Target { key: to, slot, view };
    let (mut results, mut parts) = (Vec::with_capacity(plans.len()), Vec::new());
    let pending = Pending::default();
    let mut overlay = Overlay::new(&pending, false);
    for plan in plans {
        let from = plan.slot;
        let Moved { result, arrived, left } = plan.move_to(&overlay, &target, context.stamp)?;
        results.push(result);
        for (slot, part) in [(target.slot, arrived), (from, left)] {
            if let Some(part) = part {
                overlay.add(project.id, slot, &part, context.stamp);
                parts.push(part);
            }
        }
    }
    Ok(decision(context, results, parts))
}

/// The batches with their keys found, in order.
fn plans<'a>(
    context: &Context<'a>,
    commands: &'a [LinkCommand],
    limit: usize,
) -> Result<Vec<LinkPlan<'a>>> {
    let mut plans = Vec::with_capacity(commands.len());
    let mut keys = 0_usize;
    for command in commands {
        let plan = LinkPlan::new(context, command)?;
        keys = keys.saturating_add(plan.len());
        plans.push(plan);
    }
    if keys > limit { Err(Error::BatchTooLarge { keys, limit }) } else { Ok(plans) }
}

fn decision(context: &Context<'_>, results: Vec<LinkResult>, parts: Vec<LinksChange>) -> Decision {
    let effect = (!parts.is_empty()).then_some(Effect::ChangeLinks(parts));
    let change = effect.map(|effect| context.change(effect));
    Decision { answer: Answer::Links(results), change }
}
