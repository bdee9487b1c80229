//! Creating, changing and deleting views.

use super::{Context, next_id};
use crate::model::change_record::ViewBefore;
use crate::model::error::{Error, Result};
use crate::model::key::ViewKey;
use crate::model::limit::{self, Limits};
use crate::model::view::{View, ViewFields, ViewPatch};
use crate::model::{Answer, Decision, Effect};
use crate::state::detail::detail;
use crate::state::project::ProjectState;
use crate::state::view::{About, ViewState};

pub(super) fn create(
    context: &Context<'_>,
    key: &ViewKey,
    fields: &ViewFields,
    ensure: bool,
) -> Result<Decision> {
    let project = context.existing_project();
    if let Some(project) = project {
        match project.views.find(key) {
            Some((_, found)) if ensure => return Ok(Answer::View(found.to_view()).unchanged()),
            _ => check_free(context, project, key)?,
        }
    } else {
        next_id(context.state.head.next_project, "projects")?;
    }
    let (view, effect) = created(context, key, fields)?;
    Ok(Decision { answer: Answer::View(view), change: Some(context.change(effect)) })
}

/// A view with a key that is free, and the effect that creates it.
pub(super) fn created(
    context: &Context<'_>,
    key: &ViewKey,
    fields: &ViewFields,
) -> Result<(View, Effect)> {
    let id = next_id(context.state.head.next_view, "views")?;
    let (key, fields, time) = (key.clone(), fields.clone(), context.stamp.time);
    let effect = Effect::CreateView { view: key.clone(), fields: fields.clone(), restored: None };
    let about = About { id, key, fields, version: 1, created_at: time, updated_at: time };
    Ok((ViewState::new(about, context.change_id()).to_view(), effect))
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

pub(super) fn rename(context: &Context<'_>, key: &ViewKey, to: &ViewKey) -> Result<Decision> {
    let (project, _, view) = context.view(key)?;
    if key == to {
        return Ok(Answer::View(view.to_view()).unchanged());
    }
    check_free(context, project, to)?;
    let mut after = view.clone();
    after.rename(to.clone(), context.change_id(), context.stamp.time);
    let effect = Effect::RenameView {
        view: key.clone(),
        to: to.clone(),
        last_change: Some(view.change),
        updated_at: view.about().updated_at,
    };
    Ok(Decision { answer: Answer::View(after.to_view()), change: Some(context.change(effect)) })
}

/// Refuses a key that a view has, and any key where the project has no room for one more.
pub(super) fn check_free(
    context: &Context<'_>,
    project: &ProjectState,
    view: &ViewKey,
) -> Result<()> {
    match project.views.slot(view) {
        None if project.views.has_room() => Ok(()),
        None => {
            let (what, limit) = ("list of views", u32::MAX as usize);
            Err(Error::TooLong { what, length: limit, unit: "entries", limit })
        }
        Some(_) => {
            let project = context.command.project.clone();
            Err(Error::ViewExists { project, view: view.clone() })
        }
    }
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
