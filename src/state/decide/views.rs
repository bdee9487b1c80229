//! Creating, changing and deleting views.

use super::derivation::Derivation;
use super::pending::{Overlay, Pending};
use super::{Context, links, next_id};
use crate::model::change_record::{LinksChange, ViewBefore};
use crate::model::error::{Error, Result};
use crate::model::key::ViewKey;
use crate::model::limit::{self, Limits};
use crate::model::resource::ResourceType;
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

/// A view with a free key, and the effect that creates it.
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
    check_unnamed(project, &[key, to])?;
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

/// Refuses a key that a view has. If the project has no room for another view, refuses every key.
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

/// Refuses keys that are named by filters of views: these would match other resources, or form a circle.
pub(super) fn check_unnamed(project: &ProjectState, keys: &[&ViewKey]) -> Result<()> {
    for view in keys {
        if let Some(by) = project.standing.named_by(view).and_then(|slot| project.views.get(slot)) {
            let (view, by) = ((*view).clone(), by.about().key.clone());
            return Err(Error::NamedByFilter { view, by });
        }
    }
    Ok(())
}

pub(super) fn delete(context: &Context<'_>, key: &ViewKey) -> Result<Decision> {
    let (project, slot, view) = context.view(key)?;
    let unlinked = view.counts();
    let detail = fits(context, unlinked.total()).then(|| detail(project, view));
    let derived = follow(project, slot, view)?;
    let followed = links::followed(&derived, context.stamp)?;
    let links = (!derived.is_empty()).then_some(Effect::ChangeLinks(derived));
    let effect = Effect::DeleteView { view: key.clone(), unlinked, detail };
    let effects = links.into_iter().chain([effect]).collect();
    let change = Some(context.change_in_steps(effects));
    Ok(Decision { answer: Answer::ViewDeleted { unlinked, followed }, change })
}

/// The effects of the deletion of a view on the filters that name it: it becomes a view without links.
///
/// Cost: O(1) if no filter names it; else that of its links.
fn follow(project: &ProjectState, slot: u32, view: &ViewState) -> Result<Vec<LinksChange>> {
    let nothing = Pending::default();
    let overlay = Overlay::new(&nothing, false);
    let mut parts = Vec::new();
    for resource_type in ResourceType::ALL {
        let Some(links) = view.links(resource_type) else { continue };
        let names = &project.of(resource_type).names;
        let linked = links.by_key(names, None, 0).map(|link| names.text(link.place));
        let mut derivation = Derivation::new(project, resource_type, &overlay).without(slot);
        derivation.settle_relinked(&[&view.about().key], linked);
        let mut derived = derivation.into_parts()?;
        // Only the first part of a view names its last change.
        links::chain(&parts, &mut derived);
        parts.append(&mut derived);
    }
    parts.sort_by(|one, other| one.view.cmp(&other.view));
    Ok(parts)
}

/// Whether a removal of this number of names keeps the data for reverting it.
pub(super) fn fits(context: &Context<'_>, names: u64) -> bool {
    names <= context.command.removal_detail as u64
}
