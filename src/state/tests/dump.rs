//! All that a state tells, in a few maps.

use std::collections::{BTreeMap, BTreeSet};

use crate::filter::ResourceFilter;
use crate::model::change_record::{
    FilterChange, Holds, LinksChange, Registration, RemovedLinks, ViewDetail,
};
use crate::model::key::{ProjectKey, ViewKey};
use crate::model::project_settings::ProjectSettings;
use crate::model::resource::ResourceType;
use crate::model::time::Timestamp;
use crate::model::view::ViewFields;
use crate::model::{LinkRecord, NameList};
use crate::state::State;

/// What a state holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Dump {
    /// With the ids of the projects.
    pub(super) projects: BTreeMap<ProjectKey, u32>,
    /// Of projects of which something is said.
    pub(super) settings: BTreeMap<ProjectKey, ProjectSettings>,
    pub(super) views: BTreeMap<(ProjectKey, ViewKey), DumpedView>,
    pub(super) registered: BTreeMap<(ProjectKey, ResourceType, String), Registration>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct DumpedView {
    pub(super) fields: ViewFields,
    pub(super) links: BTreeMap<(ResourceType, String), LinkRecord>,
    pub(super) filters: BTreeMap<ResourceType, ResourceFilter>,
    /// What a filter alone holds.
    pub(super) by_filter: BTreeSet<(ResourceType, String)>,
    pub(super) counters: Counters,
}

/// What every change of a view moves on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Counters {
    pub(super) id: u32,
    pub(super) version: u64,
    pub(super) revision: u64,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
}

impl DumpedView {
    pub(super) fn of(detail: &ViewDetail) -> Self {
        let ViewDetail {
            id,
            fields,
            version,
            revision,
            created_at,
            updated_at,
            links,
            filters,
            key: _,
        } = detail.clone();
        let counters = Counters { id, version, revision, created_at, updated_at };
        let filters = filters.into_iter().map(|of| (of.resource_type, of.filter)).collect();
        let (links_before, by_filter) = (BTreeMap::new(), BTreeSet::new());
        let mut view = Self { fields, links: links_before, filters, by_filter, counters };
        links.iter().for_each(|(resource_type, links)| view.restore(*resource_type, links));
        view
    }

    /// Puts links back that were removed.
    pub(super) fn restore(&mut self, resource_type: ResourceType, removed: &RemovedLinks) {
        assert_eq!(removed.names.len(), removed.times.len());
        for (name, time) in removed.names.iter().zip(removed.times.iter()) {
            let before = self.links.insert((resource_type, name.to_owned()), time);
            assert_eq!(before, None, "{name} is linked");
        }
        let by_filter = removed.by_filter.iter().map(|name| (resource_type, name.to_owned()));
        self.by_filter.extend(by_filter);
    }

    /// Takes back what a part of a change did.
    pub(super) fn take_back(&mut self, part: &LinksChange) {
        for name in part.linked.iter() {
            let removed = self.links.remove(&(part.resource_type, name.to_owned()));
            assert!(removed.is_some(), "{name} is not linked");
        }
        self.restore(part.resource_type, &part.unlinked);
        let of = |name: &str| (part.resource_type, name.to_owned());
        let Holds { by_filter, held, released } = &part.holds;
        if *by_filter {
            part.linked.iter().for_each(|name| assert!(self.by_filter.remove(&of(name))));
            self.by_filter.extend(part.unlinked.names.iter().map(of));
        }
        held.iter().for_each(|name| assert!(self.by_filter.insert(of(name))));
        released.iter().for_each(|name| assert!(self.by_filter.remove(&of(name))));
    }

    /// Takes back what a change did to a filter.
    pub(super) fn refilter(&mut self, change: &FilterChange) {
        let FilterChange { resource_type, before, filter, by_filter, .. } = change;
        let after = match before {
            Some(before) => self.filters.insert(*resource_type, before.clone()),
            None => self.filters.remove(resource_type),
        };
        assert_eq!(after, *filter);
        let names = by_filter.iter().flat_map(NameList::iter);
        for name in names.map(|name| (*resource_type, name.to_owned())) {
            match before {
                Some(_) => assert!(self.by_filter.insert(name)),
                None => assert!(self.by_filter.remove(&name)),
            }
        }
    }
}

impl Dump {
    /// Says what a project is, or was.
    pub(super) fn say(&mut self, project: &ProjectKey, settings: &ProjectSettings) {
        self.settings.remove(project);
        if *settings != ProjectSettings::default() {
            self.settings.insert(project.clone(), settings.clone());
        }
    }

    pub(super) fn of(state: &State) -> Self {
        let mut dump = Self::default();
        for (key, project) in &state.projects {
            dump.projects.insert(key.clone(), project.id);
            dump.say(key, &project.settings);
            for (_, view) in project.views.iter(None) {
                let found = view.to_view();
                let counters = Counters {
                    id: found.id,
                    version: found.version,
                    revision: found.revision,
                    created_at: found.created_at,
                    updated_at: found.updated_at,
                };
                let fields = view.about().fields.clone();
                let filters = view.filters().into_iter().map(|of| (of.resource_type, of.filter));
                let filters = filters.collect();
                let (links, by_filter) = (BTreeMap::new(), BTreeSet::new());
                let mut dumped = DumpedView { fields, links, filters, by_filter, counters };
                for resource_type in ResourceType::ALL {
                    let names = &project.of(resource_type).names;
                    let links = view.links(resource_type).into_iter();
                    for (link, record) in links.flat_map(|links| links.by_time(None, 0)) {
                        let name = (resource_type, names.text(link.place).to_owned());
                        let standing = view.standing(resource_type);
                        let id = names.id(link.place);
                        if standing.is_some_and(|standing| !standing.keys_hold(id)) {
                            dumped.by_filter.insert(name.clone());
                        }
                        dumped.links.insert(name, record);
                    }
                }
                dump.views.insert((key.clone(), found.key), dumped);
            }
            for resource_type in ResourceType::ALL {
                for (name, row) in project.registry.iter(resource_type, None) {
                    let place = (key.clone(), resource_type, name.to_owned());
                    dump.registered.insert(place, row.clone());
                }
            }
        }
        dump
    }
}
