//! The operations that revert changes.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use viewlink::Project;
use viewlink::wire::{ErrorCode, Reverted};

use crate::answer::Answer;
use crate::failure::Failure;
use crate::host::Host;
use crate::keys::Caller;
use crate::path_parts::PathParts;
use crate::terms::Terms;

/// Reverts a change.
pub(crate) async fn change(
    host: State<Host>,
    caller: Extension<Caller>,
    PathParts((project, revision)): PathParts<(String, String)>,
    terms: Terms,
) -> Result<Response, Failure> {
    let revision = parsed(&revision)?;
    run(host, caller, project, terms, move |project| project.revert(revision)).await
}

/// Restores a view as it was at a revision.
pub(crate) async fn view(
    host: State<Host>,
    caller: Extension<Caller>,
    PathParts((project, view, revision)): PathParts<(String, String, String)>,
    terms: Terms,
) -> Result<Response, Failure> {
    let revision = parsed(&revision)?;
    run(host, caller, project, terms, move |project| project.revert_to(&view, revision)).await
}

async fn run(
    State(host): State<Host>,
    Extension(caller): Extension<Caller>,
    project: String,
    terms: Terms,
    act: impl FnOnce(&Project) -> viewlink::Result<viewlink::Reverted> + Send + 'static,
) -> Result<Response, Failure> {
    let terms = terms.of_no_unlink()?;
    host.change(move |host| {
        let reverted = act(&terms.apply(host.project(&project, &caller)?))?;
        Answer::of(&Reverted::new(&reverted))
    })
    .await
}

fn parsed(revision: &str) -> Result<u64, Failure> {
    let message = "the path has no valid revision: use the number that the feed of changes shows";
    revision.parse().map_err(|_| Failure::new(ErrorCode::InvalidRequest, message))
}
