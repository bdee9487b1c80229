//! A project: its views, the names of its resources, their views, and its registry.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use super::id_set::IdSet;
use super::names::{Name, Names};
use super::postings::Postings;
use super::registry::Registry;
use super::standing::{Standing, StandingIndex};
use super::view::ViewState;
use super::views::Views;
use crate::model::ByType;
use crate::model::change_record::Registration;
use crate::model::key::EnvironmentId;
use crate::model::project_settings::ProjectSettings;
use crate::model::resource::ResourceType;
use crate::model::resource_name::environment_prefix;

/// A project. Cloning is O(1), plus the deleted views that are not swept yet.
#[derive(Clone, Debug)]
pub(super) struct ProjectState {
    pub(super) id: u32,
    pub(super) settings: Arc<ProjectSettings>,
    pub(super) views: Views,
    pub(super) resources: ByType<Resources>,
    pub(super) registry: Registry,
    pub(super) standing: Arc<StandingIndex>,
    /// Deleted views whose slots are still in postings.
    pub(super) dead: Arc<VecDeque<DeadView>>,
}

/// The linked resources of one type.
#[derive(Clone, Debug, Default)]
pub(super) struct Resources {
    pub(super) names: Names,
    pub(super) postings: Postings,
    /// The ids of the registered ones, so that the others can be counted without reading the registry.
    pub(super) registered: IdSet,
}

/// A deleted view, with the links whose postings still exist: those of types and names that are not swept yet.
#[derive(Clone, Debug)]
pub(super) struct DeadView {
    pub(super) slot: u32,
    pub(super) view: Arc<ViewState>,
    /// The number of swept links, over all types in order.
    pub(super) swept: usize,
}

impl Resources {
    /// Removes names without postings.
    pub(super) fn free(&mut self, names: &[Name]) {
        self.registered.remove(names.iter().map(|name| name.id));
        names.iter().for_each(|name| self.names.remove(name.place));
        self.reset_if_empty();
    }

    /// Frees all memory if there are no names, because holes and ids would stay unused.
    fn reset_if_empty(&mut self) {
        if self.names.len() == 0 {
            *self = Self::default();
        }
    }
}

impl ProjectState {
    pub(super) fn new(id: u32) -> Self {
        Self {
            id,
            settings: Arc::default(),
            views: Views::default(),
            resources: ByType::default(),
            registry: Registry::default(),
            standing: Arc::default(),
            dead: Arc::default(),
        }
    }

    pub(super) const fn of(&self, resource_type: ResourceType) -> &Resources {
        self.resources.get(resource_type)
    }

    /// Whether a resource is in the view with a slot.
    ///
    /// Cost: O(1), or O(log n) with the n views of a resource that is in many.
    pub(super) fn is_linked(&self, slot: u32, resource_type: ResourceType, name: &str) -> bool {
        let resources = self.of(resource_type);
        resources.names.find(name).is_some_and(|name| resources.postings.contains(name.id, slot))
    }

    /// The filter that the view with a slot follows for a type.
    pub(super) fn standing(&self, slot: u32, resource_type: ResourceType) -> Option<&Standing> {
        self.views.get(slot)?.standing(resource_type)
    }

    /// The names of all segments of an environment that are registered or linked, in key order.
    ///
    /// Cost: O(linked segments of the project + registered ones of the environment).
    pub(super) fn segments_of(&self, environment: &EnvironmentId) -> BTreeSet<Box<str>> {
        let prefix = environment_prefix(environment);
        let names = &self.of(ResourceType::Segment).names;
        let linked = names.iter().map(|name| names.text(name.place));
        let registered =
            self.registry.in_environment(ResourceType::Segment, environment).map(|(name, _)| name);
        let of_it = linked.filter(|name| name.starts_with(&prefix)).chain(registered);
        of_it.map(Box::from).collect()
    }

    /// The views that a resource is in, in the order of their slots.
    ///
    /// Cost: O(1), and O(1) for each.
    pub(super) fn views_of(
        &self,
        resource_type: ResourceType,
        name: &str,
    ) -> impl Iterator<Item = (u32, &ViewState)> {
        let name = self.of(resource_type).names.find(name).into_iter();
        name.flat_map(move |name| self.views_of_id(resource_type, name.id))
    }

    /// The same for a resource with a known id.
    pub(super) fn views_of_id(
        &self,
        resource_type: ResourceType,
        id: u32,
    ) -> impl Iterator<Item = (u32, &ViewState)> {
        let slots = self.of(resource_type).postings.iter(id);
        slots.filter_map(|slot| Some((slot, self.views.get(slot)?)))
    }

    /// Registers a resource, or changes its fields.
    ///
    /// Cost: O((1 + tags) · log resources).
    pub(super) fn register(
        &mut self,
        resource_type: ResourceType,
        name: &str,
        registration: Registration,
    ) {
        self.registry.put(resource_type, name, registration);
        let resources = self.resources.get_mut(resource_type);
        if let Some(linked) = resources.names.find(name) {
            resources.registered.insert([linked.id].into_iter());
        }
    }

    /// Removes a resource from the registry; returns whether it was registered.
    ///
    /// Cost: O((1 + tags) · log resources).
    pub(super) fn unregister(&mut self, resource_type: ResourceType, name: &str) -> bool {
        let resources = self.resources.get_mut(resource_type);
        if let Some(linked) = resources.names.find(name) {
            resources.registered.remove([linked.id].into_iter());
        }
        self.registry.remove(resource_type, name).is_some()
    }

    /// The number of views of a resource.
    ///
    /// Cost: O(1), or O(its views) while a deleted view is not swept yet.
    pub(super) fn view_count(&self, resource_type: ResourceType, id: u32) -> usize {
        match self.dead.is_empty() {
            true => self.of(resource_type).postings.count(id),
            false => self.views_of_id(resource_type, id).count(),
        }
    }
}
