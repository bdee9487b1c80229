//! The operations on projects.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use viewlink::wire::{Project, ProjectPatch, ProjectPut, Projects};

use crate::answer::Answer;
use crate::failure::Failure;
use crate::host::Host;
use crate::json_body::JsonBody;
use crate::keys::Caller;
use crate::path_parts::PathParts;
use crate::query::{AsOf, ReadQuery};
use crate::terms::Terms;

/// The projects of the store.
pub(crate) async fn list(
    State(host): State<Host>,
    ReadQuery { query, as_of }: ReadQuery,
) -> Result<Response, Failure> {
    host.call(move |host| {
        let page = host.snapshot(as_of)?.projects(query.project_paging()?)?;
        Answer::of(&Projects::new(&page, &query))
    })
    .await
}

/// A project.
pub(crate) async fn get(
    State(host): State<Host>,
    PathParts(project): PathParts<String>,
    AsOf(as_of): AsOf,
) -> Result<Response, Failure> {
    host.call(move |host| {
        let info = host.read(&project, as_of, |reader| Ok(reader.info()))?;
        Answer::of(&Project::new(&info))
    })
    .await
}

/// Sets the fields of a project; creates the project if it does not exist.
pub(crate) async fn put(
    State(host): State<Host>,
    Extension(caller): Extension<Caller>,
    PathParts(project): PathParts<String>,
    terms: Terms,
    JsonBody(body): JsonBody,
) -> Result<Response, Failure> {
    let terms = terms.of_no_unlink()?;
    host.change(move |host| {
        let settings = ProjectPut::from_json(&body)?.into_settings();
        let info = terms.apply(host.project(&project, &caller)?).put(settings)?;
        Answer::of(&Project::new(&info))
    })
    .await
}

/// Changes some fields of a project.
pub(crate) async fn update(
    State(host): State<Host>,
    Extension(caller): Extension<Caller>,
    PathParts(project): PathParts<String>,
    terms: Terms,
    JsonBody(body): JsonBody,
) -> Result<Response, Failure> {
    let terms = terms.of_no_unlink()?;
    host.change(move |host| {
        let patch = ProjectPatch::from_json(&body)?.into_patch();
        let info = terms.apply(host.project(&project, &caller)?).update(patch)?;
        Answer::of(&Project::new(&info))
    })
    .await
}
