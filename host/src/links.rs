//! The operations on links.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use viewlink::wire::{
    LinkReport, LinkRequest, LinkedResources, ReplaceReport, Views, find_resource,
};
use viewlink::{Batch, Error, Project, Report, ViewKey};

use crate::answer::Answer;
use crate::failure::Failure;
use crate::host::Host;
use crate::json_body::JsonBody;
use crate::keys::Caller;
use crate::path_parts::{PathParts, resource_type};
use crate::query::ReadQuery;
use crate::terms::Terms;

/// An operation that changes links.
type Act = fn(&Project, &str, Batch) -> viewlink::Result<Report>;

/// Project, view and resource type, or project, resource type and resource.
type Three = PathParts<(String, String, String)>;

/// Unlinks resources from a view.
pub(crate) async fn unlink(
    host: State<Host>,
    caller: Extension<Caller>,
    path: Three,
    terms: Terms,
    body: JsonBody,
) -> Result<Response, Failure> {
    change(Project::unlink, linked, host, caller, path, terms.of_no_unfollow()?, body).await
}

/// Links resources to a view.
pub(crate) async fn link(
    host: State<Host>,
    caller: Extension<Caller>,
    path: Three,
    terms: Terms,
    body: JsonBody,
) -> Result<Response, Failure> {
    change(Project::link, linked, host, caller, path, terms.of_no_unlink()?, body).await
}

/// Makes the linked resources of a view exactly the requested ones.
pub(crate) async fn replace(
    host: State<Host>,
    caller: Extension<Caller>,
    path: Three,
    terms: Terms,
    body: JsonBody,
) -> Result<Response, Failure> {
    change(Project::replace, replaced, host, caller, path, terms.of_no_unlink()?, body).await
}

/// Moves links from one view to another.
pub(crate) async fn move_to(
    State(host): State<Host>,
    Extension(caller): Extension<Caller>,
    PathParts((project, view, to, of)): PathParts<(String, String, String, String)>,
    terms: Terms,
    JsonBody(body): JsonBody,
) -> Result<Response, Failure> {
    let (resource_type, terms) = (resource_type(&of)?, terms.of_no_unlink()?);
    host.change(move |host| {
        let batch = LinkRequest::from_json(&body)?.into_batch(resource_type)?;
        let project = terms.apply(host.project(&project, &caller)?);
        let reports = project.move_links(&view, &to, [batch])?;
        // There is one report for each batch.
        let moved = "the store answered without a report";
        let report = reports.first().ok_or_else(|| Failure::of_host(moved))?;
        if !terms.dry_run {
            host.metrics().count(report);
        }
        linked(report)
    })
    .await
}

fn linked(report: &Report) -> Result<Answer, Failure> {
    Answer::of(&LinkReport::new(report))
}

fn replaced(report: &Report) -> Result<Answer, Failure> {
    Answer::of(&ReplaceReport::new(report))
}

/// Changes the links of a view, and shows the report.
async fn change(
    act: Act,
    shown: fn(&Report) -> Result<Answer, Failure>,
    State(host): State<Host>,
    Extension(caller): Extension<Caller>,
    PathParts((project, view, of)): Three,
    terms: Terms,
    JsonBody(body): JsonBody,
) -> Result<Response, Failure> {
    let resource_type = resource_type(&of)?;
    host.change(move |host| {
        let batch = LinkRequest::from_json(&body)?.into_batch(resource_type)?;
        let project = terms.apply(host.project(&project, &caller)?);
        let report = act(&project, &view, terms.unlinking(batch))?;
        // The keys are counted here, because the client may have disconnected when the report is ready.
        if !terms.dry_run {
            host.metrics().count(&report);
        }
        Ok(shown(&report)?.at(report.change()))
    })
    .await
}

/// The resources of a view.
pub(crate) async fn linked_resources(
    State(host): State<Host>,
    PathParts((project, view, of)): Three,
    ReadQuery { query, as_of }: ReadQuery,
) -> Result<Response, Failure> {
    let resource_type = resource_type(&of)?;
    host.call(move |host| {
        let (paging, filter) = (query.link_paging()?, query.resource_filter(resource_type)?);
        let (page, project) = host.read(&project, as_of, |reader| {
            let page = reader.linked_resources_matching(&view, resource_type, &filter, paging)?;
            Ok((page, reader.info().key))
        })?;
        // In lower case, as in the links of the answer.
        let view = ViewKey::parse(&view).map_err(viewlink::Error::from)?;
        Answer::of(&LinkedResources::new(&page, &project, &view, resource_type, &query))
    })
    .await
}

/// The views of a resource.
pub(crate) async fn linked_views(
    State(host): State<Host>,
    PathParts((project, of, resource)): Three,
    ReadQuery { query, as_of }: ReadQuery,
) -> Result<Response, Failure> {
    let resource_type = resource_type(&of)?;
    host.call(move |host| {
        let named = query.resource(resource_type, &resource)?;
        let paging = query.linked_view_paging()?;
        let snapshot = host.snapshot(as_of)?;
        let reader = match snapshot.project(&project) {
            Ok(reader) => reader,
            // A project begins with its first view. Clients may ask about its resources before that.
            Err(Error::UnknownProject { .. }) => return Answer::of(&no_views()),
            Err(error) => return Err(error.into()),
        };
        let resource = find_resource(&reader, named)?;
        let (page, project) = (reader.linked_views(&resource, paging)?, reader.info());
        let mut views = Views::of_resource(&page, &resource, &project, host.account(), &query);
        views.items.iter_mut().for_each(|view| host.members().fill_in(view));
        Answer::of(&views)
    })
    .await
}

const fn no_views() -> Views {
    Views { items: Vec::new(), total_count: 0, links: None }
}
