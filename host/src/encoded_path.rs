//! Paths that are not valid percent-encoding.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use percent_encoding::percent_decode_str;
use viewlink::wire::ErrorCode;

use crate::failure::Failure;

/// Lets a request through if its path is percent-encoded UTF-8.
///
/// A decoder would leave a lone `%` unchanged, so that two different paths would name the same thing.
pub(crate) async fn check(request: Request, next: Next) -> Result<Response, Failure> {
    let path = request.uri().path();
    if !is_encoded(path.as_bytes()) || percent_decode_str(path).decode_utf8().is_err() {
        let message = "the path is not percent-encoded UTF-8: write % as %25, and each byte of a \
                       character beyond ASCII as % and two hexadecimal digits";
        return Err(Failure::new(ErrorCode::InvalidRequest, message));
    }
    Ok(next.run(request).await)
}

/// Whether two hexadecimal digits follow each `%`.
fn is_encoded(path: &[u8]) -> bool {
    let mut parts = path.split(|byte| *byte == b'%');
    parts.next();
    parts.all(|part| matches!(part, [a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit()))
}
