//! Building a state from plain data: the inverse of [`parts`](super::parts).
//!
//! The data may be invalid. Everything that [`check`](State::check) would find is found here and is an error.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::id_set::IdSet;
use super::key_map::KeyMap;
use super::link_set::LinkSet;
use super::names::{Name, Names};
use super::placed::{PlacedLink, PlacedLinks, Sound, require};
use super::postings::Postings;
use super::project::{ProjectState, Resources};
use super::registry::Registry;
use super::standing::{Standing, StandingIndex};
use super::view::ViewState;
use super::views::Views;
use super::{Head, State};
use crate::model::change_check::check_name;
use crate::model::change_record::Registration;
use crate::model::fields_check::{check_record, check_resources};
use crate::model::key::ProjectKey;
use crate::model::project_settings::ProjectSettings;
use crate::model::resource::ResourceType;
use crate::model::{ByType, NameList, Stamp, StandingFilter, ViewRecord};
use crate::parallel::Threads;

/// The names of linked resources of a type.
pub(crate) struct LoadedNames {
    names: Names,
    /// By rank.
    order: Vec<Name>,
}

impl LoadedNames {
    /// The number of names.
    pub(crate) const fn len(&self) -> usize {
        self.order.len()
    }

    /// Assigns places and ids to names. The lists continue each other in key order.
    ///
    /// Cost: O(names).
    ///
    /// # Errors
    ///
    /// A name is out of order or invalid for the type, or there are too many names.
    pub(crate) fn new(resource_type: ResourceType, lists: &[NameList]) -> Sound<Self> {
        let count = lists.iter().map(NameList::len).sum();
        let mut names = Names::with_room(count);
        require(names.has_room(count), "there are too many names")?;
        let mut order = Vec::with_capacity(count);
        let mut last = "";
        for name in lists.iter().flat_map(NameList::iter) {
            check_name(resource_type, name)?;
            require(last < name, "names are not in key order")?;
            order.push(names.add(name));
            last = name;
        }
        Ok(Self { names, order })
    }
}

/// The links of a view and type.
pub(crate) struct LoadedLinks {
    set: LinkSet,
    /// The ids of their names, in order, because ids are assigned in key order.
    ids: Vec<u32>,
    /// The ids of the links that only a filter holds, in order.
    by_filter: Vec<u32>,
}

impl LoadedLinks {
    /// Sorts links into both orders.
    ///
    /// Cost: O(n) if most links of the changes still exist, or O(n log n).
    ///
    /// # Errors
    ///
    /// Links that are out of order, or have no name or no change.
    pub(crate) fn new(names: &LoadedNames, placed: &PlacedLinks) -> Sound<Self> {
        let ranks = placed.links.iter().map(|link| link.rank);
        require(ranks.is_sorted_by(|one, other| one < other), "links are not in key order")?;
        let set = LinkSet::load(&names.order, placed)?;
        let id = |link: &PlacedLink| names.order.get(link.rank as usize).map(|name| name.id);
        let ids: Vec<u32> = placed.links.iter().filter_map(id).collect();
        debug_assert!(ids.is_sorted(), "ids are given in key order");
        let by_filter = placed.links.iter().filter(|link| link.by_filter).filter_map(id);
        Ok(Self { set, ids, by_filter: by_filter.collect() })
    }
}

/// A view with its links.
pub(crate) struct LoadedView {
    pub(crate) record: ViewRecord,
    pub(crate) links: ByType<Option<LoadedLinks>>,
}

/// The registry of a project.
pub(crate) struct LoadedRegistry(Registry);

impl LoadedRegistry {
    /// Indexes the resources of each type, which are in key order.
    ///
    /// Cost: O(n log n) with n resources and their tags.
    ///
    /// # Errors
    ///
    /// Resources that are out of order or invalid, and ids of several segments.
    pub(crate) fn new(head: Head, resources: ByType<Vec<(String, Registration)>>) -> Sound<Self> {
        for (resource_type, rows) in resources.iter() {
            check_resources(resource_type, rows.iter().map(|(name, row)| (&**name, row)))?;
            let newest = rows.iter().map(|(_, row)| row.revision).max();
            require(newest <= Some(head.revision), "a resource is newer than the state")?;
        }
        Registry::load(resources).map(Self)
    }
}

/// A project.
pub(crate) struct LoadedProject {
    pub(crate) key: ProjectKey,
    pub(crate) id: u32,
    pub(crate) settings: ProjectSettings,
    /// In key order.
    pub(crate) views: Vec<LoadedView>,
    pub(crate) names: ByType<LoadedNames>,
    pub(crate) registry: LoadedRegistry,
}

impl State {
    /// Builds the state from projects in key order.
    ///
    /// Cost: O(names + links), on the given threads.
    ///
    /// # Errors
    ///
    /// Data that does not fit together.
    pub(crate) fn load(head: Head, projects: Vec<LoadedProject>, threads: Threads) -> Sound<Self> {
        let keys = projects.iter().map(|project| &project.key);
        require(keys.is_sorted_by(|one, other| one < other), "projects are not in key order")?;
        let (mut projects_seen, mut views_seen) = (BTreeSet::new(), BTreeSet::new());
        for project in &projects {
            require(project.id < head.next_project, "the id of a project was never assigned")?;
            require(projects_seen.insert(project.id), "two projects have the same id")?;
            for view in &project.views {
                view.check(head)?;
                require(views_seen.insert(view.record.id), "two views have the same id")?;
            }
        }
        let loaded = projects
            .into_iter()
            .map(|project| Ok((project.key.clone(), Arc::new(project.into_state(threads)?))));
        Ok(Self { head, projects: loaded.collect::<Sound<KeyMap<_, _>>>()? })
    }
}

impl LoadedView {
    fn check(&self, head: Head) -> Sound<()> {
        let ViewRecord { id, change, updated_at, filters, .. } = &self.record;
        let revision = change.revision;
        require(*id < head.next_view, "the id of a view was never assigned")?;
        require(revision <= head.revision, "a view is newer than the state")?;
        require(*updated_at <= head.time, "a view is later than the state")?;
        check_record(&self.record)?;
        let in_order = filters.is_sorted_by(|one, other| one.resource_type < other.resource_type);
        require(in_order, "a view follows two filters for one type")?;
        let can_stand = filters.iter().all(|following| following.filter.can_stand());
        require(can_stand, "a view follows a filter that no view can follow")?;
        for (resource_type, links) in self.links.iter() {
            let by_filter = links.as_ref().is_some_and(|links| !links.by_filter.is_empty());
            let followed = filters.iter().any(|following| following.resource_type == resource_type);
            require(
                followed || !by_filter,
                "a filter holds a link, but the view follows no filter",
            )?;
            let newest = links.as_ref().and_then(|links| links.set.newest());
            let fits = |newest: Stamp| newest.revision <= revision && newest.time <= head.time;
            require(newest.is_none_or(fits), "a link is newer than its view")?;
        }
        Ok(())
    }
}

impl LoadedProject {
    fn into_state(self, threads: Threads) -> Sound<ProjectState> {
        let mut state = ProjectState::new(self.id);
        state.settings = Arc::new(self.settings);
        state.registry = self.registry.0;
        for (resource_type, LoadedNames { names, order }) in self.names.into_entries() {
            let linked = (0..).zip(&self.views).filter_map(|(slot, view)| {
                let links = view.links.get(resource_type).as_ref()?;
                Some((slot, links.ids.as_slice()))
            });
            let linked: Vec<(u32, &[u32])> = linked.collect();
            let postings = Postings::load(names.ids(), &linked, threads)?;
            let registered = registered(&state.registry, resource_type, &names, &order);
            *state.resources.get_mut(resource_type) = Resources { names, postings, registered };
        }
        let mut index = StandingIndex::default();
        // Slots are assigned in this order.
        let views = (0..).zip(self.views).map(|(slot, view)| view.into_state(slot, &mut index));
        state.views = Views::load(views.collect())?;
        state.standing = Arc::new(index);
        Ok(state)
    }
}

/// The ids of the registered ones among the names, which are in key order.
fn registered(
    registry: &Registry,
    resource_type: ResourceType,
    names: &Names,
    order: &[Name],
) -> IdSet {
    let mut rows = registry.iter(resource_type, None).peekable();
    let registered = order.iter().filter(|name| {
        let name = names.text(name.place);
        while rows.next_if(|(row, _)| *row < name).is_some() {}
        rows.peek().is_some_and(|(row, _)| *row == name)
    });
    IdSet::new(registered.map(|name| name.id))
}

impl LoadedView {
    /// The view in a slot; its filters are added to the index.
    fn into_state(self, slot: u32, index: &mut StandingIndex) -> ViewState {
        let Self { record, links } = self;
        let following = record.filters.iter().map(|StandingFilter { resource_type, filter }| {
            index.add(slot, *resource_type, filter);
            let keys = links.get(*resource_type).as_ref().map(LoadedLinks::held_by_keys);
            let filter = Arc::new(filter.clone());
            (*resource_type, Standing::new(filter, &keys.unwrap_or_default()))
        });
        let following: Vec<(ResourceType, Standing)> = following.collect();
        let links = links.map(|links| links.map(|links| Arc::new(links.set)));
        let mut view = ViewState::load(record, links);
        for (resource_type, standing) in following {
            view.follow(resource_type, Some(standing));
        }
        view
    }
}

impl LoadedLinks {
    /// The ids of the names whose links keys hold, in order.
    fn held_by_keys(&self) -> Vec<u32> {
        let by_filter = |id: &u32| self.by_filter.binary_search(id).is_ok();
        self.ids.iter().filter(|id| !by_filter(id)).copied().collect()
    }
}
