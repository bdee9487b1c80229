//! Creating, changing and deleting views.

use super::derivation::Derivation;
use super::pending::{Overlay, Pending};
use super::{Context, links, next_id};
use crate::model::change_record::{LinksChange, RemovedLinks, ViewDetail};
use crate::model::error::{Error, Result};
use crate::model::key::ViewKey;
use crate::model::limit::{self, Limits};
use crate::model::resource::ResourceType;
use crate::model::view::{ViewFields, ViewPatch};
use crate::model::{Answer, Decision, Effect};
use crate::state::project::ProjectState;
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
    let effect = Effect::CreateView { view: key.clone(), fields: fields.clone() };
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
    let effect = Effect::UpdateView { view: key.clone(), before: before.clone(), fields };
    Ok(Decision { answer: Answer::View(after.to_view()), change: Some(context.change(effect)) })
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

/// What filters that name a view make of its deletion: it is a view without links for them.
///
/// Cost: O(1) where none names it; else that of its links.
fn follow(project: &ProjectState, slot: u32, view: &ViewState) -> Result<Vec<LinksChange>> {
    let nothing = Pending::default();
    let overlay = Overlay::new(&nothing, false);
    let mut parts = Vec::new();
    for resource_type in ResourceType::ALL {
        let Some(links) = view.links(resource_type) else { continue };
        let names = &project.of(resource_type).names;
        let linked = links.by_key(names, None, 0).map(|link| names.text(link.place));
        let mut derivation = Derivation::new(project, resource_type, &overlay).without(slot);
        derivation.relinked(&view.about().key, linked);
        parts.append(&mut derivation.into_parts()?);
    }
    parts.sort_by(|one, other| one.view.cmp(&other.view));
    Ok(parts)
}

/// Whether a removal of so many names keeps what undoing it needs.
pub(super) fn fits(context: &Context<'_>, names: u64) -> bool {
    names <= context.command.removal_detail as u64
}

/// What undoing the deletion of a view needs.
///
/// Cost: O(links of the view).
pub(super) fn detail(project: &ProjectState, view: &ViewState) -> ViewDetail {
    let About { id, key, fields, version, created_at, updated_at } = view.about().clone();
    let links = ResourceType::ALL.into_iter().filter_map(|resource_type| {
        let names = &project.of(resource_type).names;
        let mut removed = RemovedLinks::default();
        let (links, standing) = (view.links(resource_type)?, view.standing(resource_type));
        for link in links.by_key(names, None, 0) {
            removed.names.push(names.text(link.place));
            removed.times.push(links.record(link));
            if standing.is_some_and(|standing| !standing.keys_hold(names.id(link.place))) {
                removed.by_filter.push(names.text(link.place));
            }
        }
        Some((resource_type, removed))
    });
    let (revision, links, filters) = (view.change.revision, links.collect(), view.filters());
    ViewDetail { key, id, fields, version, revision, created_at, updated_at, links, filters }
}
