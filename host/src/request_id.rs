//! The id of a request, in its answer and in the log.

use axum::extract::Request;

const HEADER: &str = "x-request-id";
const MAX_LEN: usize = 128;

/// Drops an unsuitable id, so that the request gets a new one: the id is logged unchanged.
pub(crate) async fn drop_unusable(mut request: Request) -> Request {
    let mut given = request.headers().get_all(HEADER).iter();
    let usable = match (given.next(), given.next()) {
        (Some(id), None) => is_usable(id.as_bytes()),
        _ => false,
    };
    if !usable {
        request.headers_mut().remove(HEADER);
    }
    request
}

fn is_usable(id: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    (1..=MAX_LEN).contains(&id.len()) && id.iter().all(plain)
}
