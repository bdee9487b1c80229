//! The parameters of a request.

use std::borrow::Cow;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use viewlink::wire::{self, ErrorCode};

use crate::failure::Failure;

/// The parameter with the revision to read.
const AS_OF: &str = "asOf";

/// A parameter with its value.
type Pair<'q> = (Cow<'q, str>, Cow<'q, str>);

/// The parameters of a reading request.
pub(crate) struct ReadQuery {
    pub(crate) query: wire::Query,
    /// The revision to read. This parameter belongs to this host; the API does not have it.
    pub(crate) as_of: Option<u64>,
}

impl ReadQuery {
    /// Reads the parameters of the API and of this host.
    pub(crate) fn from_pairs(mut pairs: Vec<Pair<'_>>) -> Result<Self, Failure> {
        let as_of = take_revision(&mut pairs, AS_OF)?;
        Ok(Self { query: wire::Query::from_pairs(pairs)?, as_of })
    }
}

/// The parameters of a request, in order.
pub(crate) fn pairs(parts: &Parts) -> Vec<Pair<'_>> {
    let text = parts.uri.query().unwrap_or_default();
    form_urlencoded::parse(text.as_bytes()).collect()
}

/// Removes a parameter from the pairs, and returns the revision that it gives.
pub(crate) fn take_revision(
    pairs: &mut Vec<Pair<'_>>,
    parameter: &str,
) -> Result<Option<u64>, Failure> {
    let given: Vec<_> = pairs.extract_if(.., |(name, _)| name == parameter).collect();
    let revision = match given.as_slice() {
        [] => return Ok(None),
        [(_, revision)] => revision.parse().ok(),
        _ => None,
    };
    let message = format!("{parameter} must be the number of a revision, given once");
    revision.map(Some).ok_or_else(|| Failure::new(ErrorCode::InvalidRequest, message))
}

/// The revision to read, for an operation without other parameters. Others are ignored.
pub(crate) struct AsOf(pub(crate) Option<u64>);

impl<S: Sync> FromRequestParts<S> for AsOf {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        take_revision(&mut pairs(parts), AS_OF).map(Self)
    }
}

impl<S: Sync> FromRequestParts<S> for ReadQuery {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        Self::from_pairs(pairs(parts))
    }
}
