//! The registered fields of a resource.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::attribute::{Attribute, AttributeValue, Attributes};
use super::key::SegmentId;
use super::resource::Resource;
use super::time::Timestamp;
use super::view::Maintainer;

/// The registered fields of a resource, in the form tables and journal keep.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ResourceFields {
    /// For segments, if there is one.
    pub(crate) id: Option<SegmentId>,
    pub(crate) name: String,
    /// Sorted, each once.
    pub(crate) tags: Vec<String>,
    pub(crate) maintainer: Option<Maintainer>,
    pub(crate) archived: bool,
    pub(crate) temporary: bool,
    pub(crate) unbounded: bool,
    pub(crate) created_at: Timestamp,
    pub(crate) attributes: Attributes,
}

/// A resource of a project's registry. Example: at
/// [`resource`](crate::ProjectSnapshot::resource).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RegisteredResource {
    /// Its type and key, for a segment with its environment.
    pub resource: Resource,
    /// The id of a segment, unique in the project.
    pub id: Option<SegmentId>,
    /// The display name.
    pub name: String,
    /// The tags, sorted, each once.
    pub tags: Vec<String>,
    /// The maintainer.
    pub maintainer: Option<Maintainer>,
    /// Whether it was taken out of use.
    pub archived: bool,
    /// Whether it is meant to be removed some day, such as a temporary flag.
    pub temporary: bool,
    /// Whether its size is unbounded, as a segment's may be.
    pub unbounded: bool,
    /// When it was created.
    pub created_at: Timestamp,
    /// Its attributes, by name; texts of a set are sorted, without duplicates.
    pub attributes: BTreeMap<Attribute, AttributeValue>,
    /// The revision of the last change of these fields.
    pub revision: u64,
}

impl RegisteredResource {
    pub(crate) fn new(resource: Resource, fields: ResourceFields, revision: u64) -> Self {
        let ResourceFields {
            id,
            name,
            tags,
            maintainer,
            archived,
            temporary,
            unbounded,
            created_at,
            attributes,
        } = fields;
        Self {
            resource,
            id,
            name,
            tags,
            maintainer,
            archived,
            temporary,
            unbounded,
            created_at,
            attributes,
            revision,
        }
    }
}
