//! Evaluates the filters that views follow, after a change and as a part of it.
//!
//! A filter tests one resource at a time, so each resource of a change is *settled* separately: all its links that
//! filters change are found. This takes rounds. In the first round the filters are evaluated that may match the
//! resource before or after the change. In each further round the filters are evaluated that name a view whose link to
//! the resource changed in the round before. It ends when no link changes. Filters contain no circle, so the number of
//! rounds is at most the length of the longest chain of filters.

use std::collections::{BTreeMap, BTreeSet};

use super::link_place;
use super::pending::Overlay;
use crate::filter::ResourceFilter;
use crate::model::change_record::{Holds, LinksChange, RemovedLinks};
use crate::model::error::Result;
use crate::model::key::ViewKey;
use crate::model::resource::ResourceType;
use crate::model::{NameList, ResourceFields};
use crate::state::names::Name;
use crate::state::project::ProjectState;
use crate::state::selection::admits;

/// The links of one type that filters change.
pub(super) struct Derivation<'d> {
    project: &'d ProjectState,
    resource_type: ResourceType,
    overlay: &'d Overlay<'d>,
    /// A view that the change deletes.
    deleted: Option<u32>,
    /// A view that gets another filter by the change.
    following: Option<(u32, &'d ResourceFilter)>,
    /// The views whose links change: for each, its slot, the resources, and whether they are linked after the change.
    changed: BTreeMap<&'d ViewKey, (u32, BTreeMap<&'d str, bool>)>,
}

/// A resource that is being settled.
struct Subject<'d> {
    name: &'d str,
    /// Its name in the state, if it has one there.
    found: Option<Name>,
    /// Its fields after the change, if it is registered.
    fields: Option<&'d ResourceFields>,
}

impl<'d> Derivation<'d> {
    pub(super) fn new(
        project: &'d ProjectState,
        resource_type: ResourceType,
        overlay: &'d Overlay<'d>,
    ) -> Self {
        let changed = BTreeMap::new();
        Self { project, resource_type, overlay, deleted: None, following: None, changed }
    }

    /// The same with this view deleted.
    pub(super) fn without(self, deleted: u32) -> Self {
        Self { deleted: Some(deleted), ..self }
    }

    /// The same with another filter for a view.
    pub(super) fn with_filter(self, slot: u32, filter: &'d ResourceFilter) -> Self {
        Self { following: Some((slot, filter)), ..self }
    }

    /// Settles a resource whose fields are changed by a put.
    ///
    /// Cost: O(m log m) with the m filters that may match it, or that name a view whose link to it changes.
    pub(super) fn settle_put(
        &mut self,
        name: &'d str,
        before: Option<&'d ResourceFields>,
        fields: &'d ResourceFields,
    ) {
        let first = self.project.standing.concerned(self.resource_type, [before, Some(fields)]);
        if !first.is_empty() {
            let subject = self.subject(name, Some(fields));
            self.settle(subject, first);
        }
    }

    /// Settles resources whose links to views changed.
    pub(super) fn settle_relinked(
        &mut self,
        views: &[&ViewKey],
        names: impl Iterator<Item = &'d str>,
    ) {
        let first: BTreeSet<u32> = views.iter().flat_map(|view| self.naming(view)).collect();
        if first.is_empty() {
            return;
        }
        for name in names {
            self.settle(self.registered(name), first.clone());
        }
    }

    /// Settles a resource whose fields do not change; the filters of the views `first` are evaluated in the first
    /// round.
    pub(super) fn settle_resource(&mut self, name: &'d str, first: BTreeSet<u32>) {
        self.settle(self.registered(name), first);
    }

    /// Settles resources that match the new filter of a view, or matched its old one.
    pub(super) fn settle_refiltered(&mut self, slot: u32, names: impl Iterator<Item = &'d str>) {
        for name in names {
            self.settle(self.registered(name), BTreeSet::from([slot]));
        }
    }

    /// Whether a filter matches a resource as it is now.
    pub(super) fn matches(&self, filter: &ResourceFilter, name: &'d str) -> bool {
        self.admits(filter, &self.registered(name), &BTreeMap::new())
    }

    /// Whether a view is the last view of a resource.
    pub(super) fn is_last_view(&self, slot: u32, name: &'d str) -> bool {
        let (project, resource_type, overlay) = (self.project, self.resource_type, self.overlay);
        let subject = self.registered(name);
        let mut now_linked = BTreeMap::from([(slot, false)]);
        let view = project.views.get(slot).map(|view| &view.about().key);
        let first: BTreeSet<u32> = view.into_iter().flat_map(|view| self.naming(view)).collect();
        self.evaluate(&subject, first, &mut now_linked);
        let in_state = project.views_of(resource_type, name).map(|(slot, _)| slot);
        let added = overlay.linked_to(resource_type, name).iter().copied();
        let linked = |slot: &u32| self.is_linked(&subject, *slot, &now_linked);
        let here = overlay.is_linked(project, resource_type, slot, name, subject.found);
        here && !in_state.chain(added).chain(now_linked.keys().copied()).any(|slot| linked(&slot))
    }

    /// The parts of the change that filters cause, in the order of the keys of their views.
    ///
    /// # Errors
    ///
    /// [`Error::TooLong`](crate::Error::TooLong) if there is no room for a link.
    pub(super) fn into_parts(self) -> Result<Vec<LinksChange>> {
        let (project, resource_type, overlay) = (self.project, self.resource_type, self.overlay);
        let names = &project.of(resource_type).names;
        let part = |(view, (slot, changed)): (&ViewKey, (u32, BTreeMap<&str, bool>))| {
            let of = |wanted: bool| {
                let changed = changed.iter().filter(move |(_, linked)| **linked == wanted);
                changed.map(|(name, _)| *name)
            };
            let place = (project, resource_type, slot);
            let linked: NameList = of(true).collect();
            link_place::check_room(overlay, place, linked.len())?;
            let gone = of(false).map(|name| (name, names.find(name)));
            let unlinked: RemovedLinks = link_place::removed(overlay, place, gone)?;
            let holds = Holds { by_filter: true, ..Holds::default() };
            let in_state = project.views.get(slot).map(|view| view.change);
            let last_change = in_state.and_then(|id| overlay.last_change(project.id, slot, id));
            let (view, order, restored) = (view.clone(), Vec::new(), None);
            Ok(LinksChange {
                view,
                last_change,
                resource_type,
                linked,
                order,
                restored,
                unlinked,
                holds,
            })
        };
        self.changed.into_iter().map(part).collect()
    }

    fn subject(&self, name: &'d str, fields: Option<&'d ResourceFields>) -> Subject<'d> {
        Subject { name, found: self.project.of(self.resource_type).names.find(name), fields }
    }

    /// A resource whose registered fields do not change.
    fn registered(&self, name: &'d str) -> Subject<'d> {
        let row = self.project.registry.get(self.resource_type, name);
        self.subject(name, row.map(|row| &row.fields))
    }

    fn naming(&self, view: &ViewKey) -> impl Iterator<Item = u32> + use<'d> {
        let slots = self.project.standing.naming(self.resource_type, view);
        let deleted = self.deleted;
        slots.filter(move |slot| Some(*slot) != deleted)
    }

    /// Finds the links of a resource that change; the filters of the views `first` are evaluated in the first round.
    fn settle(&mut self, subject: Subject<'d>, first: BTreeSet<u32>) {
        let mut now_linked = BTreeMap::new();
        self.evaluate(&subject, first, &mut now_linked);
        for (slot, linked) in now_linked {
            let Some(view) = self.project.views.get(slot) else { continue };
            if linked != self.was_linked(&subject, slot) {
                let (_, changed) =
                    self.changed.entry(&view.about().key).or_insert((slot, BTreeMap::new()));
                changed.insert(subject.name, linked);
            }
        }
    }

    /// Evaluates filters in rounds until no link of the resource changes. The first round evaluates the filters of the
    /// views `slots`. `now_linked` has the links that changed before, by the slot of the view, and whether they exist
    /// now. The changed links are added to it.
    fn evaluate(
        &self,
        subject: &Subject<'_>,
        mut slots: BTreeSet<u32>,
        now_linked: &mut BTreeMap<u32, bool>,
    ) {
        // A circle of filters can only come from files that another program wrote. The loop ends in this case, too.
        for _ in 0..=self.project.views.len() {
            if slots.is_empty() {
                break;
            }
            let mut next = BTreeSet::new();
            for slot in slots {
                let Some(view) = self.project.views.get(slot) else { continue };
                let linked = self.is_held(subject, slot, now_linked);
                if linked != self.is_linked(subject, slot, now_linked) {
                    now_linked.insert(slot, linked);
                    next.extend(self.naming(&view.about().key));
                }
            }
            slots = next;
        }
    }

    /// Whether keys or the filter of a view hold the link of a resource.
    fn is_held(&self, subject: &Subject<'_>, slot: u32, now_linked: &BTreeMap<u32, bool>) -> bool {
        let (resource_type, found) = (self.resource_type, subject.found);
        let standing = self.project.standing(slot, resource_type);
        let by_keys = match standing {
            Some(_) => {
                self.overlay.keys_hold(self.project, resource_type, slot, subject.name, found)
            }
            // The view has no filter before the change, so keys hold its links.
            None => self.was_linked(subject, slot),
        };
        let filter = match self.following {
            Some((following, filter)) if following == slot => Some(filter),
            _ => standing.map(|standing| &*standing.filter),
        };
        by_keys || filter.is_some_and(|filter| self.admits(filter, subject, now_linked))
    }

    fn admits(
        &self,
        filter: &ResourceFilter,
        subject: &Subject<'_>,
        now_linked: &BTreeMap<u32, bool>,
    ) -> bool {
        let is_in = |view: &ViewKey| {
            let slot = self.project.views.slot(view);
            slot.is_some_and(|slot| self.is_linked(subject, slot, now_linked))
        };
        // A standing filter matches only registered resources.
        subject.fields.is_some() && admits(filter, subject.name, subject.fields, is_in)
    }

    fn is_linked(
        &self,
        subject: &Subject<'_>,
        slot: u32,
        now_linked: &BTreeMap<u32, bool>,
    ) -> bool {
        now_linked.get(&slot).copied().unwrap_or_else(|| self.was_linked(subject, slot))
    }

    fn was_linked(&self, &Subject { name, found, .. }: &Subject<'_>, slot: u32) -> bool {
        Some(slot) != self.deleted
            && self.overlay.is_linked(self.project, self.resource_type, slot, name, found)
    }
}
