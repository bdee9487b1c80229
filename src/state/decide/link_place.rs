//! The links of one view and type, before and in a change: whether there is room for more, and which are removed.

use super::contradiction;
use super::pending::Overlay;
use crate::model::LinkRecord;
use crate::model::change_record::RemovedLinks;
use crate::model::error::{Error, Result};
use crate::model::resource::ResourceType;
use crate::state::link_set::Entry;
use crate::state::names::Name;
use crate::state::project::ProjectState;

/// A view of a project by its slot, and a type.
pub(super) type LinkPlace<'a> = (&'a ProjectState, ResourceType, u32);

/// Checks that a view can have `more` links, and its project `more` names.
pub(super) fn check_room(overlay: &Overlay<'_>, place: LinkPlace<'_>, more: usize) -> Result<()> {
    let (project, resource_type, slot) = place;
    let made = overlay.made(project.id, resource_type, slot);
    let links = project.views.get(slot).and_then(|view| view.links(resource_type));
    let names = &project.of(resource_type).names;
    let what = if links.is_some_and(|links| !links.has_room(more.saturating_add(made))) {
        "order of the view's links"
    } else if !names.has_room(more.saturating_add(overlay.made_in(project.id))) {
        "list of linked resources"
    } else {
        return Ok(());
    };
    let limit = u32::MAX as usize;
    Err(Error::TooLong { what, length: limit, unit: "entries", limit })
}

/// Links that are removed, with their times. The names are in key order, each with its name in the state.
pub(super) fn removed<'n>(
    overlay: &Overlay<'_>,
    (project, resource_type, slot): LinkPlace<'_>,
    removed: impl Iterator<Item = (&'n str, Option<Name>)>,
) -> Result<RemovedLinks> {
    let names = &project.of(resource_type).names;
    let mut entries = Vec::with_capacity(removed.size_hint().0);
    let mut list = RemovedLinks::default();
    let pending: Vec<Option<LinkRecord>> = removed
        .map(|(name, found)| {
            list.names.push(name);
            let pending = overlay.get(project.id, resource_type, slot, name).flatten();
            if pending.is_none() {
                entries.extend(found.map(|name| Entry::new(names, name.place)));
            }
            pending
        })
        .collect();
    let found = match project.views.get(slot).and_then(|view| view.links(resource_type)) {
        Some(links) => links.find(names, &entries),
        None => entries.is_empty().then(Vec::new),
    };
    let mut found = found.ok_or_else(|| contradiction("a posting has no link"))?.into_iter();
    let times = pending.into_iter().filter_map(|pending| pending.or_else(|| found.next()));
    list.times = times.collect();
    Ok(list)
}
