//! The health of the host.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use viewlink::Health;

use crate::answer::json;
use crate::host::Host;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status<'a> {
    status: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// Why the last checkpoint failed. Writes continue, and the journal grows until a checkpoint succeeds.
    #[serde(skip_serializing_if = "Option::is_none")]
    checkpoint_failure: Option<String>,
}

/// Answers 200 if the store can be written, else 503 with the reason. It does not wait for calls of the store.
pub(crate) async fn answer(State(host): State<Host>) -> Response {
    let health = host.store().health();
    let checkpoint_failure = host.store().stats().checkpoint_failure;
    let (status, reason) = match &health {
        Health::Writable => {
            return json(&Status { status: "ok", reason: None, checkpoint_failure });
        }
        Health::WritesStopped { reason } => ("writes_stopped", reason.as_str()),
        Health::Closed => ("closed", "the store is closed"),
        _ => ("unknown", "the state of the store is unknown"),
    };
    let body = json(&Status { status, reason: Some(reason), checkpoint_failure });
    (StatusCode::SERVICE_UNAVAILABLE, body).into_response()
}
