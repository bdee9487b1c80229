//! The answer to a request that did what it asks for.

use axum::Json;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::failure::Failure;

/// JSON that is written already: where the store is called, not where others wait.
pub(crate) struct Answer(Vec<u8>);

impl Answer {
    pub(crate) fn of(value: &impl Serialize) -> Result<Self, Failure> {
        serde_json::to_vec(value).map(Self).map_err(Failure::of_host)
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        ([(CONTENT_TYPE, "application/json")], self.0).into_response()
    }
}

/// A small value as JSON.
pub(crate) fn json(value: &impl Serialize) -> Response {
    Json(value).into_response()
}
