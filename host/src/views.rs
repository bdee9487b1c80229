//! The operations on views.

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use viewlink::wire::{self, Expand, ViewPatch, ViewPost, Views};
use viewlink::{Error, Project, View};

use crate::answer::Answer;
use crate::entity_tag::Known;
use crate::failure::Failure;
use crate::host::Host;
use crate::json_body::JsonBody;
use crate::keys::Caller;
use crate::path_parts::PathParts;
use crate::query::ReadQuery;
use crate::terms::Terms;

/// The views of a project.
pub(crate) async fn list(
    State(host): State<Host>,
    PathParts(project): PathParts<String>,
    ReadQuery { query, as_of }: ReadQuery,
) -> Result<Response, Failure> {
    host.call(move |host| {
        let (paging, filter) = (query.view_paging()?, query.view_filter()?);
        let (page, project) = host.read(&project, as_of, |reader| {
            Ok((reader.views_matching(&filter, paging)?, reader.info()))
        })?;
        let mut views = Views::of_project(&page, &project, host.account(), &query);
        views.items.iter_mut().for_each(|view| host.members().fill_in(view));
        Answer::of(&views)
    })
    .await
}

/// A view.
pub(crate) async fn get(
    State(host): State<Host>,
    PathParts((project, view)): PathParts<(String, String)>,
    ReadQuery { query, as_of }: ReadQuery,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let known = Known::to(&headers);
    host.call(move |host| {
        let (view, project) =
            host.read(&project, as_of, |reader| Ok((reader.view(&view)?, reader.info())))?;
        let mut shown = wire::View::new(&view, &project, host.account(), query.expand());
        host.members().fill_in(&mut shown);
        Ok(Answer::of(&shown)?.at(Some(view.change)).unless(&known))
    })
    .await
}

/// Creates a view; the first view also creates its project.
pub(crate) async fn create(
    State(host): State<Host>,
    Extension(caller): Extension<Caller>,
    PathParts(project): PathParts<String>,
    terms: Terms,
    JsonBody(body): JsonBody,
) -> Result<Response, Failure> {
    let terms = terms.of_no_unlink()?;
    host.change(move |host| {
        let view = ViewPost::from_json(&body)?.into_new_view()?;
        let project = terms.apply(host.project(&project, &caller)?);
        let view = project.create_view(view)?;
        changed(host, &project, &view, terms)
    })
    .await
}

/// Changes a view.
pub(crate) async fn update(
    State(host): State<Host>,
    Extension(caller): Extension<Caller>,
    PathParts((project, view)): PathParts<(String, String)>,
    terms: Terms,
    JsonBody(body): JsonBody,
) -> Result<Response, Failure> {
    let terms = terms.of_no_unlink()?;
    host.change(move |host| {
        let patch = ViewPatch::from_json(&body)?.into_patch()?;
        let project = terms.apply(host.project(&project, &caller)?);
        let view = project.update_view(&view, patch)?;
        changed(host, &project, &view, terms)
    })
    .await
}

/// Gives a view another key.
pub(crate) async fn rename(
    host: State<Host>,
    caller: Extension<Caller>,
    path: Path3,
    terms: Terms,
) -> Result<Response, Failure> {
    to_key(host, caller, path, terms, Project::rename_view).await
}

/// Makes a view with the fields and links of another one.
pub(crate) async fn copy(
    host: State<Host>,
    caller: Extension<Caller>,
    path: Path3,
    terms: Terms,
) -> Result<Response, Failure> {
    let copy = |project: &Project, view: &str, to: &str| {
        project.copy_view(view, to, viewlink::ViewPatch::new())
    };
    to_key(host, caller, path, terms, copy).await
}

/// Project, view, and another key of a view.
type Path3 = PathParts<(String, String, String)>;

/// Runs an operation that gives a view a key.
async fn to_key(
    State(host): State<Host>,
    Extension(caller): Extension<Caller>,
    PathParts((project, view, key)): Path3,
    terms: Terms,
    act: fn(&Project, &str, &str) -> viewlink::Result<View>,
) -> Result<Response, Failure> {
    let terms = terms.of_no_unlink()?;
    host.change(move |host| {
        let project = terms.apply(host.project(&project, &caller)?);
        let view = act(&project, &view, &key)?;
        changed(host, &project, &view, terms)
    })
    .await
}

/// Deletes a view.
pub(crate) async fn delete(
    State(host): State<Host>,
    Extension(caller): Extension<Caller>,
    PathParts((project, view)): PathParts<(String, String)>,
    terms: Terms,
) -> Result<Response, Failure> {
    let terms = terms.of_no_unlink()?;
    host.change(move |host| {
        let project = terms.apply(host.project(&project, &caller)?);
        let deleted = project.delete_view(&view)?;
        if !terms.dry_run {
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
        let unlinked = wire::Counts::from(&deleted.unlinked);
        Ok(Answer::of(&serde_json::json!({ "unlinkedCount": unlinked }))?.into_response())
    })
    .await
}

/// The answer to a change of a view.
fn changed(host: &Host, project: &Project, view: &View, terms: Terms) -> Result<Answer, Failure> {
    let key = project.key();
    let read = host.store().snapshot();
    let mut shown = match read.and_then(|snapshot| Ok(snapshot.project(key.as_str())?.info())) {
        Ok(project) => wire::View::new(view, &project, host.account(), &Expand::default()),
        // A dry run leaves no new project.
        Err(Error::UnknownProject { .. }) if terms.dry_run => {
            wire::View::of_new_project(view, key, host.account())
        }
        Err(error) if terms.dry_run => return Err(error.into()),
        Err(error) => return Err(Failure::from(error).after_change()),
    };
    host.members().fill_in(&mut shown);
    Ok(Answer::of(&shown)?.at((!terms.dry_run).then_some(view.change)))
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use viewlink::{NewView, Options};

    use super::*;
    use crate::log::tests::keep;
    use crate::{ApiKeys, Members, Settings};

    #[tokio::test]
    async fn a_change_that_was_made_but_cannot_be_shown_is_reported_as_made() {
        keep();
        let store = Options::new().open_in_memory().unwrap();
        let project = store.project("p").unwrap();
        let view = project.create_view(NewView::new("v", "V")).unwrap();
        let host =
            Host::new(store.clone(), ApiKeys::default(), Members::default(), Settings::default());
        store.close().unwrap();

        let response = changed(&host, &project, &view, Terms::default()).into_response();
        assert_eq!(response.status(), 500);
        let body = to_bytes(response.into_body(), 1 << 10).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["code"], "committed", "{body}");
    }
}
