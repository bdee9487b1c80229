//! The answer to a link or unlink.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::changes::Links;
use super::linked_resources::LinkedResources;
use crate::model::resource::ResourceType;
use crate::model::{Failure, Report};

/// The answer to a link or unlink, including partial failures. The status is always 200, since clients ignore the body
/// of any other status. Example: at [`wire`](super).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LinkReport<'a> {
    /// How many keys, and resources that a filter found, did not fail.
    pub success_count: usize,
    /// How many keys failed.
    pub failure_count: usize,
    /// The keys that failed, in request order.
    #[serde(borrow)]
    pub failed_resources: Vec<FailedResource<'a>>,
    /// The resources now linked to the view; only after a link, and only if a host adds them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub linked_resources: Option<LinkedResources>,
    /// The links that standing filters made and removed because of it. LaunchDarkly's API has no such field. It is absent
    /// if there are none.
    #[serde(skip_deserializing, skip_serializing_if = "Vec::is_empty")]
    pub followed: Vec<Links<'a>>,
}

/// A key that failed. Example: at [`wire`](super).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FailedResource<'a> {
    /// The key as the request gave it. For a segment named by id: its key, or the id if it is not registered.
    #[serde(borrow)]
    pub resource_key: Cow<'a, str>,
    /// The type of the resource.
    #[serde(with = "super::resource_type")]
    pub resource_type: ResourceType,
    /// Why it failed, for people.
    #[serde(borrow)]
    pub error_message: Cow<'a, str>,
    /// The environment of a segment, from the request or from the registration of the id.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub environment_id: Option<Cow<'a, str>>,
    /// Why it failed, for programs: the text of a [`FailureCode`](crate::FailureCode). The original API has no such
    /// field, and its clients accept it.
    #[serde(borrow)]
    pub code: Cow<'a, str>,
}

impl<'a> LinkReport<'a> {
    /// The answer for a report.
    ///
    /// Cost: O(keys).
    #[must_use]
    pub fn new(report: &'a Report) -> Self {
        Self {
            success_count: report.success_count(),
            failure_count: report.failure_count(),
            failed_resources: report.failures().map(FailedResource::new).collect(),
            linked_resources: None,
            followed: report.followed().iter().map(Links::of_part).collect(),
        }
    }
}

impl<'a> FailedResource<'a> {
    fn new(failure: Failure<'a>) -> Self {
        let resource = failure.resource();
        Self {
            resource_key: resource.key().into(),
            resource_type: resource.resource_type(),
            error_message: failure.reason().to_string().into(),
            environment_id: resource.environment().map(Into::into),
            code: failure.code().as_str().into(),
        }
    }
}
