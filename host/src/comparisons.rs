//! The operations that compare views.

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::response::Response;
use viewlink::Paging;
use viewlink::wire::{ErrorCode, NearViews, Overlap};

use crate::answer::Answer;
use crate::failure::Failure;
use crate::host::Host;
use crate::path_parts::PathParts;
use crate::query::{self, AsOf, ReadQuery};

/// The parameter for the lowest similarity.
const MIN_JACCARD: &str = "minJaccard";

/// How similar the views must be, and the other parameters of a reading request.
pub(crate) struct NearQuery {
    min_jaccard: f64,
    read: ReadQuery,
}

impl<S: Sync> FromRequestParts<S> for NearQuery {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let mut pairs = query::pairs(parts);
        let given: Vec<_> = pairs.extract_if(.., |(name, _)| name == MIN_JACCARD).collect();
        let min_jaccard = match given.as_slice() {
            [] => Some(0.5),
            [(_, number)] => number.parse().ok().filter(|number| (0.0..=1.0).contains(number)),
            _ => None,
        };
        let message = format!("{MIN_JACCARD} must be a number from 0 to 1, given once");
        let min_jaccard =
            min_jaccard.ok_or_else(|| Failure::new(ErrorCode::InvalidRequest, message))?;
        Ok(Self { min_jaccard, read: ReadQuery::from_pairs(pairs)? })
    }
}

/// How much two views have in common.
pub(crate) async fn overlap(
    State(host): State<Host>,
    PathParts((project, view, other)): PathParts<(String, String, String)>,
    AsOf(as_of): AsOf,
) -> Result<Response, Failure> {
    host.call(move |host| {
        let read = host.read(&project, as_of, |reader| Ok(reader.overlap(&view, &other)?));
        Answer::of(&Overlap::from(&read?))
    })
    .await
}

/// The views that are nearly the same as a given view.
pub(crate) async fn near(
    State(host): State<Host>,
    PathParts((project, view)): PathParts<(String, String)>,
    NearQuery { min_jaccard, read: ReadQuery { query, as_of } }: NearQuery,
) -> Result<Response, Failure> {
    host.call(move |host| {
        let paging = Paging::first(query.limit()).offset(query.offset());
        let page = host
            .read(&project, as_of, |reader| Ok(reader.near_views(&view, min_jaccard, paging)?))?;
        Answer::of(&NearViews::new(&page))
    })
    .await
}
