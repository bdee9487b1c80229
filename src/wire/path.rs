//! The paths of the API. All parts of them are parsed keys, which need no percent-encoding.

use crate::model::key::{ProjectKey, ViewKey};
use crate::model::resource::{Resource, ResourceType};

pub(super) fn project(project: &ProjectKey) -> String {
    format!("/api/v2/projects/{project}")
}

pub(super) fn views(project: &ProjectKey) -> String {
    format!("{}/views", self::project(project))
}

pub(super) fn view(project: &ProjectKey, view: &ViewKey) -> String {
    format!("{}/{view}", views(project))
}

pub(super) fn linked(project: &ProjectKey, of: &ViewKey, resource_type: ResourceType) -> String {
    format!("{}/linked/{}", view(project, of), resource_type.plural())
}

pub(super) fn views_of(project: &ProjectKey, resource: &Resource) -> String {
    let (of, key) = (resource.resource_type().plural(), resource.key());
    format!("/api/v2/projects/{project}/view-associations/{of}/{key}")
}

/// Where the system this API comes from keeps the resource.
pub(super) fn resource(project: &ProjectKey, resource: &Resource) -> String {
    match resource {
        Resource::Flag(key) => format!("/api/v2/flags/{project}/{key}"),
        Resource::Segment { environment, key } => {
            format!("/api/v2/segments/{project}/{environment}/{key}")
        }
        Resource::AiConfig(key) => format!("/api/v2/projects/{project}/ai-configs/{key}"),
        Resource::Metric(key) => format!("/api/v2/metrics/{project}/{key}"),
    }
}
