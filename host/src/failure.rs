//! The answer to a request that failed as a whole.

use std::any::Any;
use std::error::Error as StdError;

use axum::extract::rejection::PathRejection;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use viewlink::wire::{ErrorBody, ErrorCode, RequestError};

use crate::answer::json;

/// A request that failed as a whole.
pub(crate) struct Failure {
    body: ErrorBody,
    /// The cause for the log; it is not in the answer.
    cause: Option<Box<dyn StdError + Send + Sync>>,
}

impl Failure {
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { body: ErrorBody::new(code, message), cause: None }
    }

    /// The error for a change that was made but cannot be shown. It says so, because the client must not assume that
    /// the change failed.
    pub(crate) fn after_change(self) -> Self {
        let message = "the change was made, but cannot be shown: read it again later";
        Self { body: ErrorBody::new(ErrorCode::Committed, message), cause: self.cause }
    }

    /// The failure of a call with a position that a client gave.
    pub(crate) fn of_position(error: viewlink::Error) -> Self {
        Self::caused(ErrorBody::from(&error), error)
    }

    fn caused(body: ErrorBody, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { body, cause: Some(cause.into()) }
    }

    /// An error of the host itself.
    pub(crate) fn of_host(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let body = ErrorBody::new(ErrorCode::Internal, "the host failed; its log has the cause");
        Self::caused(body, cause)
    }
}

impl From<RequestError> for Failure {
    fn from(error: RequestError) -> Self {
        Self { body: ErrorBody::from(&error), cause: None }
    }
}

impl From<ErrorBody> for Failure {
    fn from(body: ErrorBody) -> Self {
        Self { body, cause: None }
    }
}

impl From<viewlink::Error> for Failure {
    fn from(error: viewlink::Error) -> Self {
        let body = match error {
            // No client gave a position: it is the copy of this host that has another history than the log.
            viewlink::Error::Diverged { .. } => ErrorBody::new(
                ErrorCode::CopyDiverged,
                "this host has another history than the log, and accepts no changes: ask another host",
            ),
            _ => ErrorBody::from(&error),
        };
        Self::caused(body, error)
    }
}

impl From<PathRejection> for Failure {
    fn from(rejection: PathRejection) -> Self {
        Self::new(ErrorCode::InvalidRequest, rejection.body_text())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.body.status());
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if status.is_server_error() {
            let cause = self.cause.map(|cause| chain(&*cause));
            let code = self.body.code.as_str();
            tracing::error!(code, cause, "request failed");
        }
        let mut response = json(&self.body);
        *response.status_mut() = status;
        if is_worth_a_retry(self.body.code) {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

/// Whether the same request may succeed soon, and does no harm if it is sent again: nothing changed.
const fn is_worth_a_retry(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::PositionNotReached | ErrorCode::LogUnavailable)
}

/// An error and its causes, in one line.
pub(crate) fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// The message of a panic.
pub(crate) fn panic_text(cause: &(dyn Any + Send)) -> &str {
    let text = cause.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| cause.downcast_ref::<&str>().copied()).unwrap_or("no message")
}
