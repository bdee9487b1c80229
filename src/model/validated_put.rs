//! Checks of resources to be registered that do not need the state: malformed names, exceeded limits, repetitions.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::key::SegmentId;
use super::key_outcome::FailureReason;
use super::limit::{self, Limits};
use super::new_resource::{Named, NewResource};
use super::registered_resource::ResourceFields;
use super::resource::{KeyPart, ResourceType};
use super::resource_name::ResourceName;
use super::time::Timestamp;

/// The resources of a put after the checks that need no store.
///
/// Encoded as the request and the limits it was validated with, so decoding validates again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Request", into = "Request")]
pub(crate) struct ValidatedPut {
    request: Request,
    resources: Vec<Result<ValidatedResource, FailureReason>>,
}

/// The input of the validation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Request {
    resources: Vec<NewResource>,
    limits: Limits,
}

/// A resource whose texts are valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ValidatedResource {
    pub(crate) resource_type: ResourceType,
    pub(crate) name: ResourceName<'static>,
    /// Without the time of creation if none was given.
    fields: ResourceFields,
    created_at: Option<Timestamp>,
}

impl From<Request> for ValidatedPut {
    fn from(request: Request) -> Self {
        let resources = validate(&request.resources, &request.limits);
        Self { request, resources }
    }
}

impl From<ValidatedPut> for Request {
    fn from(put: ValidatedPut) -> Self {
        put.request
    }
}

impl ValidatedPut {
    /// Parses the names of resources and finds repeated ones.
    ///
    /// Cost: O(n log n) with n resources.
    pub(crate) fn new(resources: Vec<NewResource>, limits: Limits) -> Self {
        Request { resources, limits }.into()
    }

    /// Each resource of the request in its order, or its failure.
    pub(crate) fn resources(&self) -> &[Result<ValidatedResource, FailureReason>] {
        &self.resources
    }

    /// The names in the request.
    pub(crate) fn into_named(self) -> Vec<Named> {
        self.request.resources.into_iter().map(|resource| resource.named).collect()
    }
}

impl ValidatedResource {
    /// Its registered fields after the put; `before` has the current ones.
    pub(crate) fn fields(&self, before: Option<&ResourceFields>, now: Timestamp) -> ResourceFields {
        let so_far = before.map(|before| before.created_at);
        let created_at = self.created_at.or(so_far).unwrap_or(now);
        ResourceFields { created_at, ..self.fields.clone() }
    }

    /// Its id, if it has one.
    pub(crate) fn id(&self) -> Option<&SegmentId> {
        self.fields.id.as_ref()
    }
}

fn validate(
    resources: &[NewResource],
    limits: &Limits,
) -> Vec<Result<ValidatedResource, FailureReason>> {
    let mut seen = BTreeSet::new();
    let validated = resources.iter().map(|resource| {
        let (resource_type, name) = name_of(resource, limits)?;
        if !seen.insert((resource_type, name.clone())) {
            return Err(FailureReason::Repeated);
        }
        validate_fields(resource, resource_type, name, limits)
    });
    validated.collect()
}

fn name_of(
    resource: &NewResource,
    limits: &Limits,
) -> Result<(ResourceType, ResourceName<'static>), FailureReason> {
    let raw = resource.named.as_raw();
    let mut name = String::new();
    raw.push_name(&mut name, limits.environment_id).map_err(|part| match part {
        KeyPart::Key(error) => FailureReason::InvalidKey(error),
        KeyPart::Environment(error) => FailureReason::InvalidEnvironment(error),
    })?;
    Ok((raw.resource_type(), ResourceName::owned(name)))
}

fn validate_fields(
    resource: &NewResource,
    resource_type: ResourceType,
    name: ResourceName<'static>,
    limits: &Limits,
) -> Result<ValidatedResource, FailureReason> {
    let id = resource.named.id().map(SegmentId::parse).transpose();
    let id = id.map_err(FailureReason::InvalidId)?;
    limit::check_resource(resource, limits).map_err(FailureReason::TooLong)?;
    let NewResource { tags, maintainer, archived, temporary, unbounded, created_at, .. } = resource;
    let attributes = resource.attributes.clone();
    let fields = ResourceFields {
        id,
        name: resource.name.clone().unwrap_or_else(|| name.parts().1.to_owned()),
        tags: tags.clone(),
        maintainer: maintainer.clone(),
        archived: *archived,
        temporary: *temporary,
        unbounded: *unbounded,
        created_at: Timestamp::default(),
        attributes,
    };
    Ok(ValidatedResource { resource_type, name, fields, created_at: *created_at })
}
