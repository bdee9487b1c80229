//! The operations on registered flags and segments.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use viewlink::wire::{self, ErrorBody, ErrorCode, LinkReport, ResourcePost, Resources};
use viewlink::{EnvironmentId, Error, Project, Resource, ResourceCondition, ResourceType};

use crate::answer::Answer;
use crate::failure::Failure;
use crate::host::Host;
use crate::json_body::JsonBody;
use crate::keys::Caller;
use crate::path_parts::PathParts;
use crate::query::{AsOf, ReadQuery};
use crate::terms::Terms;

/// The meaning of a path: the flags of a project or the segments of an environment, or one of them.
#[derive(Deserialize)]
pub(crate) struct Place {
    project: String,
    environment: Option<String>,
    key: Option<String>,
}

impl Place {
    const fn resource_type(&self) -> ResourceType {
        match self.environment {
            Some(_) => ResourceType::Segment,
            None => ResourceType::Flag,
        }
    }

    /// The resource with a key.
    fn resource(&self, key: &str) -> Result<Resource, Failure> {
        let resource = match &self.environment {
            Some(environment) => Resource::segment(environment, key),
            None => Resource::flag(key),
        };
        Ok(resource.map_err(Error::from)?)
    }

    /// The resource that the path names.
    fn named(&self) -> Result<Resource, Failure> {
        self.resource(self.key.as_deref().unwrap_or_default())
    }

    fn unknown(&self) -> Failure {
        let (of, key) = (self.resource_type(), self.key.as_deref().unwrap_or_default());
        let message = format!("there is no {of} {key:?} in project {}", self.project);
        Failure::new(ErrorCode::UnknownResource, message)
    }
}

/// The flags of a project, or the segments of an environment.
pub(crate) async fn list(
    State(host): State<Host>,
    PathParts(place): PathParts<Place>,
    ReadQuery { query, as_of }: ReadQuery,
) -> Result<Response, Failure> {
    host.call(move |host| {
        let of = place.resource_type();
        let environment = place.environment.as_deref().map(EnvironmentId::parse);
        let environment = environment.transpose().map_err(Error::from)?;
        let mut filter = query.resource_filter(of)?;
        if let Some(environment) = &environment {
            filter = filter.and(ResourceCondition::Environment(environment.clone()));
        }
        let paging = query.resource_paging()?;
        let (page, key) = host.read(&place.project, as_of, |reader| {
            Ok((reader.resources(of, &filter, paging)?, reader.info().key))
        })?;
        Answer::of(&Resources::new(&page, &key, (of, environment.as_ref()), &query))
    })
    .await
}

/// A flag or segment.
pub(crate) async fn get(
    State(host): State<Host>,
    PathParts(place): PathParts<Place>,
    AsOf(as_of): AsOf,
) -> Result<Response, Failure> {
    host.call(move |host| {
        let resource = place.named()?;
        let (found, key) = host.read(&place.project, as_of, |reader| {
            Ok((reader.resource(&resource)?, reader.info().key))
        })?;
        let found = found.ok_or_else(|| place.unknown())?;
        Answer::of(&wire::Resource::new(&found, &key))
    })
    .await
}

/// Registers a flag or segment, and links it to views in the same change.
pub(crate) async fn register(
    State(host): State<Host>,
    Extension(caller): Extension<Caller>,
    PathParts(place): PathParts<Place>,
    terms: Terms,
    JsonBody(body): JsonBody,
) -> Result<Response, Failure> {
    let terms = terms.of_no_unlink()?;
    host.change(move |host| {
        let post = ResourcePost::from_json(&body)?;
        let (views, key) = (post.view_keys.clone(), post.resource.key.clone());
        let new = post.into_new_resource(place.resource_type(), place.environment.as_deref())?;
        let project = terms.apply(host.project(&place.project, &caller)?);
        let report = project.register([new], views)?;
        if let Some(failed) = report.failures().next() {
            return Err(ErrorBody::from(failed).into());
        }
        if terms.dry_run {
            return Ok(Answer::of(&LinkReport::new(&report))?.into_response());
        }
        // Another caller may already have removed the resource. Then it does not exist any more, but it was created.
        let shown = shown(&project, &place.resource(&key)?).map_err(Failure::after_change)?;
        Ok((StatusCode::CREATED, shown).into_response())
    })
    .await
}

/// The answer that shows a registered resource.
fn shown(project: &Project, resource: &Resource) -> Result<Answer, Failure> {
    let gone = || Failure::new(ErrorCode::UnknownResource, "it was removed again");
    let found = project.read()?.resource(resource)?.ok_or_else(gone)?;
    Answer::of(&wire::Resource::new(&found, project.key()))
}

/// Removes a flag or segment from the registry and from every view.
pub(crate) async fn remove(
    State(host): State<Host>,
    Extension(caller): Extension<Caller>,
    PathParts(place): PathParts<Place>,
    terms: Terms,
) -> Result<Response, Failure> {
    let terms = terms.of_no_unlink()?;
    host.change(move |host| {
        let project = terms.apply(host.project(&place.project, &caller)?);
        let removed = project.remove_resource(&place.named()?)?;
        if removed.registered == 0 && removed.links == 0 {
            return Err(place.unknown());
        }
        if !terms.dry_run {
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
        Ok(Answer::of(&serde_json::json!({ "unlinkedCount": removed.links }))?.into_response())
    })
    .await
}
