//! The body of a request to follow a filter.

use serde::{Deserialize, Serialize};

use super::json;
use super::link_request::parse_filter;
use super::request_error::RequestError;
use crate::filter::ResourceFilter;
use crate::model::resource::ResourceType;

/// The body of a request to follow a filter. An unknown field is an error; `null` counts as missing.
///
/// The original API has no standing filters, so this crate defines the shape.
///
/// ```
/// use viewlink::{ResourceType, wire::FollowRequest};
///
/// let body = br#"{"filter": "tags:beta", "comment": "as agreed"}"#;
/// let request = FollowRequest::from_json(body)?;
/// assert_eq!(request.comment.as_deref(), Some("as agreed"));
/// assert_eq!(request.to_filter(ResourceType::Flag)?.conditions().len(), 1);
/// # Ok::<(), viewlink::wire::RequestError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct FollowRequest {
    /// The filter.
    pub filter: String,
    /// The environment for a filter of segments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment_id: Option<String>,
    /// The reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl FollowRequest {
    /// Parses a body.
    ///
    /// Cost: O(bytes).
    ///
    /// # Errors
    ///
    /// [`RequestError::Body`] when the bytes are not valid JSON, or not a request of this kind.
    pub fn from_json(body: &[u8]) -> Result<Self, RequestError> {
        json::parse(body)
    }

    /// The filter that the view should follow for the resources of a type.
    ///
    /// Cost: O(length).
    ///
    /// # Errors
    ///
    /// Those of [`LinkRequest::into_batch`](super::LinkRequest::into_batch) that are about a filter.
    pub fn to_filter(&self, resource_type: ResourceType) -> Result<ResourceFilter, RequestError> {
        parse_filter(resource_type, &self.filter, self.environment_id.as_deref())
    }
}
