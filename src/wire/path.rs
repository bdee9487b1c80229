//! The paths of the API. All parts of them are parsed keys, which need no percent-encoding.

use crate::model::key::{EnvironmentId, ProjectKey, ViewKey};
use crate::model::resource::{Resource, ResourceType};

/// The projects of a store.
pub(super) const PROJECTS: &str = "/api/v2/projects";

pub(super) fn project(project: &ProjectKey) -> String {
    format!("{PROJECTS}/{project}")
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

/// The registered resources of a type, for segments those of an environment.
pub(super) fn registered(
    project: &ProjectKey,
    resource_type: ResourceType,
    environment: Option<&EnvironmentId>,
) -> String {
    match (resource_type, environment) {
        (ResourceType::Segment, Some(environment)) => {
            format!("/api/v2/segments/{project}/{environment}")
        }
        (ResourceType::Segment, None) => format!("/api/v2/segments/{project}"),
        (ResourceType::Flag, _) => format!("/api/v2/flags/{project}"),
        (ResourceType::AiConfig, _) => format!("/api/v2/projects/{project}/ai-configs"),
        (ResourceType::Metric, _) => format!("/api/v2/metrics/{project}"),
    }
}

/// The path of the resource in the original API.
pub(super) fn resource(project: &ProjectKey, resource: &Resource) -> String {
    let list = registered(project, resource.resource_type(), resource.environment());
    format!("{list}/{}", resource.key())
}
