//! The body of a link or unlink.

use serde::{Deserialize, Serialize};

use super::json;
use super::object::Object;
use super::request_error::RequestError;
use crate::filter::{ResourceCondition, ResourceFilter};
use crate::model::key::EnvironmentId;
use crate::model::resource::ResourceType;
use crate::model::{Batch, SegmentRef};

/// The body of a link or unlink: one of three shapes, distinguished by their fields.
///
/// A body with none of the shapes is an error, and so is an unknown field: a misspelt `filter` must not be ignored.
/// `null` counts as missing.
///
/// ```
/// use viewlink::wire::LinkRequest;
///
/// let request = LinkRequest::from_json(br#"{"keys": ["a"], "comment": "why"}"#)?;
/// assert!(matches!(request, LinkRequest::Keys { .. }));
///
/// let error = LinkRequest::from_json(br#"{"keys": ["a", 7]}"#).unwrap_err();
/// assert!(error.to_string().contains("keys[1]"), "{error}");
/// # Ok::<(), viewlink::wire::RequestError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, rename_all_fields = "camelCase", try_from = "Fields")]
pub enum LinkRequest {
    /// By key; segments by id.
    Keys {
        /// The keys or ids, which may be malformed or repeated.
        keys: Vec<String>,
        /// A filter for further resources.
        #[serde(skip_serializing_if = "Option::is_none")]
        filter: Option<String>,
        /// The environment for a filter of segments.
        #[serde(skip_serializing_if = "Option::is_none")]
        environment_id: Option<String>,
        /// The reason.
        #[serde(skip_serializing_if = "Option::is_none")]
        comment: Option<String>,
    },
    /// Segments by environment and key.
    SegmentIdentifiers {
        /// The segments, which may be malformed or repeated.
        segment_identifiers: Vec<SegmentIdentifier>,
        /// A filter for further resources.
        #[serde(skip_serializing_if = "Option::is_none")]
        filter: Option<String>,
        /// The environment for the filter.
        #[serde(skip_serializing_if = "Option::is_none")]
        environment_id: Option<String>,
        /// The reason.
        #[serde(skip_serializing_if = "Option::is_none")]
        comment: Option<String>,
    },
    /// All resources that match a filter.
    Filter {
        /// The filter.
        filter: String,
        /// The environment for a filter of segments.
        #[serde(skip_serializing_if = "Option::is_none")]
        environment_id: Option<String>,
        /// The reason.
        #[serde(skip_serializing_if = "Option::is_none")]
        comment: Option<String>,
    },
}

/// A segment by environment and key.
///
/// ```
/// use viewlink::{ResourceType, wire::LinkRequest};
///
/// let body = br#"{"segmentIdentifiers": [{"environmentId": "production", "segmentKey": "beta"}]}"#;
/// let batch = LinkRequest::from_json(body)?.into_batch(ResourceType::Segment)?;
/// assert_eq!(batch.len(), 1);
/// # Ok::<(), viewlink::wire::RequestError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SegmentIdentifier {
    /// The environment's id.
    pub environment_id: String,
    /// The segment's key, unique in the environment.
    pub segment_key: String,
}

/// All fields of all shapes.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Fields {
    keys: Option<Vec<String>>,
    segment_identifiers: Option<Vec<Object<SegmentIdentifier>>>,
    filter: Option<String>,
    environment_id: Option<String>,
    comment: Option<String>,
}

impl TryFrom<Fields> for LinkRequest {
    type Error = &'static str;

    fn try_from(fields: Fields) -> Result<Self, &'static str> {
        let Fields { keys, segment_identifiers, filter, environment_id, comment } = fields;
        // With keys, an empty filter adds nothing. Without keys, it could mean nothing or everything.
        let has_keys = keys.is_some() || segment_identifiers.is_some();
        let filter = filter.filter(|text| !(has_keys && text.is_empty()));
        match (keys, segment_identifiers, filter) {
            (Some(_), Some(_), _) => {
                Err("keys and segmentIdentifiers exclude each other: give one of them")
            }
            (Some(_), None, None) if environment_id.is_some() => Err(
                "environmentId is for a filter or segmentIdentifiers, not for keys alone: leave it out",
            ),
            (Some(keys), None, filter) => Ok(Self::Keys { keys, filter, environment_id, comment }),
            (None, Some(identifiers), filter) => Ok(Self::SegmentIdentifiers {
                segment_identifiers: identifiers.into_iter().map(|Object(of)| of).collect(),
                filter,
                environment_id,
                comment,
            }),
            (None, None, Some(filter)) => Ok(Self::Filter { filter, environment_id, comment }),
            (None, None, None) => {
                Err("the body has no resources: give keys, segmentIdentifiers or filter")
            }
        }
    }
}

impl LinkRequest {
    /// Parses a body. Example: at [`LinkRequest`].
    ///
    /// Cost: O(bytes).
    ///
    /// # Errors
    ///
    /// [`RequestError::Body`] when the bytes are not JSON or have none of the shapes.
    pub fn from_json(body: &[u8]) -> Result<Self, RequestError> {
        json::parse(body)
    }

    /// The requested batch, for resources of the type in the path.
    ///
    /// An empty comment counts as none. Segments in `keys` are ids. With keys and a filter, the batch has the resources
    /// of both; a filter searches segments in one environment.
    ///
    /// Cost: O(keys + length of the filter).
    ///
    /// ```
    /// use viewlink::{ResourceType, wire::LinkRequest};
    ///
    /// let body = br#"{"keys": ["checkout-v2"], "filter": "tags:backend+beta"}"#;
    /// let batch = LinkRequest::from_json(body)?.into_batch(ResourceType::Flag)?;
    /// assert_eq!(batch.len(), 1); // and the resources that match the filter
    ///
    /// let body = br#"{"filter": "tags:backend,"}"#;
    /// let error = LinkRequest::from_json(body)?.into_batch(ResourceType::Flag).unwrap_err();
    /// assert!(error.to_string().contains("at byte 13"), "{error}");
    /// # Ok::<(), viewlink::wire::RequestError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`RequestError::Filter`] when the filter is invalid for that type, or empty; [`RequestError::Parameter`] when a
    /// filter of segments comes with a missing or malformed environment id; [`RequestError::Shape`] when
    /// `segmentIdentifiers`, or an `environmentId` with a filter, are given for a type other than segments.
    pub fn into_batch(self, resource_type: ResourceType) -> Result<Batch, RequestError> {
        let (batch, filter, environment, comment) = match self {
            Self::Keys { keys, filter, environment_id, comment } => {
                (Batch::by_key(resource_type, keys), filter, environment_id, comment)
            }
            Self::SegmentIdentifiers { segment_identifiers, filter, environment_id, comment } => {
                if resource_type != ResourceType::Segment {
                    return Err(RequestError::Shape(
                        "segmentIdentifiers are for segments only: give keys",
                    ));
                }
                let refs = segment_identifiers.into_iter().map(SegmentRef::from);
                (Batch::segment_refs(refs), filter, environment_id, comment)
            }
            Self::Filter { filter, environment_id, comment } => {
                let none = Batch::by_key(resource_type, [""; 0]);
                (none, Some(filter), environment_id, comment)
            }
        };
        let batch = match filter {
            Some(text) => {
                batch.and_matching(parse_filter(resource_type, &text, environment.as_deref())?)
            }
            None => batch,
        };
        Ok(match comment {
            Some(comment) if !comment.is_empty() => batch.comment(comment),
            _ => batch,
        })
    }
}

impl From<SegmentIdentifier> for SegmentRef {
    fn from(SegmentIdentifier { environment_id, segment_key }: SegmentIdentifier) -> Self {
        Self::Named { environment: environment_id, key: segment_key }
    }
}

/// The filter of a change of links.
pub(super) fn parse_filter(
    resource_type: ResourceType,
    text: &str,
    environment: Option<&str>,
) -> Result<ResourceFilter, RequestError> {
    let filter = ResourceFilter::parse(resource_type, text).map_err(RequestError::filter)?;
    match (resource_type, environment) {
        (ResourceType::Segment, environment) => {
            let id = environment.unwrap_or_default();
            let expected = "a filter of segments needs the id of an environment";
            let id = EnvironmentId::parse(id)
                .map_err(|_| RequestError::parameter("environmentId", id, expected))?;
            Ok(filter.and(ResourceCondition::Environment(id)))
        }
        (_, None) => Ok(filter),
        (_, Some(_)) => {
            Err(RequestError::Shape("environmentId is for segments only: leave it out"))
        }
    }
}
