//! Evaluating filters after the steps of a revert.
//!
//! Filters revert their own effects: after all steps they are evaluated for each resource that a step changed. A link
//! that only the filter of its view held gets its previous time.

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

    /// Records the times of links that only a filter held: of all links, or only of those that are marked so.
    pub(super) fn note_times(
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
                self.touched.times.insert(link, record);
            }
        }
    }

    /// Records that keys will hold a link after the filter of the view has restored it; returns whether that is
    /// possible.
    pub(super) fn hold_then(&mut self, view: &ViewKey, of: ResourceType, name: &str) -> bool {
        let link: FilterLink = (view.clone(), of, name.into());
        let returns = self.touched.times.contains_key(&link);
        self.touched.held_then.extend(returns.then_some(link));
        returns
    }

    /// Reverts such a record for a link; returns whether there was one.
    pub(super) fn release_then(&mut self, view: &ViewKey, of: ResourceType, name: &str) -> bool {
        self.touched.held_then.remove(&(view.clone(), of, name.into()))
    }

    /// Records that links of a view change.
    pub(super) fn relinked(&mut self, view: &ViewKey, of: ResourceType, links: &[Link<'_>]) {
        let naming = self.project().map(|project| project.standing.naming(of, view).collect());
        let naming: BTreeSet<u32> = naming.unwrap_or_default();
        self.touched.ask(of, links.iter().map(|(name, _)| *name), &naming);
    }

    /// Records that the fields of a resource change.
    pub(super) fn said(&mut self, of: ResourceType, name: &str, after: Option<&ResourceFields>) {
        let Some(project) = self.project() else { return };
        let before = project.registry.get(of, name).map(|row| &row.fields);
        let concerned = project.standing.concerned(of, [before, after]);
        self.touched.ask(of, [name].into_iter(), &concerned);
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
        self.touched.ask(resource_type, links.iter().map(|(name, _)| *name), &own);
        let alone = |link: &Link<'_>| self.filter_alone_holds(view, resource_type, link.0);
        let (by_filter, by_keys): (Vec<_>, Vec<_>) = links.iter().partition(|link| alone(link));
        self.remove(view, resource_type, &by_keys, false)?;
        self.remove(view, resource_type, &by_filter, true)
    }

    /// Releases links that keys hold: those that match the filter of the view stay.
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
        let finds = |link: &Link<'_>| {
            found.as_ref().is_some_and(|(standing, asked)| asked.finds(&standing.filter, link.0))
        };
        let (stay, go): (Vec<_>, Vec<_>) = links.iter().partition(|link| finds(link));
        self.remove(view, resource_type, &go, false)?;
        let released = stay.iter().map(|(name, _)| *name).collect();
        self.change_holds(view, resource_type, Holds { released, ..Holds::default() })
    }

    /// Changes the holders of links of a view that stay.
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
        self.touched.ask(resource_type, released, &BTreeSet::from([slot]));
        self.add(Effect::ChangeLinks(vec![part]))
    }

    /// Sets or replaces the filter of an existing view; returns whether it is possible. If the view had no filter,
    /// keys hold its links.
    pub(super) fn begin(
        &mut self,
        view: &ViewKey,
        resource_type: ResourceType,
        filter: &ResourceFilter,
    ) -> Result<bool> {
        self.begin_with(view, resource_type, filter, NameList::default())
    }

    /// The same. If the view had no filter, the links in `by_filter` are held only by the new filter.
    pub(super) fn begin_with(
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
    pub(super) fn end(
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
        self.touched.ask(resource_type, names, &BTreeSet::from([slot]));
        Ok(())
    }

    /// The resources that match a filter, and the ones that the view has.
    fn found(&self, view: &ViewKey, of: ResourceType, filter: &ResourceFilter) -> Vec<Box<str>> {
        let Some(project) = self.project() else { return Vec::new() };
        let found = Selection::standing(project, of, filter).registered();
        let linked = self.links(view, of).into_keys();
        found.into_iter().map(|(name, _)| name.into()).chain(linked).collect()
    }

    /// Adds the effects of filters to the steps.
    pub(super) fn settle(&mut self) -> Result<()> {
        self.ask_filters()?;
        self.return_times()?;
        self.return_held()?;
        // Links that keys restored may affect filters that name their views.
        self.ask_filters()
    }

    fn ask_filters(&mut self) -> Result<()> {
        let asked = std::mem::take(&mut self.touched.asked);
        let state = self.state.clone();
        let Some(project) = state.projects.get(&self.context.command.project) else {
            return Ok(());
        };
        let nothing = Pending::default();
        let overlay = Overlay::new(&nothing, false);
        for resource_type in ResourceType::ALL {
            let mut derivation = Derivation::new(project, resource_type, &overlay);
            for ((_, name), first) in asked.iter().filter(|((of, _), _)| *of == resource_type) {
                derivation.ask(name, first.clone());
            }
            for LinksChange { view, linked, unlinked, .. } in derivation.into_parts()? {
                self.add_derived(&view, resource_type, &linked, unlinked)?;
            }
        }
        Ok(())
    }

    /// Restores keys as holders of links: of links that filters restored, and of links that no filter matches now.
    fn return_held(&mut self) -> Result<()> {
        for link in std::mem::take(&mut self.touched.held_then) {
            let before = self.touched.times.get(&link).copied();
            let (view, of, name) = link;
            let held: NameList = [&*name].into_iter().collect();
            let is_gone = self.records(&view, of, &held) == [None];
            let before = before.filter(|time| is_gone && self.may_return(&view, of, *time));
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

    /// Records links that are as the reverted change left them.
    pub(super) fn note_left(&mut self, view: &ViewKey, of: ResourceType, links: &[Link<'_>]) {
        let link = |name: &str| (view.clone(), of, name.into());
        self.touched.left.extend(links.iter().map(|(name, record)| (link(name), *record)));
    }

    /// Restores the times of links that a filter made again in the reverted change, if only filters hold them.
    fn return_times(&mut self) -> Result<()> {
        let mut late = BTreeMap::<(ViewKey, ResourceType), Vec<(Box<str>, LinkRecord)>>::new();
        for (link, left) in std::mem::take(&mut self.touched.left) {
            let before = self.touched.times.get(&link).copied().filter(|before| *before != left);
            let (view, of, name) = link;
            let now = self.records(&view, of, &[&*name].into_iter().collect());
            let is_left = now == [Some(left)] && self.filter_alone_holds(&view, of, &name);
            if is_left && before.is_some_and(|before| self.may_return(&view, of, before)) {
                late.entry((view, of)).or_default().push((name, left));
            }
        }
        for ((view, of), links) in late {
            let links: Vec<Link<'_>> = links.iter().map(|(name, left)| (&**name, *left)).collect();
            self.remove(&view, of, &links, true)?;
            let names = links.iter().map(|(name, _)| *name).collect();
            self.add_derived(&view, of, &names, RemovedLinks::default())?;
        }
        Ok(())
    }

    /// Whether a link can get its previous time in the view.
    pub(super) fn may_return(&self, view: &ViewKey, of: ResourceType, record: LinkRecord) -> bool {
        let Some((_, found)) = self.view(view) else { return false };
        let is_it = |same: &BTreeMap<ViewKey, u32>| same.get(view) == Some(&found.about().id);
        self.touched.same_views.as_ref().is_none_or(is_it) && !self.is_taken(view, of, record)
    }

    /// Adds a part that filters made; links that they held before get their previous times.
    fn add_derived(
        &mut self,
        view: &ViewKey,
        resource_type: ResourceType,
        linked: &NameList,
        unlinked: RemovedLinks,
    ) -> Result<()> {
        let mut restored: Vec<Link<'_>> = Vec::new();
        for name in linked.iter() {
            let time = self.touched.times.get(&(view.clone(), resource_type, name.into()));
            let returns = |time: &&LinkRecord| self.may_return(view, resource_type, **time);
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
                let told = ChangedLinks::of_part(&part, self.context.stamp.revision)?;
                self.result.followed.push(told);
                self.add(Effect::ChangeLinks(vec![part]))?;
            }
        }
        Ok(())
    }
}
