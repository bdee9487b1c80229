//! The answer to a request that succeeded.

use axum::Json;
use axum::http::header::{CONTENT_TYPE, ETAG};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use viewlink::ChangeId;

use crate::entity_tag::{self, Known};
use crate::failure::Failure;

/// An answer of the API. Its JSON is written in the thread that calls the store, so that other requests do not wait for
/// it.
pub(crate) struct Answer {
    body: Vec<u8>,
    /// The last change of the view in the answer; the entity tag is made from it.
    change: Option<ChangeId>,
    /// Whether the client already has this state of the view.
    known: bool,
}

impl Answer {
    pub(crate) fn of(value: &impl Serialize) -> Result<Self, Failure> {
        let body = serde_json::to_vec(value).map_err(Failure::of_host)?;
        Ok(Self { body, change: None, known: false })
    }

    /// Adds the last change of the view that the answer shows, if it shows the current state of a view.
    pub(crate) fn at(self, change: Option<ChangeId>) -> Self {
        Self { change, ..self }
    }

    /// Makes the answer an empty 304 if the client already has one of these entity tags.
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
        // Digits and a hyphen in quotes are a valid header value.
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
