//! Whether the host can do its work.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use viewlink::Health;

use crate::answer::json;
use crate::host::Host;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told<'a> {
    status: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// Why the last checkpoint failed. Writes go on; the journal grows until one succeeds.
    #[serde(skip_serializing_if = "Option::is_none")]
    checkpoint_failure: Option<String>,
}

/// 200 while the store can be written, else 503 with the reason. Waits for no call of the store.
pub(crate) async fn tell(State(host): State<Host>) -> Response {
    let health = host.store().health();
    let checkpoint_failure = host.store().stats().checkpoint_failure;
    let (status, reason) = match &health {
        Health::Writable => {
            return json(&Told { status: "ok", reason: None, checkpoint_failure });
        }
        Health::WritesStopped { reason } => ("writes_stopped", reason.as_str()),
        Health::Closed => ("closed", "the store is closed"),
        _ => ("unknown", "the store cannot tell"),
    };
    let body = json(&Told { status, reason: Some(reason), checkpoint_failure });
    (StatusCode::SERVICE_UNAVAILABLE, body).into_response()
}
