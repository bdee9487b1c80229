//! The health of the host.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::answer::json;
use crate::host::Host;
use crate::standing::Standing;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Why the last checkpoint failed. Writes continue, and the journal grows until a checkpoint succeeds.
    #[serde(skip_serializing_if = "Option::is_none")]
    checkpoint_failure: Option<String>,
    role: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lag: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_contact_ms: Option<u128>,
}

/// Answers 200 if this host needs neither a restart nor an operator, else 503 with the reason. It does not wait for
/// calls of the store.
pub(crate) async fn serves(State(host): State<Host>) -> Response {
    let standing = Standing::of(&host);
    answer(&host, standing.serves, standing)
}

/// Answers 200 if this host also accepts changes, else 503 with the reason. It does not wait for calls of the store.
pub(crate) async fn accepts_changes(State(host): State<Host>) -> Response {
    let standing = Standing::of(&host);
    answer(&host, standing.accepts_changes, standing)
}

fn answer(host: &Host, is_well: bool, standing: Standing) -> Response {
    let Standing { status, reason, position, following, .. } = standing;
    let last_contact = following.as_ref().and_then(|following| following.last_contact);
    let body = json(&Status {
        status,
        reason,
        checkpoint_failure: host.store().stats().checkpoint_failure,
        role: if following.is_some() { "member" } else { "alone" },
        position: position.map(|position| position.to_string()),
        lag: following.map(|following| following.lag),
        last_contact_ms: last_contact.map(|ago| ago.as_millis()),
    });
    let status = if is_well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, body).into_response()
}
