//! The operations on links.

use axum::Extension;
use axum::extract::State;
use viewlink::wire::{LinkReport, LinkRequest, LinkedResources, Views, find_resource};
use viewlink::{Batch, Project, Report, ViewKey};

use crate::answer::Answer;
use crate::failure::Failure;
use crate::host::Host;
use crate::json_body::JsonBody;
use crate::keys::Caller;
use crate::path_parts::{PathParts, resource_type};
use crate::query::{NoQuery, ReadQuery};

/// Project, view and resource type, or project, resource type and resource.
type Three = PathParts<(String, String, String)>;

/// Unlinks resources from a view.
pub(crate) async fn unlink(
    host: State<Host>,
    caller: Extension<Caller>,
    path: Three,
    _: NoQuery,
    body: JsonBody,
) -> Result<Answer, Failure> {
    change(Project::unlink, host, caller, path, body).await
}

/// Links resources to a view.
pub(crate) async fn link(
    host: State<Host>,
    caller: Extension<Caller>,
    path: Three,
    _: NoQuery,
    body: JsonBody,
) -> Result<Answer, Failure> {
    change(Project::link, host, caller, path, body).await
}

async fn change(
    act: fn(&Project, &str, Batch) -> viewlink::Result<Report>,
    State(host): State<Host>,
    Extension(caller): Extension<Caller>,
    PathParts((project, view, of)): Three,
    JsonBody(body): JsonBody,
) -> Result<Answer, Failure> {
    let resource_type = resource_type(&of)?;
    host.call(move |host| {
        let batch = LinkRequest::from_json(&body)?.into_batch(resource_type)?;
        let project = host.project(&project, &caller)?;
        let report = act(&project, &view, batch)?;
        // Here, since the client may be gone when the report is there.
        host.metrics().count(&report);
        Answer::of(&LinkReport::new(&report))
    })
    .await
}

/// The resources of a view.
pub(crate) async fn linked_resources(
    State(host): State<Host>,
    PathParts((project, view, of)): Three,
    ReadQuery(query): ReadQuery,
) -> Result<Answer, Failure> {
    let resource_type = resource_type(&of)?;
    host.call(move |host| {
        let (paging, filter) = (query.link_paging()?, query.resource_filter(resource_type)?);
        let (page, project) = host.read(&project, |reader| {
            let page = reader.linked_resources_matching(&view, resource_type, &filter, paging)?;
            Ok((page, reader.info().key))
        })?;
        // In lower case, as the links of the answer name it.
        let view = ViewKey::parse(&view).map_err(viewlink::Error::from)?;
        Answer::of(&LinkedResources::new(&page, &project, &view, resource_type, &query))
    })
    .await
}

/// The views of a resource.
pub(crate) async fn linked_views(
    State(host): State<Host>,
    PathParts((project, of, resource)): Three,
    ReadQuery(query): ReadQuery,
) -> Result<Answer, Failure> {
    let resource_type = resource_type(&of)?;
    host.call(move |host| {
        let named = query.resource(resource_type, &resource)?;
        let paging = query.linked_view_paging()?;
        let (resource, page, project) = host.read(&project, |reader| {
            let resource = find_resource(reader, named)?;
            let page = reader.linked_views(&resource, paging)?;
            Ok((resource, page, reader.info()))
        })?;
        Answer::of(&Views::of_resource(&page, &resource, &project, host.account(), &query))
    })
    .await
}
