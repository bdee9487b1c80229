//! The second part of a revert: the filters of views are evaluated.
//!
//! A link that a filter made or removed is not reverted as a step of its own, because the filter would undo that. The
//! steps only record in [`Touched`](super::touched::Touched) what the filters need after them:
//!
//! - `to_evaluate`: the resources that a step changed, and the views whose filters may match them now;
//! - `previous_times`: when the links that only filters held were made, before the reverted change;
//! - `unchanged`: the links that are still as the reverted change left them;
//! - `hold_when_restored`: the links that keys held, too, and that a filter must restore first.
//!
//! After all steps, [`settle`](Steps::settle) adds the effects of the filters to the change:
//!
//! 1. The filters are evaluated. A link that a filter makes again gets its previous time.
//! 2. A link in `unchanged` that only a filter holds was made by the filter in the reverted change. If it has a
//!    previous time, it is removed and made again with that time.
//! 3. Keys become holders of the links in `hold_when_restored` again. If no filter restored such a link, keys alone
//!    restore it.
//! 4. The filters are evaluated again, because the links of step 3 may affect filters that name their views.

use std::collections::{BTreeMap, BTreeSet};

use super::derivation::Derivation;
use super::follow::circle;
use super::pending::{Overlay, Pending};
use super::steps::{Link, Steps};
use super::touched::FilterLink;
use crate::filter::ResourceFilter;
use crate::model::change::ChangedLinks;
use crate::model::change_record::{FilterChange, Holds, LinksChange, RemovedLinks};
use crate::model::error::Result;
use crate::model::key::ViewKey;
use crate::model::resource::ResourceType;
use crate::model::{Effect, FailureReason, LinkRecord, NameList, ResourceFields};
use crate::state::selection::Selection;
use crate::state::standing::Standing;

impl Steps<'_> {
    /// The filter that a view follows for a type.
    pub(super) fn standing(&self, view: &ViewKey, of: ResourceType) -> Option<&Standing> {
        self.view(view)?.1.standing(of)
    }

    /// Whether a resource is linked to a view, and only the filter of the view holds the link.
    pub(super) fn filter_alone_holds(&self, view: &ViewKey, of: ResourceType, name: &str) -> bool {
        let Some(resources) = self.project().map(|project| project.of(of)) else { return false };
        let Some((slot, view)) = self.view(view) else { return false };
        let found = resources.names.find(name);
        let linked = found.filter(|found| resources.postings.contains(found.id, slot));
        let standing = view.standing(of).zip(linked);
        standing.is_some_and(|(standing, linked)| !standing.keys_hold(linked.id))
    }

    /// Records the times of removed links that only a filter held: of all of them if `all` is set, else of those in
    /// `by_filter`.
    pub(super) fn note_previous_times(
        &mut self,
        view: &ViewKey,
        resource_type: ResourceType,
        removed: &RemovedLinks,
        all: bool,
    ) {
        let mut by_filter = removed.by_filter.iter().peekable();
        for (name, record) in removed.names.iter().zip(removed.times.iter()) {
            if by_filter.next_if_eq(&name).is_some() || all {
                let link = (view.clone(), resource_type, name.into());
                self.touched.previous_times.insert(link, record);
            }
        }
    }

    /// Records that keys must hold a link, too, when the filter of the view has restored it. Returns whether the
    /// filter may restore it: whether only a filter held it before.
    pub(super) fn hold_when_restored(
        &mut self,
        view: &ViewKey,
        of: ResourceType,
        name: &str,
    ) -> bool {
        let link: FilterLink = (view.clone(), of, name.into());
        let may_restore = self.touched.previous_times.contains_key(&link);
        self.touched.hold_when_restored.extend(may_restore.then_some(link));
        may_restore
    }

    /// Removes the record that [`hold_when_restored`](Self::hold_when_restored) made for a link; returns whether there
    /// was one.
    pub(super) fn cancel_hold_when_restored(
        &mut self,
        view: &ViewKey,
        of: ResourceType,
        name: &str,
    ) -> bool {
        self.touched.hold_when_restored.remove(&(view.clone(), of, name.into()))
    }

    /// Records that links of a view change: the filters that name the view are evaluated for their resources later.
    pub(super) fn note_links_changed(
        &mut self,
        view: &ViewKey,
        of: ResourceType,
        links: &[Link<'_>],
    ) {
        let naming = self.project().map(|project| project.standing.naming(of, view).collect());
        let naming: BTreeSet<u32> = naming.unwrap_or_default();
        self.touched.evaluate_later(of, links.iter().map(|(name, _)| *name), &naming);
    }

    /// Records that the fields of a resource change to `after`, or that it is removed from the registry: the filters
    /// that may match it before or after are evaluated later.
    pub(super) fn note_fields_changed(
        &mut self,
        of: ResourceType,
        name: &str,
        after: Option<&ResourceFields>,
    ) {
        let Some(project) = self.project() else { return };
        let before = project.registry.get(of, name).map(|row| &row.fields);
        let concerned = project.standing.concerned(of, [before, after]);
        self.touched.evaluate_later(of, [name].into_iter(), &concerned);
    }

    /// Removes existing links, whatever holds them. The filter of the view is evaluated for them later.
    pub(super) fn unlink(
        &mut self,
        view: &ViewKey,
        resource_type: ResourceType,
        links: &[Link<'_>],
    ) -> Result<()> {
        let own = self.view(view).filter(|(_, view)| view.standing(resource_type).is_some());
        let own: BTreeSet<u32> = own.into_iter().map(|(slot, _)| slot).collect();
        self.touched.evaluate_later(resource_type, links.iter().map(|(name, _)| *name), &own);
        let alone = |link: &Link<'_>| self.filter_alone_holds(view, resource_type, link.0);
        let (by_filter, by_keys): (Vec<_>, Vec<_>) = links.iter().partition(|link| alone(link));
        self.remove(view, resource_type, &by_keys, false)?;
        self.remove(view, resource_type, &by_filter, true)
    }

    /// Removes keys as holders of links: those that match the filter of the view stay, the others are removed.
    pub(super) fn release(
        &mut self,
        view: &ViewKey,
        resource_type: ResourceType,
        links: &[Link<'_>],
    ) -> Result<()> {
        let nothing = Pending::default();
        let overlay = Overlay::new(&nothing, false);
        let derivation =
            self.project().map(|project| Derivation::new(project, resource_type, &overlay));
        let found = self.standing(view, resource_type).zip(derivation);
        let matches = |link: &Link<'_>| {
            found
                .as_ref()
                .is_some_and(|(standing, derivation)| derivation.matches(&standing.filter, link.0))
        };
        let (stay, go): (Vec<_>, Vec<_>) = links.iter().partition(|link| matches(link));
        self.remove(view, resource_type, &go, false)?;
        let released = stay.iter().map(|(name, _)| *name).collect();
        self.change_holds(view, resource_type, Holds { released, ..Holds::default() })
    }

    /// Changes the holders of links of a view; the links stay.
    pub(super) fn change_holds(
        &mut self,
        view: &ViewKey,
        resource_type: ResourceType,
        holds: Holds,
    ) -> Result<()> {
        let changed = (holds.held.len() + holds.released.len()) as u64;
        let (Some((slot, found)), true) = (self.view(view), changed > 0) else { return Ok(()) };
        let part = LinksChange { holds, ..self.part(view, found, resource_type) };
        self.result.success_count += changed;
        let released: Vec<Box<str>> = part.holds.released.iter().map(Box::from).collect();
        let released = released.iter().map(|name| &**name);
        self.touched.evaluate_later(resource_type, released, &BTreeSet::from([slot]));
        self.add(Effect::ChangeLinks(vec![part]))
    }

    /// Sets or replaces the filter of an existing view; returns whether it is possible. If the view had no filter,
    /// keys hold its links.
    pub(super) fn set_filter(
        &mut self,
        view: &ViewKey,
        resource_type: ResourceType,
        filter: &ResourceFilter,
    ) -> Result<bool> {
        self.set_filter_with(view, resource_type, filter, NameList::default())
    }

    /// The same. If the view had no filter, the links in `by_filter` are held only by the new filter.
    pub(super) fn set_filter_with(
        &mut self,
        view: &ViewKey,
        resource_type: ResourceType,
        filter: &ResourceFilter,
        by_filter: NameList,
    ) -> Result<bool> {
        let Some(project) = self.project() else { return Ok(false) };
        if !filter.can_stand() || circle(project, resource_type, view, filter).is_some() {
            return Ok(false);
        }
        self.change_filter(view, resource_type, Some(filter), by_filter)?;
        Ok(true)
    }

    /// Ends the filter of a view. Links that only the filter holds are removed, except those to be kept.
    pub(super) fn end_filter(
        &mut self,
        view: &ViewKey,
        resource_type: ResourceType,
        keep: &NameList,
    ) -> Result<()> {
        let keep: BTreeSet<&str> = keep.iter().collect();
        let links = self.links(view, resource_type);
        let alone = links.iter().map(|(name, record)| (&**name, *record));
        let alone = alone.filter(|(name, _)| self.filter_alone_holds(view, resource_type, name));
        let (kept, gone): (Vec<_>, Vec<_>) = alone.partition(|(name, _)| keep.contains(name));
        self.remove(view, resource_type, &gone, true)?;
        let kept = kept.into_iter().map(|(name, _)| name).collect();
        self.change_filter(view, resource_type, None, kept)
    }

    /// Sets, replaces or ends the filter of an existing view. Records that it must be evaluated for all resources that
    /// match it or are linked to the view.
    fn change_filter(
        &mut self,
        view: &ViewKey,
        resource_type: ResourceType,
        filter: Option<&ResourceFilter>,
        by_filter: NameList,
    ) -> Result<()> {
        let Some((slot, found)) = self.view(view) else { return Ok(()) };
        let before = found.standing(resource_type).map(|standing| (*standing.filter).clone());
        let links = found.links(resource_type).map_or(0, |links| links.len());
        let replaced = before.is_some() && filter.is_some();
        let change = FilterChange {
            view: view.clone(),
            last_change: self.last_change(found),
            resource_type,
            before,
            filter: filter.cloned(),
            links: if replaced { 0 } else { links },
            by_filter: Some(by_filter),
        };
        self.result.success_count += 1;
        self.add(Effect::ChangeFilter(change))?;
        let names = filter.map(|filter| self.found(view, resource_type, filter));
        let names: Vec<Box<str>> = names.unwrap_or_default();
        let names = names.iter().map(|name| &**name);
        self.touched.evaluate_later(resource_type, names, &BTreeSet::from([slot]));
        Ok(())
    }

    /// The resources that match a filter, and those that are linked to the view.
    fn found(&self, view: &ViewKey, of: ResourceType, filter: &ResourceFilter) -> Vec<Box<str>> {
        let Some(project) = self.project() else { return Vec::new() };
        let found = Selection::standing(project, of, filter).registered();
        let linked = self.links(view, of).into_keys();
        found.into_iter().map(|(name, _)| name.into()).chain(linked).collect()
    }

    /// Adds the effects of filters to the steps: see the comment of this module.
    pub(super) fn settle(&mut self) -> Result<()> {
        self.evaluate_filters()?;
        self.restore_times()?;
        self.restore_key_holds()?;
        // Links that keys restored may affect filters that name their views.
        self.evaluate_filters()
    }

    /// Evaluates the filters that the steps so far may affect, and adds the links that they change.
    fn evaluate_filters(&mut self) -> Result<()> {
        let to_evaluate = std::mem::take(&mut self.touched.to_evaluate);
        let state = self.state.clone();
        let Some(project) = state.projects.get(&self.context.command.project) else {
            return Ok(());
        };
        let nothing = Pending::default();
        let overlay = Overlay::new(&nothing, false);
        for resource_type in ResourceType::ALL {
            let mut derivation = Derivation::new(project, resource_type, &overlay);
            for ((_, name), first) in to_evaluate.iter().filter(|((of, _), _)| *of == resource_type)
            {
                derivation.settle_resource(name, first.clone());
            }
            for LinksChange { view, linked, unlinked, .. } in derivation.into_parts()? {
                self.add_derived(&view, resource_type, &linked, unlinked)?;
            }
        }
        Ok(())
    }

    /// Makes keys holders again of the links in `hold_when_restored`. A link that no filter restored is made with its
    /// previous time.
    fn restore_key_holds(&mut self) -> Result<()> {
        for link in std::mem::take(&mut self.touched.hold_when_restored) {
            let before = self.touched.previous_times.get(&link).copied();
            let (view, of, name) = link;
            let held: NameList = [&*name].into_iter().collect();
            let is_gone = self.records(&view, of, &held) == [None];
            let before =
                before.filter(|time| is_gone && self.may_get_previous_time(&view, of, *time));
            match before {
                _ if self.filter_alone_holds(&view, of, &name) => {
                    self.change_holds(&view, of, Holds { held, ..Holds::default() })?;
                }
                Some(before) => self.link(&view, of, &[(&name, before)])?,
                None => self.fail_link(&view, of, &name, FailureReason::ChangedSince)?,
            }
        }
        Ok(())
    }

    /// Records links that are still as the reverted change left them.
    pub(super) fn note_unchanged(&mut self, view: &ViewKey, of: ResourceType, links: &[Link<'_>]) {
        let link = |name: &str| (view.clone(), of, name.into());
        self.touched.unchanged.extend(links.iter().map(|(name, record)| (link(name), *record)));
    }

    /// Restores the previous times of links in `unchanged` that only filters hold: a filter made them again in the
    /// reverted change.
    fn restore_times(&mut self) -> Result<()> {
        let mut older = BTreeMap::<(ViewKey, ResourceType), Vec<(Box<str>, LinkRecord)>>::new();
        for (link, made) in std::mem::take(&mut self.touched.unchanged) {
            let before =
                self.touched.previous_times.get(&link).copied().filter(|before| *before != made);
            let (view, of, name) = link;
            let now = self.records(&view, of, &[&*name].into_iter().collect());
            let is_unchanged = now == [Some(made)] && self.filter_alone_holds(&view, of, &name);
            if is_unchanged
                && before.is_some_and(|before| self.may_get_previous_time(&view, of, before))
            {
                older.entry((view, of)).or_default().push((name, made));
            }
        }
        for ((view, of), links) in older {
            let links: Vec<Link<'_>> = links.iter().map(|(name, made)| (&**name, *made)).collect();
            self.remove(&view, of, &links, true)?;
            let names = links.iter().map(|(name, _)| *name).collect();
            self.add_derived(&view, of, &names, RemovedLinks::default())?;
        }
        Ok(())
    }

    /// Whether a link can get its previous time in the view: the view is still the one that had the link, and no other
    /// link has that time.
    pub(super) fn may_get_previous_time(
        &self,
        view: &ViewKey,
        of: ResourceType,
        record: LinkRecord,
    ) -> bool {
        let Some((_, found)) = self.view(view) else { return false };
        let is_it = |same: &BTreeMap<ViewKey, u32>| same.get(view) == Some(&found.about().id);
        self.touched.same_views.as_ref().is_none_or(is_it) && !self.is_taken(view, of, record)
    }

    /// Adds the links of a view that filters make and remove. Links that only filters held before get their previous
    /// times; they are a part of their own, because a part has only new or only restored links.
    fn add_derived(
        &mut self,
        view: &ViewKey,
        resource_type: ResourceType,
        linked: &NameList,
        unlinked: RemovedLinks,
    ) -> Result<()> {
        let mut restored: Vec<Link<'_>> = Vec::new();
        for name in linked.iter() {
            let time = self.touched.previous_times.get(&(view.clone(), resource_type, name.into()));
            let returns =
                |time: &&LinkRecord| self.may_get_previous_time(view, resource_type, **time);
            restored.extend(time.filter(returns).map(|time| (name, *time)));
        }
        let back: BTreeSet<&str> = restored.iter().map(|(name, _)| *name).collect();
        let new = linked.iter().filter(|name| !back.contains(name)).collect();
        let times = restored.iter().map(|(_, record)| *record).collect();
        let coming_back = restored.iter().map(|(name, _)| *name).collect();
        for (linked, restored, unlinked) in
            [(coming_back, Some(times), RemovedLinks::default()), (new, None, unlinked)]
        {
            let Some((_, found)) = self.view(view) else { return Ok(()) };
            let part = LinksChange {
                linked,
                restored,
                unlinked,
                holds: Holds { by_filter: true, ..Holds::default() },
                ..self.part(view, found, resource_type)
            };
            if part.len() > 0 {
                let report = ChangedLinks::of_part(&part, self.context.stamp.revision)?;
                self.result.followed.push(report);
                self.add(Effect::ChangeLinks(vec![part]))?;
            }
        }
        Ok(())
    }
}
