//! The header that gives the position of the store with an answer.

use axum::http::header::HeaderName;
use axum::http::{HeaderMap, HeaderValue};
use viewlink::Position;

/// The name of the header.
pub(crate) const NAME: HeaderName = HeaderName::from_static("x-viewlink-position");

/// Adds the position to the headers of an answer.
pub(crate) fn add(headers: &mut HeaderMap, position: Option<Position>) {
    let text = position.map(|position| HeaderValue::try_from(position.to_string()));
    // Letters, digits and hyphens are valid in a header.
    if let Some(Ok(text)) = text {
        headers.insert(NAME, text);
    }
}
