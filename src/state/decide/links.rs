//! Deciding the batches of a command.

use super::Context;
use super::link_plan::LinkPlan;
use super::pending::{Overlay, Pending};
use crate::model::error::{Error, Result};
use crate::model::{Answer, Decision, Effect, LinkCommand};

/// Decides the batches of a command: all keys are found first, then links change in order, each batch on what
/// those before it left.
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
    if keys > limit {
        return Err(Error::BatchTooLarge { keys, limit });
    }
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
    let effect = (!parts.is_empty()).then_some(Effect::ChangeLinks(parts));
    Ok(Decision {
        answer: Answer::Links(results),
        change: effect.map(|effect| context.change(effect)),
    })
}
