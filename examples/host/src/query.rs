//! The parameters of a request.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use viewlink::wire::{self, ErrorCode};

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

/// That a writing request has no parameters. None is known, and what was meant as a rehearsal must
/// not be done for real.
pub(crate) struct NoQuery;

impl<S: Sync> FromRequestParts<S> for NoQuery {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let text = parts.uri.query().unwrap_or_default();
        match form_urlencoded::parse(text.as_bytes()).next() {
            None => Ok(Self),
            Some((name, _)) => {
                let name: String = name.chars().take(100).collect();
                let message = format!(
                    "the parameter {name:?} is not supported on a writing request: leave it out"
                );
                Err(Failure::new(ErrorCode::Unsupported, message))
            }
        }
    }
}
