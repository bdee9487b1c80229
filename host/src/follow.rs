//! The operations on filters that views follow. LaunchDarkly's API has no such operations.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use viewlink::wire::{FollowRequest, ReplaceReport};

use crate::answer::Answer;
use crate::failure::Failure;
use crate::host::Host;
use crate::json_body::JsonBody;
use crate::keys::Caller;
use crate::path_parts::{PathParts, resource_type};
use crate::terms::Terms;

/// Project, view and resource type.
type Three = PathParts<(String, String, String)>;

/// Makes a view follow a filter, which replaces the filter that it followed before.
pub(crate) async fn follow(
    State(host): State<Host>,
    Extension(caller): Extension<Caller>,
    PathParts((project, view, of)): Three,
    terms: Terms,
    JsonBody(body): JsonBody,
) -> Result<Response, Failure> {
    let (resource_type, terms) = (resource_type(&of)?, terms.of_no_unlink()?);
    host.change(move |host| {
        let request = FollowRequest::from_json(&body)?;
        let filter = request.to_filter(resource_type)?;
        let project = terms.apply(host.project(&project, &caller)?);
        let project = match request.comment.filter(|comment| !comment.is_empty()) {
            Some(comment) => project.comment(comment),
            None => project,
        };
        let report = project.follow(&view, resource_type, filter)?;
        Ok(Answer::of(&ReplaceReport::new(&report))?.at(report.change()))
    })
    .await
}

/// Ends the following of a filter.
pub(crate) async fn unfollow(
    State(host): State<Host>,
    Extension(caller): Extension<Caller>,
    PathParts((project, view, of)): Three,
    terms: Terms,
) -> Result<Response, Failure> {
    let (resource_type, (terms, unfollow)) = (resource_type(&of)?, terms.of_unfollow()?);
    host.change(move |host| {
        let project = terms.apply(host.project(&project, &caller)?);
        let report = project.unfollow(&view, resource_type, unfollow)?;
        Ok(Answer::of(&ReplaceReport::new(&report))?.at(report.change()))
    })
    .await
}
