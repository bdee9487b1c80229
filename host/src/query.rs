//! The parameters of a request.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use viewlink::wire;

use crate::failure::Failure;

/// The parameters of a reading request.
pub(crate) struct ReadQuery(pub(crate) wire::Query);

impl<S: Sync> FromRequestParts<S> for ReadQuery {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let text = parts.uri.query().unwrap_or_default();
        Ok(Self(wire::Query::from_pairs(form_urlencoded::parse(text.as_bytes()))?))
    }
}
