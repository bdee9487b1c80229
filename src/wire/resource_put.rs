//! What is said of a resource that is to be registered.

use serde::{Deserialize, Serialize};

use super::attribute::Attribute;
use super::json;
use super::request_error::RequestError;
use super::view_request::maintainer;
use crate::model::key::ProjectKey;
use crate::model::resource::ResourceType;
use crate::model::time::Timestamp;
use crate::model::{self, NewResource};

/// A resource that is to be registered, its fields named as the API names them.
///
/// It is what a host reads from elsewhere, such as a line of an export; the body of the API is a
/// [`ResourcePost`](super::ResourcePost). Unknown fields are left out, since a resource as the API
/// gives it has many more; so it can be taken as it is, with `resourceType`, and for segments
/// `environmentId`, added. `null` is as if the field were not there.
///
/// The attributes are what a flag service knows and a store keeps as it is told, to
/// [filter](crate::filter) by: `status`, `staleState`, `targeting`, `filterEnv` and `followerId` of flags, `type` and
/// `external` of segments. Each is a text, a whole number or a list of texts.
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
    /// The key of the project; `default` where it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project_key: Option<String>,
    /// The type, in the singular or the plural.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    /// The type where `resourceType` is not said; else left out, since the API has another meaning
    /// for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The key, which may be malformed.
    pub key: String,
    /// The name people read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// The member who looks after it; an empty text for nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maintainer_id: Option<String>,
    /// The team that looks after it; an empty text for nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maintainer_team_key: Option<String>,
    /// Whether it was taken out of use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
    /// Whether it is meant to go some day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temporary: Option<bool>,
    /// Whether it has no bound on its size.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unbounded: Option<bool>,
    /// When it was created, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_date: Option<u64>,
    /// The environment's id; of segments, which must have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment_id: Option<String>,
    /// The id, also read from `id`; of segments, left out of others.
    #[serde(rename = "_id", alias = "id", skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// How much it is used; of flags, left out of others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Attribute>,
    /// Whether it can go; of flags, left out of others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stale_state: Option<Attribute>,
    /// Whether it is on; of flags, left out of others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub targeting: Option<Attribute>,
    /// The environments that these are about; of flags, left out of others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter_env: Option<Attribute>,
    /// The members who follow it; of flags, left out of others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub follower_id: Option<Attribute>,
    /// How its members are given; of segments, left out of others.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub segment_type: Option<Attribute>,
    /// Where it comes from, if it is kept elsewhere; of segments, left out of others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external: Option<Attribute>,
}

impl ResourcePut {
    /// Parses an object of JSON. Example: at [`ResourcePut`].
    ///
    /// Cost: O(bytes).
    ///
    /// # Errors
    ///
    /// [`RequestError::Body`] when the bytes are no JSON object, lack the key, or a field is of
    /// another type.
    pub fn from_json(bytes: &[u8]) -> Result<Self, RequestError> {
        json::parse(bytes)
    }

    /// The resource that it says, and the key of its project. Example: at [`ResourcePut`].
    ///
    /// Cost: O(bytes).
    ///
    /// # Errors
    ///
    /// [`RequestError::Parameter`] when the project's key or the type is none, or a segment comes
    /// without an environment; [`RequestError::Shape`] when a resource that is no segment comes
    /// with one, or a member and a team are to look after it.
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

    /// Takes what is told of a resource of this type.
    fn take_attributes(
        &mut self,
        resource_type: ResourceType,
    ) -> Vec<(model::Attribute, Attribute)> {
        use model::Attribute as Name;
        let told = match resource_type {
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
        told.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

fn project(key: Option<&str>) -> Result<ProjectKey, RequestError> {
    let key = key.unwrap_or("default");
    let expected = "a key has 1 to 256 letters, digits, '_', '.' and '-'";
    ProjectKey::parse(key).map_err(|_| RequestError::parameter("projectKey", key, expected))
}

fn resource_type(name: Option<&str>) -> Result<ResourceType, RequestError> {
    let name = name.unwrap_or_default();
    let expected = "there are flag, segment, aiConfig and metric";
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
            let expected = "a segment lives in the environment with this id";
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
