//! Creating, changing and deleting views.

use super::{Context, next_id};
use crate::model::change_record::ViewBefore;
use crate::model::error::{Error, Result};
use crate::model::key::ViewKey;
use crate::model::limit::{self, Limits};
use crate::model::view::{ViewFields, ViewPatch};
use crate::model::{Answer, Decision, Effect};
use crate::state::detail::detail;
use crate::state::view::{About, ViewState};

pub(super) fn create(
    context: &Context<'_>,
    key: &ViewKey,
    fields: &ViewFields,
    ensure: bool,
) -> Result<Decision> {
    let project = context.existing_project();
    if let Some((_, found)) = project.and_then(|project| project.views.find(key)) {
        return match ensure {
            true => Ok(Answer::View(found.to_view()).unchanged()),
            false => {
                let project = context.command.project.clone();
                Err(Error::ViewExists { project, view: key.clone() })
            }
        };
    }
    let id = next_id(context.state.head.next_view, "views")?;
    if project.is_some_and(|project| !project.views.has_room()) {
        let limit = u32::MAX as usize;
        return Err(Error::TooLong {
            what: "list of views",
            length: limit,
            unit: "entries",
            limit,
        });
    }
    if project.is_none() {
        next_id(context.state.head.next_project, "projects")?;
    }
    let time = context.stamp.time;
    let about = About {
        id,
        key: key.clone(),
        fields: fields.clone(),
        version: 1,
        created_at: time,
        updated_at: time,
    };
    let view = ViewState::new(about, context.change_id()).to_view();
    let effect = Effect::CreateView { view: key.clone(), fields: fields.clone(), restored: None };
    Ok(Decision { answer: Answer::View(view), change: Some(context.change(effect)) })
}

pub(super) fn update(
    context: &Context<'_>,
    key: &ViewKey,
    patch: &ViewPatch,
    limits: &Limits,
) -> Result<Decision> {
    let (_, _, view) = context.view(key)?;
    let before = &view.about().fields;
    let fields = patch.clone().apply(before.clone());
    limit::check_fields(&fields, Some(before), limits)?;
    if fields == *before {
        return Ok(Answer::View(view.to_view()).unchanged());
    }
    let mut after = view.clone();
    after.update(fields.clone(), context.change_id(), context.stamp.time);
    let before = ViewBefore {
        fields: before.clone(),
        last_change: Some(view.change),
        updated_at: view.about().updated_at,
    };
    let effect = Effect::UpdateView { view: key.clone(), before, fields };
    Ok(Decision { answer: Answer::View(after.to_view()), change: Some(context.change(effect)) })
}

pub(super) fn delete(context: &Context<'_>, key: &ViewKey) -> Result<Decision> {
    let (project, _, view) = context.view(key)?;
    let unlinked = view.counts();
    let detail = fits(context, unlinked.total()).then(|| detail(project, view));
    let effect = Effect::DeleteView { view: key.clone(), unlinked, detail };
    Ok(Decision { answer: Answer::ViewDeleted(unlinked), change: Some(context.change(effect)) })
}

/// Whether a removal of so many names keeps what undoing it needs.
pub(super) fn fits(context: &Context<'_>, names: u64) -> bool {
    names <= context.command.removal_detail as u64
}
