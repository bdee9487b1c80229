//! The subject of an event.

use viewlink::{EnvironmentId, KeyError, ProjectKey, Resource, ResourceKey, ResourceType, ViewKey};

use super::problem::Problem;

/// The subject of an event: a view, a resource, or both. The keys are valid, and those of views in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Subject {
    pub(super) project: String,
    /// Empty if the event has no view.
    pub(super) view: String,
    /// `None` if the event has no resource.
    pub(super) resource_type: Option<ResourceType>,
    /// The environment of a segment, else empty.
    pub(super) environment: String,
    /// The key of the resource; empty if the event has none.
    pub(super) key: String,
}

impl Subject {
    /// A project.
    pub(super) fn project(key: &str) -> Result<Self, Problem> {
        let project = text("project key", key, ProjectKey::parse)?;
        Ok(Self { project, ..Self::default() })
    }

    /// The same subject with a view.
    pub(super) fn with_view(self, key: &str) -> Result<Self, Problem> {
        Ok(Self { view: text("view key", key, ViewKey::parse)?, ..self })
    }

    /// The same subject with a resource; an empty environment means none.
    pub(super) fn with_resource(
        self,
        resource_type: &str,
        environment: Option<&str>,
        key: &str,
    ) -> Result<Self, Problem> {
        let resource_type: ResourceType = resource_type.parse().map_err(|error| {
            let shown = Problem::shown(resource_type);
            Problem::invalid_row(format!("the type {shown} is unknown: {error}"))
        })?;
        let environment = environment.unwrap_or_default();
        let environment = match (resource_type, environment) {
            (ResourceType::Segment, id) => text("environment id", id, EnvironmentId::parse)?,
            (_, "") => String::new(),
            _ => return Err(Problem::invalid_row("only segments have an environment")),
        };
        let key = text("key", key, ResourceKey::parse)?;
        Ok(Self { resource_type: Some(resource_type), environment, key, ..self })
    }

    /// The resource of the event, if it has one.
    pub(super) fn resource(&self) -> Option<Result<Resource, KeyError>> {
        let key = &self.key;
        Some(match self.resource_type? {
            ResourceType::Flag => Resource::flag(key),
            ResourceType::Segment => Resource::segment(&self.environment, key),
            ResourceType::AiConfig => Resource::ai_config(key),
            ResourceType::Metric => Resource::metric(key),
        })
    }
}

fn text<K: Into<String>>(
    what: &str,
    text: &str,
    parse: impl FnOnce(&str) -> Result<K, KeyError>,
) -> Result<String, Problem> {
    parse(text).map(Into::into).map_err(|error| Problem::invalid_key(what, text, &error))
}
