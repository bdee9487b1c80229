//! A state from plain data, all of it at once: what [`parts`](super::parts) gives, the other way round.
//!
//! The data may come from anywhere. What [`check`](State::check) would find is found here, and told.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::link_set::LinkSet;
use super::names::{Name, Names};
use super::postings::Postings;
use super::project::{ProjectState, Resources};
use super::registry::Registry;
use super::view::ViewState;
use super::views::Views;
use super::{Head, KeyMap, State};
use crate::model::change_check::check_name;
use crate::model::change_record::Registration;
use crate::model::key::ProjectKey;
use crate::model::resource::ResourceType;
use crate::model::{ByType, Stamp, ViewRecord};
use crate::parallel::Threads;

/// Something that holds, or what does not.
pub(crate) type Sound<T> = Result<T, &'static str>;

/// Requires that something holds.
pub(super) const fn require(holds: bool, otherwise: &'static str) -> Sound<()> {
    if holds { Ok(()) } else { Err(otherwise) }
}

/// The names of a type that views link.
#[derive(Default)]
pub(crate) struct LoadedNames {
    names: Names,
    /// By rank.
    order: Vec<Name>,
}

impl LoadedNames {
    /// How many names there are.
    pub(crate) const fn len(&self) -> usize {
        self.order.len()
    }

    /// Adds the next name in key order.
    ///
    /// # Errors
    ///
    /// A name that is out of order or no name of the type.
    pub(crate) fn push(&mut self, resource_type: ResourceType, name: &str) -> Sound<()> {
        check_name(resource_type, name)?;
        let last = self.order.last().map(|last| self.names.text(last.place));
        require(last.is_none_or(|last| last < name), "names are not in key order")?;
        self.order.push(self.names.add(name));
        Ok(())
    }
}

/// The links of a view and type in key order, as they were written down.
#[derive(Default)]
pub(crate) struct PlacedLinks {
    /// The changes that made them, the oldest first.
    pub(crate) changes: Vec<Stamp>,
    /// For each link the rank of its name, its change among those, and its place in that change.
    pub(crate) links: Vec<PlacedLink>,
}

/// A link as it was written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PlacedLink {
    pub(crate) rank: u32,
    pub(crate) change: u32,
    pub(crate) request_index: u32,
}

/// The links of a view and type.
pub(crate) struct LoadedLinks(LinkSet);

impl LoadedLinks {
    /// Brings links into both orders.
    ///
    /// Cost: O(n) where changes made no more links than there are still, or O(n log n).
    ///
    /// # Errors
    ///
    /// Links that are out of order, of no name or of no change.
    pub(crate) fn new(names: &LoadedNames, placed: &PlacedLinks) -> Sound<Self> {
        let ranks = placed.links.iter().map(|link| link.rank);
        require(ranks.is_sorted_by(|one, other| one < other), "links are not in key order")?;
        LinkSet::load(&names.order, placed).map(Self)
    }
}

/// A view with its links.
pub(crate) struct LoadedView {
    pub(crate) record: ViewRecord,
    pub(crate) links: ByType<Option<LoadedLinks>>,
}

/// What is known of a project's resources.
pub(crate) struct LoadedRegistry(Registry);

impl LoadedRegistry {
    /// Indexes the resources of each type, which are in key order.
    ///
    /// Cost: O(n log n) with n resources and their tags.
    ///
    /// # Errors
    ///
    /// Resources that are out of order or malformed, and ids of several segments.
    pub(crate) fn new(head: Head, resources: ByType<Vec<(String, Registration)>>) -> Sound<Self> {
        for (resource_type, rows) in resources.iter() {
            let names = rows.iter().map(|(name, _)| name);
            require(names.is_sorted_by(|one, other| one < other), "resources are out of order")?;
            for (name, Registration { fields, revision }) in rows {
                check_name(resource_type, name)?;
                let may_have_id = resource_type == ResourceType::Segment;
                require(
                    may_have_id || fields.id.is_none(),
                    "a resource that is no segment has an id",
                )?;
                require(*revision <= head.revision, "a resource is newer than the state")?;
                require(is_set(&fields.tags), "tags are not in order")?;
            }
        }
        Registry::load(resources).map(Self)
    }
}

fn is_set(texts: &[String]) -> bool {
    texts.is_sorted_by(|one, other| one < other)
}

/// A project.
pub(crate) struct LoadedProject {
    pub(crate) key: ProjectKey,
    pub(crate) id: u32,
    /// In key order.
    pub(crate) views: Vec<LoadedView>,
    pub(crate) names: ByType<LoadedNames>,
    pub(crate) registry: LoadedRegistry,
}

impl State {
    /// The state of projects in key order, without [postings](Self::fill_postings).
    ///
    /// # Errors
    ///
    /// What does not fit together.
    pub(crate) fn load(head: Head, projects: Vec<LoadedProject>) -> Sound<Self> {
        let keys = projects.iter().map(|project| &project.key);
        require(keys.is_sorted_by(|one, other| one < other), "projects are not in key order")?;
        let (mut projects_seen, mut views_seen) = (BTreeSet::new(), BTreeSet::new());
        for project in &projects {
            require(project.id < head.next_project, "the id of a project was never given")?;
            require(projects_seen.insert(project.id), "two projects have one id")?;
            for view in &project.views {
                view.check(head)?;
                require(views_seen.insert(view.record.id), "two views have one id")?;
            }
        }
        let loaded = projects
            .into_iter()
            .map(|project| Ok((project.key.clone(), Arc::new(project.into_state()?))));
        Ok(Self { head, projects: loaded.collect::<Sound<KeyMap<_, _>>>()? })
    }

    /// Makes the postings of a state that was just loaded.
    ///
    /// Cost: O(links), on the threads that are given.
    ///
    /// # Errors
    ///
    /// A name that no view links.
    pub(crate) fn fill_postings(&mut self, threads: Threads) -> Sound<()> {
        let parts = self.projects.into_iter().flat_map(|(key, project)| {
            ResourceType::ALL.map(|resource_type| (key.clone(), &**project, resource_type))
        });
        let parts: Vec<(ProjectKey, &ProjectState, ResourceType)> = parts.collect();
        let made = threads.map(&parts, |(_, project, of)| project.make_postings(*of));
        let parts: Vec<_> = parts.into_iter().map(|(key, _, of)| (key, of)).collect();
        for ((key, resource_type), made) in parts.into_iter().zip(made) {
            let project = self.projects.get_mut_cow(&key).map(Arc::make_mut);
            let project = project.ok_or("there is no such project")?;
            project.resources.get_mut(resource_type).postings = made?;
        }
        Ok(())
    }
}

impl LoadedView {
    fn check(&self, head: Head) -> Sound<()> {
        let ViewRecord { id, fields, revision, created_at, updated_at, .. } = &self.record;
        require(*id < head.next_view, "the id of a view was never given")?;
        require(*revision <= head.revision, "a view is newer than the state")?;
        require(created_at <= updated_at, "a view was changed before it was made")?;
        require(*updated_at <= head.time, "a view is of later than the state")?;
        require(is_set(&fields.tags), "tags are not in order")?;
        for (_, links) in self.links.iter() {
            let newest = links.as_ref().and_then(|links| links.0.newest());
            let fits = |newest: Stamp| newest.revision <= *revision && newest.time <= head.time;
            require(newest.is_none_or(fits), "a link is newer than its view")?;
        }
        Ok(())
    }
}

impl LoadedProject {
    fn into_state(self) -> Sound<ProjectState> {
        let views = self.views.into_iter().map(|LoadedView { record, links }| {
            ViewState::load(record, links.map(|links| links.map(|LoadedLinks(set)| Arc::new(set))))
        });
        let mut state = ProjectState::new(self.id);
        state.views = Views::load(views.collect())?;
        state.registry = self.registry.0;
        state.resources = self
            .names
            .map(|LoadedNames { names, .. }| Resources { names, postings: Postings::default() });
        Ok(state)
    }
}

impl ProjectState {
    /// Puts the views into the postings of their resources.
    fn make_postings(&self, resource_type: ResourceType) -> Sound<Postings> {
        let names = &self.of(resource_type).names;
        let (mut postings, mut ids) = (Postings::default(), Vec::new());
        for (slot, view) in self.views.iter(None) {
            let Some(links) = view.links(resource_type) else { continue };
            ids.clear();
            ids.extend(links.by_key(names, None, 0).map(|link| names.id(link.place)));
            require(postings.insert_all(&ids, slot), "a view has a link twice")?;
        }
        let linked = |name: Name| postings.iter(name.id).next().is_some();
        require(names.iter().all(linked), "a name is linked to nothing")?;
        Ok(postings)
    }
}
