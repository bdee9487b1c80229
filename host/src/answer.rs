//! The answer to a request that did what it asks for.

use axum::Json;
use axum::http::header::{CONTENT_TYPE, ETAG};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use viewlink::ChangeId;

use crate::entity_tag::{self, Known};
use crate::failure::Failure;

/// JSON that is written already: where the store is called, not where others wait.
pub(crate) struct Answer {
    body: Vec<u8>,
    /// The last change of the view that is shown, which is its entity tag.
    change: Option<ChangeId>,
    /// Whether the client has it already.
    known: bool,
}

impl Answer {
    pub(crate) fn of(value: &impl Serialize) -> Result<Self, Failure> {
        let body = serde_json::to_vec(value).map_err(Failure::of_host)?;
        Ok(Self { body, change: None, known: false })
    }

    /// The answer with the last change of the view that it shows, if it shows one as it is.
    pub(crate) fn at(self, change: Option<ChangeId>) -> Self {
        Self { change, ..self }
    }

    /// The answer to a client that has these entity tags: only that nothing changed, if one is its.
    pub(crate) fn unless(self, known: &Known) -> Self {
        let known = self.change.is_some_and(|change| known.has(change));
        Self { known, ..self }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = if self.known {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            ([(CONTENT_TYPE, "application/json")], self.body).into_response()
        };
        let tag = self.change.map(|change| HeaderValue::try_from(entity_tag::of(change)));
        // Digits and a hyphen in quotes are a header's value.
        if let Some(Ok(tag)) = tag {
            response.headers_mut().insert(ETAG, tag);
        }
        response
    }
}

/// A small value as JSON.
pub(crate) fn json(value: &impl Serialize) -> Response {
    Json(value).into_response()
}
