//! Reverting an earlier change.
//!
//! Each part is reverted separately, if it is still as the change left it. If it was changed later, it fails.
//!
//! Methods named `revert_...` undo a thing that the change made, methods named `restore_...` bring back a thing that it
//! removed or replaced. Links that filters made are not reverted here: see [`settling`](super::settling).

use std::collections::BTreeMap;

use super::Context;
use super::links_to_restore::{self, LinksToRestore};
use super::steps::{Link, Steps};
use crate::model::change_record::{
    FilterChange, Holds, LinksChange, ProjectDetail, PutResource, RemovalDetail, RemovedLinks,
    Unregistered, ViewDetail,
};
use crate::model::error::{Error, Result, StoreFile};
use crate::model::key::ViewKey;
use crate::model::project_settings::ProjectSettings;
use crate::model::resource::ResourceType;
use crate::model::view::ViewFields;
use crate::model::{
    ChangeRecord, Decision, Effect, FailureReason, LinkPolicy, LinkRecord, NameList, RevertedItem,
    Stamp,
};

/// Reverts a change, beginning with its last step; `same_views` are the views that are still the ones of the change,
/// with their ids.
///
/// Cost: O(n log n) with the n names of the change, and O(links) of each view whose links are restored, once for each.
pub(super) fn change(
    context: &Context<'_>,
    change: &ChangeRecord,
    same_views: &BTreeMap<ViewKey, u32>,
    policy: LinkPolicy,
) -> Result<Decision> {
    let Stamp { revision, .. } = change.stamp;
    let newest = context.state.head.revision;
    if revision > newest {
        return Err(Error::RevisionAhead { requested: revision, newest });
    }
    if change.project != context.command.project {
        return Err(Error::OtherProject { revision, project: change.project.clone() });
    }
    if change.effects.iter().any(Effect::has_counts_alone) {
        return Err(Error::DetailNotKept { revision });
    }
    let damaged = |detail| Error::damaged(StoreFile::Journal, format!("change {revision}"), detail);
    change.check().map_err(damaged)?;
    let (steps, same_views) = (Steps::new(context, policy), same_views.clone());
    let to_restore = LinksToRestore::default();
    let mut revert = Revert { steps, stamp: change.stamp, same_views, to_restore };
    for effect in change.effects.iter().rev() {
        revert.revert_effect(effect)?;
        revert.make_restored_links()?;
    }
    let Revert { mut steps, same_views, .. } = revert;
    steps.touched.same_views = Some(same_views);
    steps.into_decision()
}

/// A change that is being reverted.
struct Revert<'a> {
    steps: Steps<'a>,
    /// The stamp of that change.
    stamp: Stamp,
    /// The views that are still the ones of the change, by key, with their ids.
    same_views: BTreeMap<ViewKey, u32>,
    /// The links to be restored for the current effect.
    to_restore: LinksToRestore,
}

use FailureReason::ChangedSince;

impl Revert<'_> {
    fn revert_effect(&mut self, effect: &Effect) -> Result<()> {
        match effect {
            Effect::CreateView { view, fields, .. } => self.revert_create(view, fields),
            Effect::UpdateView { view, before, fields } => {
                self.restore_fields(view, &before.fields, fields)
            }
            Effect::DeleteView { detail, .. } => {
                detail.iter().try_for_each(|detail| self.restore_view(detail))
            }
            Effect::ChangeLinks(parts) => {
                parts.iter().rev().try_for_each(|part| self.revert_links(part))
            }
            Effect::PutResources(puts) => {
                puts.iter().rev().try_for_each(|put| self.revert_put(put))
            }
            Effect::Unregister(resources) => {
                resources.iter().rev().try_for_each(|resource| self.restore_registration(resource))
            }
            Effect::RemoveResource { resource_type, detail, .. } => {
                let mut detail = detail.iter();
                detail.try_for_each(|detail| self.restore_resources(*resource_type, detail))
            }
            Effect::RemoveEnvironment { detail, .. } => {
                let mut detail = detail.iter();
                detail.try_for_each(|detail| self.restore_resources(ResourceType::Segment, detail))
            }
            Effect::RenameView { view, to, .. } => self.restore_key(view, to),
            Effect::ChangeFilter(change) => self.restore_filter(change),
            Effect::PutProject { before, settings } => {
                self.revert_put_project(before.as_ref(), settings)
            }
            Effect::DeleteProject { detail, .. } => {
                detail.iter().try_for_each(|detail| self.restore_project(detail))
            }
        }
    }

    /// Whether the view with a key is the one of the change.
    fn has_view(&self, key: &ViewKey) -> bool {
        let id = self.steps.view(key).map(|(_, view)| view.about().id);
        id.is_some_and(|id| self.same_views.get(key) == Some(&id))
    }

    fn fail_view(&mut self, view: &ViewKey) -> Result<()> {
        self.steps.fail(RevertedItem::View(view.clone()), ChangedSince);
        Ok(())
    }

    fn revert_create(&mut self, key: &ViewKey, fields: &ViewFields) -> Result<()> {
        let is_as_created = self.steps.view(key).is_some_and(|(_, view)| {
            let is_empty = view.counts().total() == 0 && view.filters().is_empty();
            view.about().fields == *fields && is_empty
        });
        match is_as_created && self.has_view(key) {
            true => self.steps.delete(key),
            false => self.fail_view(key),
        }
    }

    fn restore_fields(
        &mut self,
        key: &ViewKey,
        before: &ViewFields,
        after: &ViewFields,
    ) -> Result<()> {
        let is_same = self.steps.view(key).is_some_and(|(_, view)| view.about().fields == *after);
        match is_same && self.has_view(key) {
            true => self.steps.update(key, before.clone()),
            false => self.fail_view(key),
        }
    }

    fn restore_key(&mut self, key: &ViewKey, now: &ViewKey) -> Result<()> {
        let project = self.steps.project();
        let is_named = |view| project.is_some_and(|of| of.standing.named_by(view).is_some());
        let is_free = self.steps.view(key).is_none() && !is_named(key) && !is_named(now);
        if !self.has_view(now) || !is_free {
            return self.fail_view(now);
        }
        self.steps.rename(now, key)?;
        self.note_same(key);
        Ok(())
    }

    fn restore_view(&mut self, detail: &ViewDetail) -> Result<()> {
        let key = &detail.view.key;
        if self.steps.view(key).is_some() {
            return self.fail_view(key);
        }
        self.steps.create(detail)?;
        self.note_same(key);
        Ok(())
    }

    /// Records that the view with a key is the one of the change.
    fn note_same(&mut self, key: &ViewKey) {
        if let Some((_, view)) = self.steps.view(key) {
            self.same_views.insert(key.clone(), view.about().id);
        }
    }

    fn revert_links(&mut self, part: &LinksChange) -> Result<()> {
        let LinksChange { view, resource_type, linked, restored, unlinked, holds, .. } = part;
        if holds.by_filter {
            // This part is reverted when the filters are evaluated.
            self.steps.note_previous_times(view, *resource_type, unlinked, true);
            self.note_unchanged(part);
            return Ok(());
        }
        let is_same_view = self.has_view(view);
        let records = self.steps.records(view, *resource_type, linked);
        let mut restored = restored.iter().flat_map(|times| times.iter());
        let mut made: Vec<Link<'_>> = Vec::new();
        for (name, record) in linked.iter().zip(records) {
            let restored = restored.next();
            let is_made = |record: LinkRecord| self.stamp.is_of_link(record, restored);
            let by_keys = !self.steps.filter_alone_holds(view, *resource_type, name);
            let to_restore = self.to_restore.of(view, *resource_type);
            match record.filter(|record| is_same_view && by_keys && is_made(*record)) {
                Some(record) => made.push((name, record)),
                None if links_to_restore::remove_if(to_restore, name, is_made) => {}
                None => self.steps.fail_link(view, *resource_type, name, ChangedSince)?,
            }
        }
        self.steps.release(view, *resource_type, &made)?;
        self.steps.note_unchanged(view, *resource_type, &made);
        self.restore_links(view, *resource_type, unlinked)?;
        self.restore_holds(view, *resource_type, holds)
    }

    /// Records the links of a part that filters made, if they are still as the change left them.
    fn note_unchanged(&mut self, part: &LinksChange) {
        let LinksChange { view, resource_type, linked, restored, .. } = part;
        let records = self.steps.records(view, *resource_type, linked);
        let mut restored = restored.iter().flat_map(|times| times.iter());
        let mut unchanged: Vec<Link<'_>> = Vec::new();
        for (name, record) in linked.iter().zip(records) {
            let restored = restored.next();
            let is_unchanged = |record: &LinkRecord| self.stamp.is_of_link(*record, restored);
            unchanged.extend(record.filter(is_unchanged).map(|record| (name, record)));
        }
        self.steps.note_unchanged(view, *resource_type, &unchanged);
    }

    /// Restores the holders of links that exist and are held as the change left them.
    fn restore_holds(&mut self, view: &ViewKey, of: ResourceType, holds: &Holds) -> Result<()> {
        if holds.held.is_empty() && holds.released.is_empty() {
            return Ok(());
        }
        // Holders can be restored only after their links.
        self.make_restored_links()?;
        let mut before = Holds::default();
        for (names, by_filter) in [(&holds.held, false), (&holds.released, true)] {
            let records = self.steps.records(view, of, names);
            let follows = self.has_view(view) && self.steps.standing(view, of).is_some();
            for (name, record) in names.iter().zip(records) {
                let as_left = self.steps.filter_alone_holds(view, of, name) == by_filter;
                match (follows && record.is_some() && as_left, by_filter) {
                    (true, false) => before.released.push(name),
                    (true, true) => before.held.push(name),
                    (false, true) if follows && self.steps.hold_when_restored(view, of, name) => {}
                    // A later part of the change had released it, and that part was reverted first.
                    (false, false) if self.steps.cancel_hold_when_restored(view, of, name) => {}
                    (false, _) => self.steps.fail_link(view, of, name, ChangedSince)?,
                }
            }
        }
        self.steps.change_holds(view, of, before)
    }

    fn restore_filter(&mut self, change: &FilterChange) -> Result<()> {
        let FilterChange { view, resource_type, before, filter, by_filter, .. } = change;
        let of = *resource_type;
        let follows = self.steps.standing(view, of).map(|standing| &*standing.filter);
        if !self.has_view(view) || follows != filter.as_ref() {
            return self.fail_view(view);
        }
        let nothing = NameList::default();
        let names = by_filter.as_ref().unwrap_or(&nothing);
        let is_restored = match before {
            Some(before) => {
                // A link that keys made later stays with the keys.
                let is_older = |record: LinkRecord| record.revision < self.stamp.revision;
                let records = self.steps.records(view, of, names);
                let linked = names.iter().zip(records);
                let linked = linked.filter(|(_, record)| record.is_some_and(is_older));
                let linked = linked.map(|(name, _)| name).collect();
                self.steps.set_filter_with(view, of, before, linked)?
            }
            None => {
                self.steps.end_filter(view, of, names)?;
                true
            }
        };
        if is_restored { Ok(()) } else { self.fail_view(view) }
    }

    /// Restores links that the change removed.
    fn restore_links(
        &mut self,
        view: &ViewKey,
        resource_type: ResourceType,
        removed: &RemovedLinks,
    ) -> Result<()> {
        let is_same_view = self.has_view(view);
        self.steps.note_previous_times(view, resource_type, removed, false);
        let names = removed.held_by_keys().map(|(name, _)| name).collect();
        let records = self.steps.records(view, resource_type, &names);
        let mut made_again: Vec<Link<'_>> = Vec::new();
        for ((name, record), now) in removed.held_by_keys().zip(records) {
            // The filter of the view made it again in the same change.
            let by_filter = now.filter(|now| {
                self.stamp.is_of_link(*now, None)
                    && self.steps.filter_alone_holds(view, resource_type, name)
            });
            let to_restore = self.to_restore.of(view, resource_type);
            if is_same_view && now == by_filter && !to_restore.contains_key(name) {
                to_restore.insert(name.into(), record);
                made_again.extend(by_filter.map(|now| (name, now)));
            } else {
                self.steps.fail_link(view, resource_type, name, ChangedSince)?;
            }
        }
        self.steps.remove(view, resource_type, &made_again, true)
    }

    /// Makes the links that were collected to be restored.
    fn make_restored_links(&mut self) -> Result<()> {
        for ((view, resource_type), links) in std::mem::take(&mut self.to_restore).into_parts() {
            let links: Vec<Link<'_>> =
                links.iter().map(|(name, record)| (&**name, *record)).collect();
            self.steps.link(&view, resource_type, &links)?;
        }
        Ok(())
    }

    fn revert_put(&mut self, put: &PutResource) -> Result<()> {
        let PutResource { resource_type, name, before, fields } = put;
        let project = self.steps.project();
        let row = project.and_then(|project| project.registry.get(*resource_type, name));
        match before {
            _ if row.is_none_or(|row| row.fields != *fields) => {
                self.steps.fail_resource(*resource_type, name, ChangedSince)
            }
            Some(before) => self.steps.put(*resource_type, name, &before.fields),
            None => self.steps.unregister(*resource_type, name),
        }
    }

    fn restore_registration(&mut self, resource: &Unregistered) -> Result<()> {
        let Unregistered { resource_type, name, before } = resource;
        let project = self.steps.project();
        let row = project.and_then(|project| project.registry.get(*resource_type, name));
        match row {
            Some(_) => self.steps.fail_resource(*resource_type, name, ChangedSince),
            None => self.steps.put(*resource_type, name, &before.fields),
        }
    }

    fn restore_resources(
        &mut self,
        resource_type: ResourceType,
        detail: &RemovalDetail,
    ) -> Result<()> {
        for (name, before) in &detail.registered {
            let (name, before) = (name.clone(), before.clone());
            self.restore_registration(&Unregistered { resource_type, name, before })?;
        }
        let mut links = detail.links.iter();
        links.try_for_each(|from| self.restore_links(&from.view, resource_type, &from.links))
    }

    fn revert_put_project(
        &mut self,
        before: Option<&ProjectSettings>,
        settings: &ProjectSettings,
    ) -> Result<()> {
        match self.steps.project().is_some_and(|project| *project.settings == *settings) {
            true => self.steps.put_project(&before.cloned().unwrap_or_default()),
            false => {
                self.steps.fail(RevertedItem::Project, ChangedSince);
                Ok(())
            }
        }
    }

    fn restore_project(&mut self, detail: &ProjectDetail) -> Result<()> {
        match self.steps.project().map(|project| *project.settings == detail.settings) {
            None => self.steps.put_project(&detail.settings)?,
            Some(true) => {}
            Some(false) => self.steps.fail(RevertedItem::Project, ChangedSince),
        }
        for (resource_type, name, before) in &detail.registered {
            let (name, before) = (name.clone(), before.clone());
            self.restore_registration(&Unregistered {
                resource_type: *resource_type,
                name,
                before,
            })?;
        }
        detail.views.iter().try_for_each(|view| self.restore_view(view))
    }
}

impl Stamp {
    /// Whether a link is the one that the change made or restored.
    fn is_of_link(self, record: LinkRecord, restored: Option<LinkRecord>) -> bool {
        match restored {
            Some(restored) => record == restored,
            None => (record.revision, record.linked_at) == (self.revision, self.time),
        }
    }
}
