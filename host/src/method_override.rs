//! Methods that a header names.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use viewlink::wire::ErrorCode;

use crate::failure::Failure;

const HEADER: &str = "x-http-method-override";

/// Lets a request through that is what its method says. The API this comes from takes another
/// method from a header; passed over, an unlink sent that way would link.
pub(crate) async fn check(request: Request, next: Next) -> Result<Response, Failure> {
    if request.headers().contains_key(HEADER) {
        let message = "the header x-http-method-override is not supported: send the request with \
                       its own method";
        return Err(Failure::new(ErrorCode::Unsupported, message));
    }
    Ok(next.run(request).await)
}
