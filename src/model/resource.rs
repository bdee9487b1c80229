//! The resources that a view can have: flags, segments, AI configs and metrics.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::error::{Error, StoreFile};
use super::key::{self, EnvironmentId, KeyError, MAX_KEY_LEN, ResourceKey};
use super::resource_name::{ResourceName, SEPARATOR};

/// The kind of a resource.
///
/// Requests name it in the plural and reports in the singular, as the Views REST API does.
///
/// ```
/// use viewlink::{ResourceType, UnknownResourceType};
///
/// assert_eq!("aiConfigs".parse(), Ok(ResourceType::AiConfig));
/// assert_eq!("views".parse::<ResourceType>(), Err(UnknownResourceType));
/// assert_eq!((ResourceType::Flag.singular(), ResourceType::Flag.plural()), ("flag", "flags"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ResourceType {
    /// A feature flag.
    Flag,
    /// A segment; it belongs to an environment.
    Segment,
    /// An AI config.
    AiConfig,
    /// A metric.
    Metric,
}

impl ResourceType {
    /// Every type, in a fixed order.
    pub const ALL: [Self; 4] = [Self::Flag, Self::Segment, Self::AiConfig, Self::Metric];

    /// The name a report uses: `flag`, `segment`, `aiConfig`, `metric`.
    #[must_use]
    pub const fn singular(self) -> &'static str {
        match self {
            Self::Flag => "flag",
            Self::Segment => "segment",
            Self::AiConfig => "aiConfig",
            Self::Metric => "metric",
        }
    }

    /// The name a request uses: `flags`, `segments`, `aiConfigs`, `metrics`.
    #[must_use]
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Flag => "flags",
            Self::Segment => "segments",
            Self::AiConfig => "aiConfigs",
            Self::Metric => "metrics",
        }
    }
}

/// A text that is not the name of a [`ResourceType`]. Example: there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown resource type: use flags, segments, aiConfigs or metrics")]
pub struct UnknownResourceType;

impl FromStr for ResourceType {
    type Err = UnknownResourceType;

    /// The type with this name, in the singular or the plural.
    fn from_str(text: &str) -> Result<Self, UnknownResourceType> {
        let named = |resource_type: &Self| {
            text == resource_type.plural() || text == resource_type.singular()
        };
        Self::ALL.into_iter().find(named).ok_or(UnknownResourceType)
    }
}

impl fmt::Display for ResourceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.singular())
    }
}

/// A resource by its parsed name.
///
/// ```
/// use viewlink::{Resource, ResourceType};
///
/// let flag = Resource::flag("checkout-v2")?;
/// assert_eq!(flag.resource_type(), ResourceType::Flag);
/// let segment = Resource::segment("production", "beta-users")?;
/// assert_eq!(segment.to_string(), "production/beta-users");
/// assert_eq!(segment.environment().map(|id| id.as_str()), Some("production"));
/// assert_eq!(Resource::ai_config("chat")?.as_raw().key(), "chat");
/// assert!(Resource::metric("no key").is_err());
/// # Ok::<(), viewlink::KeyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Resource {
    /// A feature flag.
    Flag(ResourceKey),
    /// A segment of an environment.
    Segment {
        /// The environment of the segment.
        environment: EnvironmentId,
        /// The segment's key, unique in its environment.
        key: ResourceKey,
    },
    /// An AI config.
    AiConfig(ResourceKey),
    /// A metric.
    Metric(ResourceKey),
}

impl Resource {
    /// The flag with this key. Example: at [`Resource`].
    ///
    /// Cost: O(length).
    ///
    /// # Errors
    ///
    /// [`KeyError`] when the text is not a key.
    pub fn flag(key: &str) -> Result<Self, KeyError> {
        ResourceKey::parse(key).map(Self::Flag)
    }

    /// The segment with this key in this environment. Example: at [`Resource`].
    ///
    /// Cost: O(length).
    ///
    /// # Errors
    ///
    /// [`KeyError`] when one of the texts is not a key.
    pub fn segment(environment: &str, key: &str) -> Result<Self, KeyError> {
        let environment = EnvironmentId::parse(environment)?;
        let key = ResourceKey::parse(key)?;
        Ok(Self::Segment { environment, key })
    }

    /// The AI config with this key. Example: at [`Resource`].
    ///
    /// Cost: O(length).
    ///
    /// # Errors
    ///
    /// [`KeyError`] when the text is not a key.
    pub fn ai_config(key: &str) -> Result<Self, KeyError> {
        ResourceKey::parse(key).map(Self::AiConfig)
    }

    /// The metric with this key. Example: at [`Resource`].
    ///
    /// Cost: O(length).
    ///
    /// # Errors
    ///
    /// [`KeyError`] when the text is not a key.
    pub fn metric(key: &str) -> Result<Self, KeyError> {
        ResourceKey::parse(key).map(Self::Metric)
    }

    /// The type of the resource.
    #[must_use]
    pub const fn resource_type(&self) -> ResourceType {
        match self {
            Self::Flag(_) => ResourceType::Flag,
            Self::Segment { .. } => ResourceType::Segment,
            Self::AiConfig(_) => ResourceType::AiConfig,
            Self::Metric(_) => ResourceType::Metric,
        }
    }

    /// The key of the resource, for a segment without its environment.
    #[must_use]
    pub const fn key(&self) -> &ResourceKey {
        match self {
            Self::Flag(key)
            | Self::Segment { key, .. }
            | Self::AiConfig(key)
            | Self::Metric(key) => key,
        }
    }

    /// The environment of a segment.
    #[must_use]
    pub const fn environment(&self) -> Option<&EnvironmentId> {
        match self {
            Self::Segment { environment, .. } => Some(environment),
            _ => None,
        }
    }

    /// The resource as its type and the texts it is named by.
    #[must_use]
    pub fn as_raw(&self) -> RawResource<'_> {
        RawResource {
            resource_type: self.resource_type(),
            environment: self.environment().map(EnvironmentId::as_str),
            key: self.key().as_str(),
        }
    }

    /// The name as the tables store it.
    pub(crate) fn name(&self) -> ResourceName<'_> {
        match self {
            Self::Segment { environment, key } => {
                ResourceName::join(environment.as_str(), key.as_str())
            }
            _ => ResourceName::packed(self.key().as_str()),
        }
    }

    /// The resource with a name; `None` when the text is not a valid name.
    ///
    /// Cost: O(length), and one allocation for each key of the name.
    pub(crate) fn from_name(resource_type: ResourceType, name: &str) -> Option<Self> {
        let of_key = match resource_type {
            ResourceType::Flag => Self::Flag,
            ResourceType::AiConfig => Self::AiConfig,
            ResourceType::Metric => Self::Metric,
            ResourceType::Segment => {
                let (environment, key) = name.split_once(SEPARATOR)?;
                return Self::segment(environment, key).ok();
            }
        };
        ResourceKey::parse(name).map(of_key).ok()
    }

    /// The resource with a name that the state has.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] when the text is not a valid name.
    pub(crate) fn of_state(resource_type: ResourceType, name: &str) -> Result<Self, Error> {
        Self::from_name(resource_type, name).ok_or_else(|| {
            let part = format!("names of the type {resource_type}");
            Error::damaged(StoreFile::State, part, "a name is malformed")
        })
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_raw().fmt(f)
    }
}

/// A resource as a request names it: the texts may be invalid.
///
/// Displayed as its key, or `environment/key` for a segment, with unprintable characters escaped. Example: at
/// [`Failure`](crate::Failure).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RawResource<'a> {
    pub(crate) resource_type: ResourceType,
    pub(crate) environment: Option<&'a str>,
    pub(crate) key: &'a str,
}

impl<'a> RawResource<'a> {
    /// The type the request asked for.
    #[must_use]
    pub const fn resource_type(&self) -> ResourceType {
        self.resource_type
    }

    /// The key as the request gave it.
    #[must_use]
    pub const fn key(&self) -> &'a str {
        self.key
    }

    /// The environment id as the request gave it, for segments.
    #[must_use]
    pub const fn environment(&self) -> Option<&'a str> {
        self.environment
    }

    /// The length of the name, if the texts are valid.
    pub(crate) fn name_len(&self) -> usize {
        self.environment.map_or(0, |environment| environment.len() + 1) + self.key.len()
    }

    /// Parses the texts and appends the name, as the tables store it, to `names`; appends nothing on failure.
    ///
    /// `environment_limit` is the greatest length of an environment id, in bytes.
    pub(crate) fn push_name(
        &self,
        names: &mut String,
        environment_limit: usize,
    ) -> Result<(), KeyPart> {
        if let Some(environment) = self.environment {
            key::check(environment, environment_limit).map_err(KeyPart::Environment)?;
        }
        key::check(self.key, MAX_KEY_LEN).map_err(KeyPart::Key)?;
        if let Some(environment) = self.environment {
            names.push_str(environment);
            names.push(SEPARATOR);
        }
        names.push_str(self.key);
        Ok(())
    }
}

impl fmt::Display for RawResource<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(environment) = self.environment {
            write!(f, "{}/", environment.escape_debug())?;
        }
        write!(f, "{}", self.key.escape_debug())
    }
}

/// Which part of a resource's name is malformed, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeyPart {
    Key(KeyError),
    Environment(KeyError),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::resource_name::environment_prefix;

    #[test]
    fn a_name_is_converted_back_to_its_resource() {
        for resource in [
            Resource::flag("a").unwrap(),
            Resource::segment("env", "seg").unwrap(),
            Resource::ai_config("x.y").unwrap(),
            Resource::metric("m-1").unwrap(),
        ] {
            let name = resource.name();
            let back = Resource::from_name(resource.resource_type(), name.as_str());
            assert_eq!(back, Some(resource.clone()));
        }
    }

    #[test]
    fn a_type_is_known_by_both_its_names() {
        for resource_type in ResourceType::ALL {
            assert_eq!(resource_type.plural().parse(), Ok(resource_type));
            assert_eq!(resource_type.singular().parse(), Ok(resource_type));
        }
        assert_eq!("Flags".parse::<ResourceType>(), Err(UnknownResourceType));
    }

    #[test]
    fn a_text_that_is_not_a_name_is_not_a_resource() {
        for name in ["", "a b", "no-separator"] {
            assert_eq!(Resource::from_name(ResourceType::Segment, name), None);
        }
        assert_eq!(Resource::from_name(ResourceType::Flag, "a\0b"), None);
    }

    #[test]
    fn no_environment_is_a_prefix_of_another_ones_segments() {
        let short = EnvironmentId::parse("prod").unwrap();
        let long = Resource::segment("prod2", "x").unwrap();
        assert!(!long.name().as_str().starts_with(&environment_prefix(&short)));
    }

    #[test]
    fn a_displayed_raw_resource_has_no_control_characters() {
        let raw = RawResource {
            resource_type: ResourceType::Segment,
            environment: Some("e\n"),
            key: "k\u{1b}",
        };
        assert_eq!(raw.to_string(), "e\\n/k\\u{1b}");
    }
}
