//! A change that consists of steps. Each step is decided on the state after the steps before it.

use std::collections::BTreeMap;

use super::touched::Touched;
use super::{Context, next_id};
use crate::model::change_record::{
    Holds, LastChange, LinksChange, PutResource, RemovedLinks, RestoredView, Unregistered,
    ViewBefore, ViewDetail,
};
use crate::model::error::Result;
use crate::model::key::ViewKey;
use crate::model::project_settings::ProjectSettings;
use crate::model::resource::{Resource, ResourceType};
use crate::model::reverted::RevertResult;
use crate::model::view::ViewFields;
use crate::model::{
    Answer, Decision, Effect, FailureReason, LinkPolicy, LinkRecord, NameList, NotReverted,
    ResourceFields, RevertedItem, StandingFilter, ViewRecord,
};
use crate::state::State;
use crate::state::link_set::Entry;
use crate::state::names::Name;
use crate::state::project::ProjectState;
use crate::state::view::ViewState;

/// The steps of a change that reverts something.
pub(super) struct Steps<'a> {
    pub(super) context: &'a Context<'a>,
    policy: LinkPolicy,
    /// The state after the steps so far.
    pub(super) state: State,
    steps: Vec<Effect>,
    pub(super) result: RevertResult,
    /// The filters to be evaluated after all steps.
    pub(super) touched: Touched,
}

/// A link, and when it was made.
pub(super) type Link<'n> = (&'n str, LinkRecord);

impl<'a> Steps<'a> {
    pub(super) fn new(context: &'a Context<'a>, policy: LinkPolicy) -> Self {
        let (state, result) = (context.state.clone(), RevertResult::default());
        Self { context, policy, state, steps: Vec::new(), result, touched: Touched::default() }
    }

    /// The project after the steps so far.
    pub(super) fn project(&self) -> Option<&ProjectState> {
        self.state.projects.get(&self.context.command.project).map(|project| &**project)
    }

    pub(super) fn view(&self, key: &ViewKey) -> Option<(u32, &ViewState)> {
        self.project()?.views.find(key)
    }

    /// The last change of a view, if it was not one of the steps.
    pub(super) fn last_change(&self, view: &ViewState) -> LastChange {
        (view.change.revision != self.context.stamp.revision).then_some(view.change)
    }

    /// When links of a view were made, in the order of the names; `None` for a name that is not linked.
    ///
    /// Cost: O(n log links).
    pub(super) fn records(
        &self,
        view: &ViewKey,
        resource_type: ResourceType,
        of: &NameList,
    ) -> Vec<Option<LinkRecord>> {
        let nothing = || vec![None; of.len()];
        let (Some(project), Some((slot, view))) = (self.project(), self.view(view)) else {
            return nothing();
        };
        let (resources, Some(links)) = (project.of(resource_type), view.links(resource_type))
        else {
            return nothing();
        };
        let mut found = Vec::with_capacity(of.len());
        resources.names.find_all(of.iter(), &mut found);
        let is_linked = |name: &Name| resources.postings.contains(name.id, slot);
        let linked: Vec<Option<Name>> =
            found.into_iter().map(|name| name.filter(is_linked)).collect();
        let entries = linked.iter().flatten().map(|name| Entry::new(&resources.names, name.place));
        let entries: Vec<Entry> = entries.collect();
        let records = links.find(&resources.names, &entries);
        let mut records = records.unwrap_or_default().into_iter();
        linked.iter().map(|name| name.and_then(|_| records.next())).collect()
    }

    /// The links of a view, by the names of their resources.
    ///
    /// Cost: O(links of the type).
    pub(super) fn links(
        &self,
        view: &ViewKey,
        resource_type: ResourceType,
    ) -> BTreeMap<Box<str>, LinkRecord> {
        let (Some(project), Some((_, view))) = (self.project(), self.view(view)) else {
            return BTreeMap::new();
        };
        let names = &project.of(resource_type).names;
        let links = view.links(resource_type).into_iter();
        let links = links.flat_map(|links| links.by_time(None, 0));
        links.map(|(link, record)| (names.text(link.place).into(), record)).collect()
    }

    /// Adds a step.
    pub(super) fn add(&mut self, step: Effect) -> Result<()> {
        self.state.apply_step(&self.context.command.project, &step, self.context.stamp)?;
        match (self.steps.last_mut(), step) {
            (Some(Effect::ChangeLinks(parts)), Effect::ChangeLinks(more)) => parts.extend(more),
            (Some(Effect::PutResources(puts)), Effect::PutResources(more)) => puts.extend(more),
            (Some(Effect::Unregister(gone)), Effect::Unregister(more)) => gone.extend(more),
            (_, step) => self.steps.push(step),
        }
        Ok(())
    }

    pub(super) fn fail(&mut self, item: RevertedItem, reason: FailureReason) {
        self.result.failures.push(NotReverted { item, reason });
    }

    pub(super) fn fail_link(
        &mut self,
        view: &ViewKey,
        resource_type: ResourceType,
        name: &str,
        reason: FailureReason,
    ) -> Result<()> {
        let resource = Resource::of_state(resource_type, name)?;
        self.fail(RevertedItem::Link { view: view.clone(), resource }, reason);
        Ok(())
    }

    /// A part for the links of a view that changes nothing yet.
    pub(super) fn part(
        &self,
        view: &ViewKey,
        found: &ViewState,
        resource_type: ResourceType,
    ) -> LinksChange {
        LinksChange {
            view: view.clone(),
            last_change: self.last_change(found),
            resource_type,
            linked: NameList::default(),
            order: Vec::new(),
            restored: None,
            unlinked: RemovedLinks::default(),
            holds: Holds::default(),
        }
    }

    /// Removes existing links. Either keys hold all of them, or only the filter of the view holds all of them.
    pub(super) fn remove(
        &mut self,
        view: &ViewKey,
        resource_type: ResourceType,
        links: &[Link<'_>],
        by_filter: bool,
    ) -> Result<()> {
        let (Some((_, found)), false) = (self.view(view), links.is_empty()) else { return Ok(()) };
        let part = LinksChange {
            unlinked: RemovedLinks {
                names: links.iter().map(|(name, _)| *name).collect(),
                times: links.iter().map(|(_, record)| *record).collect(),
                by_filter: NameList::default(),
            },
            holds: Holds { by_filter, ..Holds::default() },
            ..self.part(view, found, resource_type)
        };
        self.result.success_count += if by_filter { 0 } else { links.len() as u64 };
        self.note_links_changed(view, resource_type, links);
        self.add(Effect::ChangeLinks(vec![part]))
    }

    /// Restores missing links, held by keys, except those that the link policy refuses.
    pub(super) fn link(
        &mut self,
        view: &ViewKey,
        resource_type: ResourceType,
        links: &[Link<'_>],
    ) -> Result<()> {
        let (mut linked, mut times) = (NameList::default(), Vec::new());
        for (name, record) in links {
            if self.is_refused(resource_type, name) {
                self.fail_link(view, resource_type, name, FailureReason::UnknownResource)?;
            } else if self.is_taken(view, resource_type, *record) {
                self.fail_link(view, resource_type, name, FailureReason::ChangedSince)?;
            } else {
                linked.push(name);
                times.push(*record);
            }
        }
        let (Some((_, found)), false) = (self.view(view), times.is_empty()) else { return Ok(()) };
        let part = LinksChange {
            linked,
            restored: Some(times.iter().copied().collect()),
            ..self.part(view, found, resource_type)
        };
        self.result.success_count += times.len() as u64;
        self.note_links_changed(view, resource_type, links);
        self.add(Effect::ChangeLinks(vec![part]))
    }

    /// Whether the view already has a link with the time and the request index of a link that is to be restored. Then
    /// this is not the view that had that link: another view got the key later.
    pub(super) fn is_taken(
        &self,
        view: &ViewKey,
        resource_type: ResourceType,
        record: LinkRecord,
    ) -> bool {
        let found = self.view(view).and_then(|(_, view)| view.links(resource_type));
        found.is_some_and(|links| links.has_record(record))
    }

    /// Whether only registered resources may be linked, and this one is not registered.
    fn is_refused(&self, resource_type: ResourceType, name: &str) -> bool {
        let registered = || {
            self.project()
                .is_some_and(|project| project.registry.get(resource_type, name).is_some())
        };
        self.policy == LinkPolicy::Closed && !registered()
    }

    /// Restores a missing view, with its filters and links.
    pub(super) fn create(&mut self, detail: &ViewDetail) -> Result<()> {
        next_id(self.state.head.next_view, "views")?;
        next_id(self.state.head.next_project, "projects")?;
        let ViewRecord { key, fields, version, created_at, updated_at, .. } = detail.view.clone();
        let restored = Some(RestoredView { version, created_at, updated_at });
        self.result.success_count += 1;
        self.add(Effect::CreateView { view: key.clone(), fields, restored })?;
        for StandingFilter { resource_type, filter } in &detail.view.filters {
            if !self.set_filter(&key, *resource_type, filter)? {
                self.fail(RevertedItem::View(key.clone()), FailureReason::ChangedSince);
            }
        }
        for (resource_type, removed) in &detail.links {
            self.note_previous_times(&key, *resource_type, removed, false);
            let links: Vec<Link<'_>> = removed.held_by_keys().collect();
            self.link(&key, *resource_type, &links)?;
        }
        Ok(())
    }

    /// Changes the fields of an existing view.
    pub(super) fn update(&mut self, view: &ViewKey, fields: ViewFields) -> Result<()> {
        let Some((_, found)) = self.view(view) else { return Ok(()) };
        let before = ViewBefore {
            fields: found.about().fields.clone(),
            last_change: self.last_change(found),
            updated_at: found.about().updated_at,
        };
        self.result.success_count += 1;
        self.add(Effect::UpdateView { view: view.clone(), before, fields })
    }

    /// Gives an existing view a key that no view has.
    pub(super) fn rename(&mut self, view: &ViewKey, to: &ViewKey) -> Result<()> {
        let Some((_, found)) = self.view(view) else { return Ok(()) };
        let (last_change, updated_at) = (self.last_change(found), found.about().updated_at);
        let (view, to) = (view.clone(), to.clone());
        self.result.success_count += 1;
        self.add(Effect::RenameView { view, to, last_change, updated_at })
    }

    /// Deletes an existing view without links.
    pub(super) fn delete(&mut self, view: &ViewKey) -> Result<()> {
        let Some((_, found)) = self.view(view) else { return Ok(()) };
        debug_assert_eq!(found.counts().total(), 0, "its links were removed before");
        let detail = Some(ViewDetail { view: found.to_record(), links: Vec::new() });
        let (view, unlinked) = (view.clone(), found.counts());
        self.result.success_count += 1;
        self.add(Effect::DeleteView { view, unlinked, detail })
    }

    /// Changes the fields of a resource in the registry, or registers it.
    pub(super) fn put(
        &mut self,
        resource_type: ResourceType,
        name: &str,
        fields: &ResourceFields,
    ) -> Result<()> {
        next_id(self.state.head.next_project, "projects")?;
        let registry = self.project().map(|project| &project.registry);
        let id = fields.id.as_ref().map(|id| id.as_str());
        let owner = registry.zip(id).and_then(|(registry, id)| registry.segment(id));
        if let Some(owner) = owner.filter(|owner| *owner != name) {
            let owner = Resource::of_state(ResourceType::Segment, owner)?;
            return self.fail_resource(resource_type, name, FailureReason::IdTaken { owner });
        }
        let before = registry.and_then(|registry| registry.get(resource_type, name)).cloned();
        let put =
            PutResource { resource_type, name: name.to_owned(), before, fields: fields.clone() };
        self.result.success_count += 1;
        self.note_fields_changed(resource_type, name, Some(fields));
        self.add(Effect::PutResources(vec![put]))
    }

    /// Changes the settings of a project; it begins if it does not exist.
    pub(super) fn put_project(&mut self, settings: &ProjectSettings) -> Result<()> {
        next_id(self.state.head.next_project, "projects")?;
        let before = self.project().map(|project| (*project.settings).clone());
        if before.as_ref() == Some(settings) {
            return Ok(());
        }
        self.result.success_count += 1;
        self.add(Effect::PutProject { before, settings: settings.clone() })
    }

    /// Removes a resource from the registry, and keeps its links.
    pub(super) fn unregister(&mut self, resource_type: ResourceType, name: &str) -> Result<()> {
        let row = self.project().and_then(|project| project.registry.get(resource_type, name));
        let Some(before) = row.cloned() else { return Ok(()) };
        self.result.success_count += 1;
        self.note_fields_changed(resource_type, name, None);
        let name = name.to_owned();
        self.add(Effect::Unregister(vec![Unregistered { resource_type, name, before }]))
    }

    pub(super) fn fail_resource(
        &mut self,
        resource_type: ResourceType,
        name: &str,
        reason: FailureReason,
    ) -> Result<()> {
        let resource = Resource::of_state(resource_type, name)?;
        self.fail(RevertedItem::Resource(resource), reason);
        Ok(())
    }

    /// The decision: the steps and the effects of filters as one change, if there are any.
    pub(super) fn into_decision(mut self) -> Result<Decision> {
        self.settle()?;
        let Self { context, steps, result, .. } = self;
        let change = (!steps.is_empty()).then(|| context.change_in_steps(steps));
        Ok(Decision { answer: Answer::Reverted(result), change })
    }
}
