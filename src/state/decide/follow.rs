//! Starting, replacing and ending a standing filter.

use std::collections::{BTreeMap, BTreeSet};

use super::derivation::Derivation;
use super::pending::{Overlay, Pending};
use super::views::fits;
use super::{Context, contradiction, link_place, links};
use crate::filter::{MAX_FILTER_LEN, MAX_FILTER_VALUES, ResourceFilter};
use crate::model::change_record::{FilterChange, Holds, LinksChange};
use crate::model::error::{Error, Result};
use crate::model::key::ViewKey;
use crate::model::resource::{Resource, ResourceType};
use crate::model::{
    Answer, Decision, Effect, FailureReason, KeyOutcome, LinkResult, NameList, Unfollow,
};
use crate::state::project::ProjectState;
use crate::state::selection::Selection;
use crate::state::standing::{Standing, named_views};
use crate::state::view::ViewState;

/// A view whose filter starts or ends.
struct Following<'a> {
    context: &'a Context<'a>,
    project: &'a ProjectState,
    slot: u32,
    view: &'a ViewState,
    resource_type: ResourceType,
}

/// Sets or replaces the filter that a view follows.
///
/// Cost: O(n log n) with the n links of resources that match or matched it, and that of the filters that refer to the
/// view; and O(filters of the views that it names, directly or indirectly).
pub(super) fn follow(
    context: &Context<'_>,
    key: &ViewKey,
    resource_type: ResourceType,
    filter: &ResourceFilter,
) -> Result<Decision> {
    let following = Following::new(context, key, resource_type)?;
    check_size(filter)?;
    if !filter.can_stand() {
        return Err(Error::UnsupportedStandingFilter { view: key.clone() });
    }
    following.check_views(key, filter)?;
    if following.standing().is_some_and(|standing| *standing.filter == *filter) {
        return Ok(Answer::Filter(LinkResult::default()).unchanged());
    }
    let (project, slot) = (following.project, following.slot);
    let found = Selection::standing(project, resource_type, filter).registered();
    let found: BTreeSet<&str> = found.into_iter().map(|(name, _)| name).collect();
    let nothing = Pending::default();
    let overlay = Overlay::new(&nothing, false);
    let mut derivation =
        Derivation::new(project, resource_type, &overlay).with_filter(slot, filter);
    let touched = found.iter().copied().chain(following.by_filter());
    derivation.settle_refiltered(slot, touched.collect::<BTreeSet<_>>().into_iter());
    let derived = derivation.into_parts()?;
    let already = found.iter().filter(|name| project.is_linked(slot, resource_type, name)).count();
    links::check_limit(already + links::count(&derived), context.command.link_limit)?;
    let (mut own, others) = split_off(derived, key);
    // The same change sets the filter.
    own.iter_mut().for_each(|part| part.last_change = None);
    let result = following.linked(&found, own.as_ref(), &others)?;
    let change = following.filter_change(Some(filter), NameList::default());
    following.decide(result, change, own.into_iter().chain(others).collect())
}

/// Ends the filter that a view follows.
///
/// Cost: O(n log n) with the n links of the type, and that of the filters that refer to the view.
pub(super) fn unfollow(
    context: &Context<'_>,
    key: &ViewKey,
    resource_type: ResourceType,
    unfollow: Unfollow,
) -> Result<Decision> {
    let following = Following::new(context, key, resource_type)?;
    if following.standing().is_none() {
        return Ok(Answer::Filter(LinkResult::default()).unchanged());
    }
    let (project, slot) = (following.project, following.slot);
    let nothing = Pending::default();
    let mut overlay = Overlay::new(&nothing, true);
    let derivation = Derivation::new(project, resource_type, &overlay);
    let keeps = |name: &&str| match unfollow {
        Unfollow::KeepLinks => true,
        Unfollow::RemoveLinks => false,
        Unfollow::RemoveLinksKeepLastView => derivation.is_last_view(slot, name),
    };
    let (kept, gone): (Vec<&str>, Vec<&str>) = following.by_filter().partition(keeps);
    let own = following.removal_part(&overlay, &gone)?;
    let mut derived = Vec::new();
    if let Some(own) = &own {
        overlay.add(project, slot, own, context.stamp);
        let mut derivation = Derivation::new(project, resource_type, &overlay);
        derivation.settle_relinked(&[key], own.unlinked.names.iter());
        derived = derivation.into_parts()?;
    }
    let keys = gone.len() + links::count(&derived);
    links::check_limit(keys, context.command.link_limit)?;
    let failed: &[&str] = if unfollow == Unfollow::KeepLinks { &[] } else { &kept };
    let result = following.unlinked(&gone, failed, &derived)?;
    let change = following.filter_change(None, kept.iter().copied().collect());
    following.decide(result, change, own.into_iter().chain(derived).collect())
}

impl<'a> Following<'a> {
    fn new(context: &'a Context<'a>, key: &ViewKey, resource_type: ResourceType) -> Result<Self> {
        let (project, slot, view) = context.view(key)?;
        Ok(Self { context, project, slot, view, resource_type })
    }

    fn standing(&self) -> Option<&'a Standing> {
        self.view.standing(self.resource_type)
    }

    /// The names whose links only the filter holds, in key order.
    fn by_filter(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let names = &self.project.of(self.resource_type).names;
        let links = self.view.links(self.resource_type).into_iter();
        let linked = links.flat_map(move |links| links.by_key(names, None, 0));
        let standing = self.standing();
        let by_filter = linked.filter(move |link| {
            standing.is_some_and(|standing| !standing.keys_hold(names.id(link.place)))
        });
        by_filter.map(move |link| names.text(link.place))
    }

    /// Checks the views that a filter names: they exist, and their filters do not refer to this view, directly or
    /// indirectly.
    fn check_views(&self, key: &ViewKey, filter: &ResourceFilter) -> Result<()> {
        let views = &self.project.views;
        let named = named_views(filter);
        if let Some(unknown) = named.iter().find(|named| views.slot(named).is_none()) {
            return Err(self.context.unknown_view(unknown));
        }
        match circle(self.project, self.resource_type, key, filter) {
            Some(named) => {
                let (view, named) = (key.clone(), named.clone());
                Err(Error::CircularFilter { view, named })
            }
            None => Ok(()),
        }
    }

    /// The change of the filter. If the filter starts or ends, `by_filter` are the links that it alone holds, or held,
    /// and that stay.
    fn filter_change(&self, filter: Option<&ResourceFilter>, by_filter: NameList) -> FilterChange {
        let (resource_type, view) = (self.resource_type, self.view.about().key.clone());
        let before = self.standing().map(|standing| (*standing.filter).clone());
        let replaced = before.is_some() && filter.is_some();
        let links = self.view.links(resource_type).map_or(0, |links| links.len());
        let kept = fits(self.context, by_filter.len() as u64);
        FilterChange {
            view,
            last_change: Some(self.view.change),
            resource_type,
            before,
            filter: filter.cloned(),
            links: if replaced { 0 } else { links },
            by_filter: kept.then_some(by_filter),
        }
    }

    /// The part that removes links that only the filter held.
    fn removal_part(&self, overlay: &Overlay<'_>, gone: &[&str]) -> Result<Option<LinksChange>> {
        if gone.is_empty() {
            return Ok(None);
        }
        let place = (self.project, self.resource_type, self.slot);
        let names = &self.project.of(self.resource_type).names;
        let gone = gone.iter().map(|name| (*name, names.find(name)));
        Ok(Some(LinksChange {
            view: self.view.about().key.clone(),
            // The same change ends the filter.
            last_change: None,
            restored: None,
            resource_type: self.resource_type,
            linked: NameList::default(),
            order: Vec::new(),
            unlinked: link_place::removed(overlay, place, gone)?,
            holds: Holds { by_filter: true, ..Holds::default() },
        }))
    }

    /// The outcomes of resources that match the new filter or matched the old one.
    fn linked(
        &self,
        found: &BTreeSet<&str>,
        own: Option<&LinksChange>,
        others: &[LinksChange],
    ) -> Result<LinkResult> {
        let already = found.iter().map(|name| (*name, KeyOutcome::AlreadyLinked));
        let mut outcomes: BTreeMap<&str, KeyOutcome> = already.collect();
        if let Some(part) = own {
            outcomes.extend(part.linked.iter().map(|name| (name, KeyOutcome::Linked)));
            outcomes.extend(part.unlinked.names.iter().map(|name| (name, KeyOutcome::Unlinked)));
        }
        self.result(outcomes, others)
    }

    /// The outcomes of resources that only the filter held, except those that stay as requested.
    fn unlinked(
        &self,
        gone: &[&str],
        failed: &[&str],
        others: &[LinksChange],
    ) -> Result<LinkResult> {
        let gone = gone.iter().map(|name| (*name, KeyOutcome::Unlinked));
        let failed = failed.iter().map(|name| (*name, KeyOutcome::Failed(FailureReason::LastView)));
        self.result(gone.chain(failed).collect(), others)
    }

    fn result(
        &self,
        outcomes: BTreeMap<&str, KeyOutcome>,
        others: &[LinksChange],
    ) -> Result<LinkResult> {
        let mut result = LinkResult::default();
        for (name, outcome) in outcomes {
            let resource = Resource::from_name(self.resource_type, name);
            result.further.push(resource.ok_or_else(|| contradiction("a name is invalid"))?);
            result.outcomes.push(outcome);
        }
        result.followed = links::followed(others, self.context.stamp)?;
        Ok(result)
    }

    fn decide(
        &self,
        result: LinkResult,
        change: FilterChange,
        parts: Vec<LinksChange>,
    ) -> Result<Decision> {
        let links = (!parts.is_empty()).then_some(Effect::ChangeLinks(parts));
        let effects = std::iter::once(Effect::ChangeFilter(change)).chain(links).collect();
        let change = self.context.change_in_steps(effects);
        Ok(Decision { answer: Answer::Filter(result), change: Some(change) })
    }
}

/// Finds a circle: a view that the filter names and that follows `of`, directly or indirectly. Such a filter is
/// refused.
///
/// Cost: O(views that the filters name, directly or indirectly).
pub(super) fn circle<'f>(
    project: &'f ProjectState,
    resource_type: ResourceType,
    key: &ViewKey,
    filter: &'f ResourceFilter,
) -> Option<&'f ViewKey> {
    let leads_to_it = |named: &&ViewKey| {
        let (mut seen, mut ahead) = (BTreeSet::new(), vec![*named]);
        while let Some(next) = ahead.pop() {
            if next == key {
                return true;
            }
            let standing =
                project.views.find(next).and_then(|(_, view)| view.standing(resource_type));
            if seen.insert(next) {
                ahead.extend(standing.into_iter().flat_map(|of| named_views(&of.filter)));
            }
        }
        false
    };
    named_views(filter).into_iter().find(leads_to_it)
}

/// Separates the part of one view from the parts of other views.
fn split_off(parts: Vec<LinksChange>, key: &ViewKey) -> (Option<LinksChange>, Vec<LinksChange>) {
    let (own, others): (Vec<_>, Vec<_>) = parts.into_iter().partition(|part| part.view == *key);
    (own.into_iter().next(), others)
}

/// Checks that a filter is not larger than a filter in text form can be, because it is stored and evaluated with every
/// change.
fn check_size(filter: &ResourceFilter) -> Result<()> {
    let (values, bytes) = filter.size();
    let what = "standing filter";
    let too_long = |length, unit, limit| Err(Error::TooLong { what, length, unit, limit });
    match (values, bytes) {
        (values, _) if values > MAX_FILTER_VALUES => too_long(values, "values", MAX_FILTER_VALUES),
        (_, bytes) if bytes > MAX_FILTER_LEN => too_long(bytes, "bytes", MAX_FILTER_LEN),
        _ => Ok(()),
    }
}
