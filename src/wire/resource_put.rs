//! A resource to be registered, as JSON.

use serde::{Deserialize, Serialize};

use super::attribute::Attribute;
use super::json;
use super::request_error::RequestError;
use super::view_request::maintainer;
use crate::model::key::ProjectKey;
use crate::model::resource::ResourceType;
use crate::model::time::Timestamp;
use crate::model::{self, NewResource};

/// A resource to be registered, with the field names of the API.
///
/// A host reads it from elsewhere, such as a line of an export; the body of the API is a
/// [`ResourcePost`](super::ResourcePost). Unknown fields are ignored, since a resource of the API has many more. So
/// such a resource can be used as it is, with `resourceType` added, and `environmentId` for segments. `null` counts as
/// missing.
///
/// Attributes are values of a flag service that a store keeps for [filters](crate::filter): `status`, `staleState`,
/// `targeting`, `filterEnv` and `followerId` of flags, `type` and `external` of segments. Each is a text, a whole
/// number or a list of texts.
///
/// ```
/// use viewlink::wire::ResourcePut;
///
/// let line = br#"{"resourceType": "flag", "key": "checkout-v2", "tags": ["payments"]}"#;
/// let (project, flag) = ResourcePut::from_json(line)?.into_new_resource()?;
/// assert_eq!(project.as_str(), "default");
/// # let _ = flag;
/// # Ok::<(), viewlink::wire::RequestError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourcePut {
    /// The key of the project; `default` if missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project_key: Option<String>,
    /// The type, in the singular or the plural.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    /// The type if `resourceType` is missing; otherwise ignored, since the API has another meaning for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The key, which may be malformed.
    pub key: String,
    /// The display name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// The maintaining member; an empty text for nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maintainer_id: Option<String>,
    /// The maintaining team; an empty text for nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maintainer_team_key: Option<String>,
    /// Whether it was taken out of use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
    /// Whether it is meant to be removed some day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temporary: Option<bool>,
    /// Whether its size is unbounded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unbounded: Option<bool>,
    /// When it was created, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_date: Option<u64>,
    /// The environment's id; required for segments, not allowed for others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment_id: Option<String>,
    /// The id of a segment, also read from `id`; ignored for others.
    #[serde(rename = "_id", alias = "id", skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// How much a flag is used; ignored for others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Attribute>,
    /// Whether a flag can be removed; ignored for others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stale_state: Option<Attribute>,
    /// Whether a flag is on; ignored for others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub targeting: Option<Attribute>,
    /// The environments that the other attributes refer to, for flags; ignored for others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter_env: Option<Attribute>,
    /// The members who follow a flag; ignored for others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub follower_id: Option<Attribute>,
    /// How the members of a segment are defined; ignored for others.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub segment_type: Option<Attribute>,
    /// Where a segment that is kept elsewhere comes from; ignored for others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external: Option<Attribute>,
}

impl ResourcePut {
    /// Parses a JSON object. Example: at [`ResourcePut`].
    ///
    /// Cost: O(bytes).
    ///
    /// # Errors
    ///
    /// [`RequestError::Body`] when the bytes are not a JSON object, the key is missing, or a field is of another type.
    pub fn from_json(bytes: &[u8]) -> Result<Self, RequestError> {
        json::parse(bytes)
    }

    /// The resource, and the key of its project. Example: at [`ResourcePut`].
    ///
    /// Cost: O(bytes).
    ///
    /// # Errors
    ///
    /// [`RequestError::Parameter`] when the project's key or the type is invalid, or a segment has no environment;
    /// [`RequestError::Shape`] when another resource has one, or both a member and a team are given as maintainer.
    pub fn into_new_resource(mut self) -> Result<(ProjectKey, NewResource), RequestError> {
        let project = project(self.project_key.as_deref())?;
        let resource_type =
            resource_type(self.resource_type.take().or(self.kind.take()).as_deref())?;
        let attributes = self.take_attributes(resource_type);
        let mut resource = named(resource_type, self.environment_id, self.key, self.id)?
            .tags(self.tags.unwrap_or_default())
            .archived(self.archived.unwrap_or_default())
            .temporary(self.temporary.unwrap_or_default())
            .unbounded(self.unbounded.unwrap_or_default());
        if let Some(name) = self.name {
            resource = resource.name(name);
        }
        if let Some(time) = self.creation_date {
            resource = resource.created_at(Timestamp::from_millis(time));
        }
        if let Some(Some(who)) = maintainer(self.maintainer_id, self.maintainer_team_key)? {
            resource = resource.maintainer(who);
        }
        for (name, Attribute(value)) in attributes {
            resource = resource.attribute(name, value);
        }
        Ok((project, resource))
    }

    /// Adds the attributes of this type to the resource.
    fn take_attributes(
        &mut self,
        resource_type: ResourceType,
    ) -> Vec<(model::Attribute, Attribute)> {
        use model::Attribute as Name;
        let fields = match resource_type {
            ResourceType::Flag => vec![
                (Name::Status, self.status.take()),
                (Name::StaleState, self.stale_state.take()),
                (Name::Targeting, self.targeting.take()),
                (Name::FilterEnv, self.filter_env.take()),
                (Name::FollowerId, self.follower_id.take()),
            ],
            ResourceType::Segment => {
                vec![(Name::Type, self.segment_type.take()), (Name::External, self.external.take())]
            }
            ResourceType::AiConfig | ResourceType::Metric => Vec::new(),
        };
        fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

fn project(key: Option<&str>) -> Result<ProjectKey, RequestError> {
    let key = key.unwrap_or("default");
    let expected = "a key has 1 to 256 letters, digits, '_', '.' and '-'";
    ProjectKey::parse(key).map_err(|_| RequestError::parameter("projectKey", key, expected))
}

fn resource_type(name: Option<&str>) -> Result<ResourceType, RequestError> {
    let name = name.unwrap_or_default();
    let expected = "use flag, segment, aiConfig or metric";
    name.parse().map_err(|_| RequestError::parameter("resourceType", name, expected))
}

fn named(
    resource_type: ResourceType,
    environment: Option<String>,
    key: String,
    id: Option<String>,
) -> Result<NewResource, RequestError> {
    let plain = match resource_type {
        ResourceType::Flag => NewResource::flag,
        ResourceType::AiConfig => NewResource::ai_config,
        ResourceType::Metric => NewResource::metric,
        ResourceType::Segment => {
            let expected = "a segment needs the id of its environment";
            let missing = || RequestError::parameter("environmentId", "", expected);
            let environment = environment.ok_or_else(missing)?;
            return Ok(match id {
                Some(id) => NewResource::segment_with_id(environment, key, id),
                None => NewResource::segment(environment, key),
            });
        }
    };
    match environment {
        None => Ok(plain(key)),
        Some(_) => Err(RequestError::Shape("environmentId is for segments only: leave it out")),
    }
}
