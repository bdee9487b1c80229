//! Requests that name another method in a header.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use viewlink::wire::ErrorCode;

use crate::failure::Failure;

const HEADER: &str = "x-http-method-override";

/// Refuses a request that names another method in a header. LaunchDarkly's API accepts the header. If it were ignored
/// here, an unlink that is sent this way would link.
pub(crate) async fn check(request: Request, next: Next) -> Result<Response, Failure> {
    if request.headers().contains_key(HEADER) {
        let message = "the header x-http-method-override is not supported: send the request with \
                       its own method";
        return Err(Failure::new(ErrorCode::Unsupported, message));
    }
    Ok(next.run(request).await)
}
