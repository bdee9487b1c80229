//! The body of a request.

use std::error::Error as _;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http_body_util::LengthLimitError;
use tokio::time::timeout;
use viewlink::wire::ErrorCode;

use crate::failure::Failure;
use crate::host::Host;

/// The time limit for a body to arrive: the host must not wait for a client that stops sending.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The bytes of a body with the content type JSON.
pub(crate) struct JsonBody(pub(crate) Bytes);

impl FromRequest<Host> for JsonBody {
    type Rejection = Failure;

    async fn from_request(request: Request, host: &Host) -> Result<Self, Failure> {
        check_type(request.headers())?;
        let limit = host.body_limit();
        // A body whose announced length is too large is refused before it is sent.
        if announced(request.headers()).is_some_and(|length| length > limit as u64) {
            return Err(too_large(limit));
        }
        read(request.into_body(), limit).await.map(Self)
    }
}

async fn read(body: Body, limit: usize) -> Result<Bytes, Failure> {
    let invalid = |message: &str| Failure::new(ErrorCode::InvalidRequest, message);
    match timeout(PATIENCE, to_bytes(body, limit)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) if error.source().is_some_and(|of| of.is::<LengthLimitError>()) => {
            Err(too_large(limit))
        }
        Ok(Err(_)) => Err(invalid("the body ended early: send it again")),
        Err(_) => Err(invalid("the body did not arrive in time: send it within 30 seconds")),
    }
}

fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn check_type(headers: &HeaderMap) -> Result<(), Failure> {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("unreadable"));
    let media_type = text(CONTENT_TYPE).and_then(|text| text.split(';').next());
    if !media_type.is_some_and(|of| of.trim().eq_ignore_ascii_case("application/json")) {
        let message = "the body must be JSON: send it with content-type: application/json";
        return Err(Failure::new(ErrorCode::UnsupportedMediaType, message));
    }
    match text(CONTENT_ENCODING) {
        None | Some("identity") => Ok(()),
        Some(_) => {
            let message = "the body is compressed: send it without content-encoding";
            Err(Failure::new(ErrorCode::UnsupportedMediaType, message))
        }
    }
}

fn too_large(limit: usize) -> Failure {
    let message = format!("the body has more than {limit} bytes: split the request");
    Failure::new(ErrorCode::BodyTooLarge, message)
}
