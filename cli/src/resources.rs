//! The project and the resources of a command.

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use viewlink::{
    EnvironmentId, ProjectKey, Resource, ResourceCondition, ResourceFilter, ResourceType,
};

use crate::error::{Error, Result};

/// The project of a command.
#[derive(Clone, Debug, Args)]
pub(crate) struct ProjectArguments {
    /// The project
    #[arg(long, value_name = "KEY", default_value = "default")]
    project: ProjectKey,
}

impl ProjectArguments {
    /// The key of the project.
    pub(crate) const fn key(&self) -> &ProjectKey {
        &self.project
    }
}

/// The type of the resources of a command.
#[derive(Clone, Debug, Args)]
pub(crate) struct TypeArguments {
    /// The type of the resources
    #[arg(long = "type", value_name = "TYPE", default_value = "flags", value_parser = types())]
    resource_type: ResourceType,

    /// The environment of segments; a segment can also be named ENVIRONMENT/KEY
    #[arg(long, value_name = "ID")]
    environment: Option<EnvironmentId>,
}

impl TypeArguments {
    /// The type, if the arguments are consistent.
    pub(crate) fn resource_type(&self) -> Result<ResourceType> {
        match (self.resource_type, &self.environment) {
            (ResourceType::Segment, _) | (_, None) => Ok(self.resource_type),
            (_, Some(_)) => Err(Error::Usage(
                "--environment is for segments only: remove it, or add --type segments",
            )),
        }
    }

    /// The environment and the key of the segment that a text names. They may be invalid; then the key fails.
    pub(crate) fn segment<'a>(&'a self, text: &'a str) -> (&'a str, &'a str) {
        let environment = self.environment.as_ref().map_or("", EnvironmentId::as_str);
        text.split_once('/').unwrap_or((environment, text))
    }

    /// The resource of a command.
    pub(crate) fn resource(&self, text: &str) -> Result<Resource> {
        let resource_type = self.resource_type()?;
        let parsed = match resource_type {
            ResourceType::Flag => Resource::flag(text),
            ResourceType::AiConfig => Resource::ai_config(text),
            ResourceType::Metric => Resource::metric(text),
            ResourceType::Segment => match self.segment(text) {
                ("", _) => {
                    return Err(Error::Usage(
                        "a segment belongs to an environment: name it ENVIRONMENT/KEY, or add \
                         --environment",
                    ));
                }
                (environment, key) => Resource::segment(environment, key),
            },
        };
        let text = text.chars().take(MOST_SHOWN).collect();
        parsed.map_err(|source| Error::Resource { resource_type, text, source })
    }

    /// A filter for the resources that a change concerns.
    pub(crate) fn one_filter(&self, text: &str) -> Result<ResourceFilter> {
        // A filter for segments must name one environment, because nobody means the segments of all environments.
        if self.resource_type()? == ResourceType::Segment && self.environment.is_none() {
            return Err(Error::Usage(
                "a filter finds segments of one environment: add --environment",
            ));
        }
        self.filter(Some(text))
    }

    /// A filter for a list; it finds all resources if there is no text.
    pub(crate) fn filter(&self, text: Option<&str>) -> Result<ResourceFilter> {
        let filter = match text {
            Some(text) => {
                ResourceFilter::parse(self.resource_type()?, text).map_err(Error::filter(text))?
            }
            None => ResourceFilter::all(),
        };
        Ok(match &self.environment {
            Some(environment) => filter.and(ResourceCondition::Environment(environment.clone())),
            None => filter,
        })
    }
}

/// The largest number of characters of a text in an error.
const MOST_SHOWN: usize = 300;

fn types() -> impl TypedValueParser<Value = ResourceType> {
    let name = |of: ResourceType| PossibleValue::new(of.plural()).alias(of.singular());
    PossibleValuesParser::new(ResourceType::ALL.map(name))
        .try_map(|text| text.parse::<ResourceType>())
}
