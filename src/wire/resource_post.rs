//! The body that registers a new resource.

use serde::Deserialize;

use super::json;
use super::request_error::RequestError;
use super::resource_put::ResourcePut;
use crate::model::NewResource;
use crate::model::resource::ResourceType;

/// The body that registers a new flag or segment, and links it to views.
///
/// It is the body of the API; fields that the registry does not have are ignored.
///
/// ```
/// use viewlink::{NewResource, ResourceType, wire::ResourcePost};
///
/// let body = br#"{"key": "checkout-v2", "name": "Checkout", "variations": [], "viewKeys": ["checkout"]}"#;
/// let post = ResourcePost::from_json(body)?;
/// assert_eq!(post.view_keys, ["checkout"]);
/// let flag = post.into_new_resource(ResourceType::Flag, None)?;
/// assert_eq!(flag, NewResource::flag("checkout-v2").name("Checkout"));
/// # Ok::<(), viewlink::wire::RequestError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourcePost {
    /// The fields of the resource; the path has its project and type, and the environment of a segment.
    pub resource: ResourcePut,
    /// The keys of the views.
    pub view_keys: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ViewKeys {
    view_keys: Option<Vec<String>>,
}

impl ResourcePost {
    /// Parses a body. Example: at [`ResourcePost`].
    ///
    /// Cost: O(bytes).
    ///
    /// # Errors
    ///
    /// [`RequestError::Body`] when the bytes are not a JSON object, the key is missing, or a field is of another type.
    pub fn from_json(body: &[u8]) -> Result<Self, RequestError> {
        let ViewKeys { view_keys } = json::parse(body)?;
        let view_keys = view_keys.unwrap_or_default();
        Ok(Self { resource: ResourcePut::from_json(body)?, view_keys })
    }

    /// The resource, with this type and, for segments, this environment. Example: at [`ResourcePost`].
    ///
    /// Cost: O(bytes).
    ///
    /// # Errors
    ///
    /// [`RequestError::Shape`] when both a member and a team are given as maintainer; [`RequestError::Parameter`] when
    /// a segment has no environment.
    pub fn into_new_resource(
        self,
        resource_type: ResourceType,
        environment: Option<&str>,
    ) -> Result<NewResource, RequestError> {
        let put = ResourcePut {
            project_key: None,
            resource_type: Some(resource_type.singular().to_owned()),
            environment_id: environment.map(str::to_owned),
            ..self.resource
        };
        Ok(put.into_new_resource()?.1)
    }
}
