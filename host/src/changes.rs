//! The feed of changes.

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use viewlink::wire::{Changes, ErrorCode, Query};

use crate::answer::Answer;
use crate::failure::Failure;
use crate::host::Host;

/// Behind which revision, and how many.
pub(crate) struct ChangesQuery {
    after: u64,
    limit: usize,
}

impl<S: Sync> FromRequestParts<S> for ChangesQuery {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let text = parts.uri.query().unwrap_or_default();
        let pairs = || form_urlencoded::parse(text.as_bytes());
        let limit = Query::from_pairs(pairs().filter(|(name, _)| name == "limit"))?.limit();
        let mut given = pairs().filter(|(name, _)| name == "after");
        let after = given.next().map_or(Some(0), |(_, after)| after.parse().ok());
        match after.filter(|_| given.next().is_none()) {
            // The page of a limit of 0 would never lead on.
            Some(after) if limit > 0 => Ok(Self { after, limit }),
            _ => {
                let message = "after is one revision, from 0 up, and limit a number from 1 to 1000";
                Err(Failure::new(ErrorCode::InvalidRequest, message))
            }
        }
    }
}

/// A page of the changes of the whole store.
pub(crate) async fn list(
    State(host): State<Host>,
    ChangesQuery { after, limit }: ChangesQuery,
) -> Result<Answer, Failure> {
    host.call(move |host| {
        let mut feed = host.store().feed(after)?;
        let page = feed.next_page(limit)?;
        Answer::of(&Changes::new(&page, feed.revision()))
    })
    .await
}
