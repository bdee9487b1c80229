//! The answer to a request that did what it asks for.

use axum::Json;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_TYPE, ETAG};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::failure::Failure;

/// JSON that is written already: where the store is called, not where others wait.
pub(crate) struct Answer {
    body: Vec<u8>,
    /// The revision that is the entity tag of what is shown.
    revision: Option<u64>,
}

impl Answer {
    pub(crate) fn of(value: &impl Serialize) -> Result<Self, Failure> {
        let body = serde_json::to_vec(value).map_err(Failure::of_host)?;
        Ok(Self { body, revision: None })
    }

    /// The answer with the revision of the view that it shows, if it shows one as it is.
    pub(crate) fn at(self, revision: Option<u64>) -> Self {
        Self { revision, ..self }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = ([(CONTENT_TYPE, "application/json")], self.body).into_response();
        let tag = self.revision.map(|revision| HeaderValue::try_from(format!("\"{revision}\"")));
        // Digits in quotes are a header's value.
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
