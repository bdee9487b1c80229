//! Copying a view.

use super::{Context, views};
use crate::model::change_record::{Holds, LinksChange, RemovedLinks};
use crate::model::error::{Error, Result};
use crate::model::key::ViewKey;
use crate::model::limit::{self, Limits};
use crate::model::resource::ResourceType;
use crate::model::view::{View, ViewPatch};
use crate::model::{Answer, Decision, Effect, NameList};
use crate::state::project::ProjectState;
use crate::state::view::ViewState;

/// The new fields of a copy, and its maximum number of links.
pub(super) struct CopyOptions<'a> {
    pub(super) patch: &'a ViewPatch,
    pub(super) limits: &'a Limits,
}

/// Creates a view with the fields of another one, changed by the patch, and with its links. The links are new, have
/// the same link order, and are held by keys: the copy follows no filter.
///
/// Cost: O(n log n) with n links.
pub(super) fn copy(
    context: &Context<'_>,
    key: &ViewKey,
    to: &ViewKey,
    options: &CopyOptions<'_>,
    limit: usize,
) -> Result<Decision> {
    let (project, _, view) = context.view(key)?;
    views::check_free(context, project, to)?;
    views::check_unnamed(project, &[to])?;
    let links = view.counts();
    if links.total() > limit as u64 {
        return Err(Error::CopyTooLarge { links: links.total(), limit });
    }
    let before = &view.about().fields;
    let fields = options.patch.clone().apply(before.clone());
    limit::check_fields(&fields, Some(before), options.limits)?;
    let (copy, effect) = views::created(context, to, &fields)?;
    let parts = ResourceType::ALL.into_iter().filter_map(|of| part(project, view, of, to));
    let parts: Vec<LinksChange> = parts.collect();
    let more = (!parts.is_empty()).then_some(Effect::ChangeLinks(parts));
    let effects = std::iter::once(effect).chain(more).collect();
    let answer = Answer::View(View { links, ..copy });
    Ok(Decision { answer, change: Some(context.change_in_steps(effects)) })
}

/// The links of a type, to be made in another view.
fn part(
    project: &ProjectState,
    view: &ViewState,
    resource_type: ResourceType,
    to: &ViewKey,
) -> Option<LinksChange> {
    let (links, names) = (view.links(resource_type)?, &project.of(resource_type).names);
    let mut linked = NameList::default();
    let mut sequences = Vec::new();
    for link in links.by_key(names, None, 0) {
        linked.push(names.text(link.place));
        sequences.push(link.sequence);
    }
    let order = ranks(&sequences);
    let unlinked = RemovedLinks::default();
    let view = to.clone();
    // The same change creates the view.
    let (last_change, restored, holds) = (None, None, Holds::default());
    Some(LinksChange { view, last_change, resource_type, linked, order, restored, unlinked, holds })
}

/// For each number, its rank; empty if they are in order.
fn ranks(numbers: &[u32]) -> Vec<u32> {
    if numbers.is_sorted() {
        return Vec::new();
    }
    let mut sorted: Vec<(u32, usize)> = numbers.iter().copied().zip(0..).collect();
    sorted.sort_unstable();
    let mut ranks = vec![0; numbers.len()];
    for (rank, (_, place)) in (0..).zip(sorted) {
        if let Some(slot) = ranks.get_mut(place) {
            *slot = rank;
        }
    }
    ranks
}
