//! The feed of changes.

use std::borrow::Cow;

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::response::Response;
use viewlink::wire::{Changes, ErrorCode, Query};
use viewlink::{Error, Feed, Position, ProjectKey, Store};

use crate::answer::Answer;
use crate::failure::Failure;
use crate::host::Host;

/// The parameters of a page: where it begins, its size, and its project.
pub(crate) struct ChangesQuery {
    after: After,
    limit: usize,
    project: Option<ProjectKey>,
}

/// Where a page begins.
enum After {
    /// After a revision, whichever change has that number in this store.
    Revision(u64),
    /// After a position; it must be one of this store.
    Position(Position),
}

impl After {
    fn parse(text: &str) -> Option<Self> {
        let revision = || text.parse().ok().map(Self::Revision);
        text.parse().ok().map(Self::Position).or_else(revision)
    }

    fn feed(&self, store: &Store) -> viewlink::Result<Feed> {
        match *self {
            Self::Revision(revision) => store.feed(revision),
            Self::Position(position) => store.feed_after(position),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for ChangesQuery {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let mut after = None;
        let mut project = None;
        let mut rest = Vec::new();
        for (name, value) in
            form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes())
        {
            match &*name {
                "after" => once("after", &mut after, value)?,
                "project" => once("project", &mut project, value)?,
                "limit" => rest.push((name, value)),
                other => return Err(unknown(other)),
            }
        }
        let limit = Query::from_pairs(rest)?.limit();
        let after = after.map_or(Some(After::Revision(0)), |after| After::parse(&after));
        let project =
            project.map(|key| ProjectKey::parse(&key)).transpose().map_err(Error::from)?;
        match after {
            // With a limit of 0, paging would never advance.
            Some(after) if limit > 0 => Ok(Self { after, limit, project }),
            _ => {
                let message = "after must be a position from an earlier page, or a revision from 0 up; limit must \
                               be a number from 1 to 1000";
                Err(Failure::new(ErrorCode::InvalidRequest, message))
            }
        }
    }
}

/// Keeps the value of a parameter that may be given only once.
fn once<'q>(
    name: &str,
    kept: &mut Option<Cow<'q, str>>,
    value: Cow<'q, str>,
) -> Result<(), Failure> {
    match kept.replace(value) {
        None => Ok(()),
        Some(_) => Err(Failure::new(
            ErrorCode::InvalidRequest,
            format!("the parameter {name} is given twice: give it once"),
        )),
    }
}

/// An unknown parameter is refused. If it were ignored, the page could have changes that the caller did not ask for.
fn unknown(name: &str) -> Failure {
    let name: String = name.chars().take(100).collect();
    let message = format!("the parameter {name:?} is unknown: use after, limit and project");
    Failure::new(ErrorCode::InvalidRequest, message)
}

/// A page of the changes of the whole store, or of one project.
pub(crate) async fn list(
    State(host): State<Host>,
    ChangesQuery { after, limit, project }: ChangesQuery,
) -> Result<Response, Failure> {
    host.call(move |host| {
        // A position that the store never had is one of the client.
        let mut feed = after.feed(host.store()).map_err(Failure::of_position)?;
        let page = feed.next_page(limit).map_err(Failure::of_position)?;
        let position = feed.position()?;
        host.shows(position);
        let asked =
            page.iter().filter(|change| project.as_ref().is_none_or(|of| change.project == *of));
        Answer::of(&Changes::new(asked, position))
    })
    .await
}
