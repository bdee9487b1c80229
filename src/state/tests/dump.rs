//! All data of a state, in a few maps.

use std::collections::{BTreeMap, BTreeSet};

use crate::filter::ResourceFilter;
use crate::model::LinkRecord;
use crate::model::change_record::Registration;
use crate::model::key::{ProjectKey, ViewKey};
use crate::model::project_settings::ProjectSettings;
use crate::model::resource::ResourceType;
use crate::model::time::Timestamp;
use crate::model::view::ViewFields;
use crate::state::State;

/// The data of a state.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Dump {
    /// The projects with their ids.
    pub(super) projects: BTreeMap<ProjectKey, u32>,
    /// The settings of projects that have some.
    pub(super) settings: BTreeMap<ProjectKey, ProjectSettings>,
    pub(super) views: BTreeMap<(ProjectKey, ViewKey), DumpedView>,
    pub(super) registered: BTreeMap<(ProjectKey, ResourceType, String), Registration>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct DumpedView {
    pub(super) fields: ViewFields,
    pub(super) links: BTreeMap<(ResourceType, String), LinkRecord>,
    pub(super) filters: BTreeMap<ResourceType, ResourceFilter>,
    /// The links that only a filter holds.
    pub(super) by_filter: BTreeSet<(ResourceType, String)>,
    pub(super) counters: Counters,
}

/// The values that every change of a view increases.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Counters {
    pub(super) id: u32,
    pub(super) version: u64,
    pub(super) revision: u64,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
}

impl Dump {
    /// Sets the settings of a project.
    fn say(&mut self, project: &ProjectKey, settings: &ProjectSettings) {
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
