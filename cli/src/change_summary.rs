//! A change, as far as the command line shows it, from a store or from the JSON of a host.

use serde::Deserialize;
use viewlink::wire::Counts;
use viewlink::{
    ChangeKind, ChangedHolds, ChangedLinks, ProjectSettings, RawResource, RegisteredResource,
    Resource, ResourceType, ViewKey,
};

/// A change, without the details that no line shows. The JSON is that of [`viewlink::wire::ChangeDetail`].
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(crate) enum ChangeSummary {
    ViewCreated {
        view_key: String,
    },
    ViewUpdated {
        view_key: String,
    },
    ViewDeleted {
        view_key: String,
        unlinked_count: Counts,
    },
    ViewRenamed {
        view_key: String,
        new_view_key: String,
    },
    LinksChanged(Links),
    Followed {
        view_key: String,
        resource_type: String,
        filter: String,
    },
    Unfollowed {
        view_key: String,
        resource_type: String,
    },
    ManyLinksChanged {
        parts: Vec<Links>,
    },
    ResourcesPut {
        resources: Vec<Name>,
    },
    ResourcesUnregistered {
        resources: Vec<Name>,
    },
    ResourceRemoved {
        resource: Name,
        unlinked_count: u64,
    },
    EnvironmentRemoved {
        environment_id: String,
        segment_count: u64,
        unlinked_count: u64,
    },
    ProjectPut {
        project: Settings,
    },
    ProjectDeleted {
        view_count: u64,
        unlinked_count: Counts,
    },
    Steps {
        steps: Vec<Self>,
    },
    /// A change of a later version.
    #[serde(other)]
    Unknown,
}

/// Links of one view and type.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Links {
    pub(crate) view_key: String,
    /// In the singular.
    pub(crate) resource_type: String,
    pub(crate) linked: Vec<Name>,
    pub(crate) unlinked: Vec<Name>,
    /// Whether a filter that the view follows made these changes.
    #[serde(default)]
    pub(crate) by_filter: bool,
    /// Links that only the filter held before, and that keys hold now.
    #[serde(default)]
    pub(crate) held: Vec<Name>,
    /// Links that keys held before, and that only the filter holds now.
    #[serde(default)]
    pub(crate) released: Vec<Name>,
}

/// A resource by its name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Name {
    pub(crate) resource_key: String,
    /// In the singular.
    pub(crate) resource_type: String,
    /// Only for segments.
    pub(crate) environment_id: Option<String>,
}

/// The settings of a project.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Settings {
    pub(crate) name: String,
    pub(crate) require_view_association_for_new_flags: bool,
    pub(crate) require_view_association_for_new_segments: bool,
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.environment_id {
            Some(environment) => write!(f, "{environment}/{}", self.resource_key),
            None => f.write_str(&self.resource_key),
        }
    }
}

impl From<&ChangeKind> for ChangeSummary {
    fn from(kind: &ChangeKind) -> Self {
        match kind {
            ChangeKind::ViewCreated { view, .. } => {
                Self::ViewCreated { view_key: view.to_string() }
            }
            ChangeKind::ViewUpdated { view, .. } => {
                Self::ViewUpdated { view_key: view.to_string() }
            }
            ChangeKind::ViewRenamed { view, to } => {
                Self::ViewRenamed { view_key: view.to_string(), new_view_key: to.to_string() }
            }
            ChangeKind::ViewDeleted { view, unlinked } => {
                Self::ViewDeleted { view_key: view.to_string(), unlinked_count: unlinked.into() }
            }
            ChangeKind::LinksChanged { view, resource_type, linked, unlinked, holds, .. } => {
                Self::LinksChanged(Links::new(view, *resource_type, [linked, unlinked], holds))
            }
            ChangeKind::ManyLinksChanged { parts } => {
                Self::ManyLinksChanged { parts: parts.iter().map(Links::from).collect() }
            }
            ChangeKind::Followed { view, resource_type, filter } => Self::Followed {
                view_key: view.to_string(),
                resource_type: resource_type.singular().to_owned(),
                filter: filter.to_string(),
            },
            ChangeKind::Unfollowed { view, resource_type } => Self::Unfollowed {
                view_key: view.to_string(),
                resource_type: resource_type.singular().to_owned(),
            },
            ChangeKind::Steps { steps } => {
                Self::Steps { steps: steps.iter().map(Self::from).collect() }
            }
            other => Self::of_resources(other),
        }
    }
}

impl ChangeSummary {
    /// A change of resources or of the project.
    fn of_resources(kind: &ChangeKind) -> Self {
        match kind {
            ChangeKind::ResourcesPut { resources } => {
                let name = |put: &RegisteredResource| Name::from(put.resource.as_raw());
                Self::ResourcesPut { resources: resources.iter().map(name).collect() }
            }
            ChangeKind::ResourcesUnregistered { resources } => {
                Self::ResourcesUnregistered { resources: names(resources) }
            }
            ChangeKind::ResourceRemoved { resource, links } => {
                let resource = resource.as_raw().into();
                Self::ResourceRemoved { resource, unlinked_count: *links }
            }
            ChangeKind::EnvironmentRemoved { environment, segments, links } => {
                Self::EnvironmentRemoved {
                    environment_id: environment.to_string(),
                    segment_count: *segments,
                    unlinked_count: *links,
                }
            }
            ChangeKind::ProjectPut { settings } => Self::ProjectPut { project: settings.into() },
            ChangeKind::ProjectDeleted { views, unlinked } => {
                Self::ProjectDeleted { view_count: *views, unlinked_count: unlinked.into() }
            }
            _ => Self::Unknown,
        }
    }
}

impl From<&ChangedLinks> for Links {
    fn from(part: &ChangedLinks) -> Self {
        Self::new(&part.view, part.resource_type, [&part.linked, &part.unlinked], &part.holds)
    }
}

impl Links {
    fn new(
        view: &ViewKey,
        resource_type: ResourceType,
        [linked, unlinked]: [&[Resource]; 2],
        holds: &ChangedHolds,
    ) -> Self {
        Self {
            view_key: view.to_string(),
            resource_type: resource_type.singular().to_owned(),
            linked: names(linked),
            unlinked: names(unlinked),
            by_filter: holds.by_filter,
            held: names(&holds.held),
            released: names(&holds.released),
        }
    }
}

impl From<RawResource<'_>> for Name {
    fn from(resource: RawResource<'_>) -> Self {
        Self {
            resource_key: resource.key().to_owned(),
            resource_type: resource.resource_type().singular().to_owned(),
            environment_id: resource.environment().map(str::to_owned),
        }
    }
}

impl From<&ProjectSettings> for Settings {
    fn from(settings: &ProjectSettings) -> Self {
        Self {
            name: settings.name.clone(),
            require_view_association_for_new_flags: settings.require_view_for_new_flags,
            require_view_association_for_new_segments: settings.require_view_for_new_segments,
        }
    }
}

fn names(resources: &[Resource]) -> Vec<Name> {
    resources.iter().map(|resource| resource.as_raw().into()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use viewlink::wire::Changes;
    use viewlink::{
        Batch, LinkChange, NewResource, NewView, Options, ProjectSettings, Resource,
        ResourceFilter, Unfollow, ViewPatch,
    };

    use super::*;

    #[test]
    fn the_json_of_every_kind_of_change_is_read_as_the_same_change() {
        let store = Options::new().open_in_memory().unwrap();
        let project = store.project("p").unwrap();
        project.create_view(NewView::new("v", "V")).unwrap();
        project.create_view(NewView::new("w", "W")).unwrap();
        project.update_view("v", ViewPatch::new().name("X")).unwrap();
        project.link("v", Batch::flags(["a", "b"])).unwrap().all_ok().unwrap();
        let link = |view| LinkChange::link(view, Batch::segments([("prod", "s")]));
        project.change_links([link("v"), link("w")]).unwrap();
        project.put_resources([NewResource::flag("a")]).unwrap().all_ok().unwrap();
        let put = store.snapshot().unwrap().revision();
        assert!(project.revert(put).unwrap().failures.is_empty());
        project.remove_resource(&Resource::flag("b").unwrap()).unwrap();
        project.remove_environment(&"prod".parse().unwrap()).unwrap();
        project.rename_view("w", "u").unwrap();
        project.put(ProjectSettings::new().name("P")).unwrap();
        let filter = ResourceFilter::parse(ResourceType::Flag, "tags:beta").unwrap();
        project.follow("u", ResourceType::Flag, filter).unwrap().all_ok().unwrap();
        project.put_resources([NewResource::flag("c").tags(["beta"])]).unwrap().all_ok().unwrap();
        project.link("u", Batch::flags(["c"])).unwrap().all_ok().unwrap();
        project.unlink("u", Batch::flags(["c"])).unwrap().all_ok().unwrap();
        project.unfollow("u", ResourceType::Flag, Unfollow::KeepLinks).unwrap().all_ok().unwrap();
        project.delete_view("v").unwrap();
        let deleted = store.snapshot().unwrap().revision();
        assert!(project.revert(deleted).unwrap().failures.is_empty());
        project.delete().unwrap();

        let mut feed = store.feed(0).unwrap();
        let changes = feed.next_page(1_000).unwrap();
        let json = serde_json::to_value(Changes::new(&changes, feed.position().unwrap())).unwrap();
        let mut kinds = BTreeSet::new();
        for (change, json) in changes.iter().zip(json["items"].as_array().unwrap()) {
            let read = ChangeSummary::deserialize(json).unwrap();
            assert_eq!(read, ChangeSummary::from(&change.kind), "{json}");
            assert_ne!(read, ChangeSummary::Unknown);
            note_kinds(json, &mut kinds);
        }
        assert_eq!(kinds.len(), 15, "{kinds:?}");
    }

    /// Collects the kind of a change, and those of its steps.
    fn note_kinds(json: &serde_json::Value, kinds: &mut BTreeSet<String>) {
        kinds.insert(json["kind"].as_str().unwrap().to_owned());
        json["steps"].as_array().into_iter().flatten().for_each(|step| note_kinds(step, kinds));
    }

    #[test]
    fn a_kind_of_a_later_version_is_unknown() {
        let read: ChangeSummary =
            serde_json::from_str(r#"{"kind": "viewPainted", "viewKey": "v"}"#).unwrap();
        assert_eq!(read, ChangeSummary::Unknown);
    }
}
