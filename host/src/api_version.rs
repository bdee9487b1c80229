//! The version of the API that a request asks for.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use viewlink::wire::ErrorCode;

use crate::failure::Failure;

const HEADER: &str = "ld-api-version";

/// Lets a request through if it names no version, `beta` or a date. The operations are the same in all versions.
pub(crate) async fn check(request: Request, next: Next) -> Result<Response, Failure> {
    let mut named = request.headers().get_all(HEADER).iter();
    if !named.all(|version| is_version(version.as_bytes())) {
        let message = "the header ld-api-version is not a version: send `beta`, a date such as 20240415, or no such \
                       header";
        return Err(Failure::new(ErrorCode::InvalidRequest, message));
    }
    Ok(next.run(request).await)
}

fn is_version(text: &[u8]) -> bool {
    text == b"beta" || (text.len() == 8 && text.iter().all(u8::is_ascii_digit))
}
