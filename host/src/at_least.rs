//! Requests that wait until the store has what a client has seen before, here or on another host.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::Uri;
use axum::http::uri::PathAndQuery;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tokio::time::{Instant, timeout_at};
use viewlink::Position;
use viewlink::wire::ErrorCode;

use crate::call::permit;
use crate::failure::Failure;
use crate::host::Host;

const PARAMETER: &str = "atLeast";

/// Waits until the store has the position that the parameter gives. Removes the parameter, because the operations do
/// not know it.
pub(crate) async fn wait(
    State(host): State<Host>,
    mut request: Request,
    next: Next,
) -> Result<Response, Failure> {
    let Some((position, rest)) = take(request.uri())? else { return Ok(next.run(request).await) };
    *request.uri_mut() = rest;
    match reach(&host, position).await? {
        None => Ok(next.run(request).await),
        Some(refused) => Ok(refused),
    }
}

/// The answer if the store does not have the position in time.
async fn reach(host: &Host, position: Position) -> Result<Option<Response>, Failure> {
    let wait = host.wait();
    let until = Instant::now() + wait;
    // Waiting requests have their own permits, so that they do not block other calls.
    let Ok(permit) = timeout_at(until, permit(host.waits())).await else {
        return Ok(Some(late(wait).into_response()));
    };
    let called = host.run(permit?, move |call| {
        let left = until.saturating_duration_since(Instant::now());
        match call.store().wait_for(position, left) {
            Ok(true) => Ok(()),
            Ok(false) => Err(late(wait)),
            Err(error) => Err(Failure::of_position(error)),
        }
    });
    let called = called.await?;
    Ok(called.result.is_err().then(|| called.into_response()))
}

fn late(wait: Duration) -> Failure {
    let message = format!(
        "this host did not reach the position of {PARAMETER} within {wait:?}: ask again, or ask another host"
    );
    Failure::new(ErrorCode::PositionNotReached, message)
}

/// The position, and the address without it; the other parameters stay as they were written.
fn take(uri: &Uri) -> Result<Option<(Position, Uri)>, Failure> {
    let query = uri.query().unwrap_or_default();
    let is_ours = |pair: &&str| {
        form_urlencoded::parse(pair.as_bytes()).next().is_some_and(|(name, _)| name == PARAMETER)
    };
    let (ours, others): (Vec<&str>, Vec<&str>) = query.split('&').partition(is_ours);
    let given = match ours.as_slice() {
        [] => return Ok(None),
        [pair] => form_urlencoded::parse(pair.as_bytes()).next(),
        _ => None,
    };
    let position = given.and_then(|(_, text)| text.parse().ok());
    let message = format!(
        "{PARAMETER} must be a position, as in the header x-viewlink-position of an answer, given once"
    );
    let invalid = || Failure::new(ErrorCode::InvalidRequest, message);
    let position = position.ok_or_else(invalid)?;
    let rest = without_query(uri, &others.join("&")).map_err(Failure::of_host)?;
    Ok(Some((position, rest)))
}

/// The address with another query.
fn without_query(uri: &Uri, query: &str) -> Result<Uri, axum::http::Error> {
    let path = match query {
        "" => uri.path().to_owned(),
        query => format!("{}?{query}", uri.path()),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(path)?);
    Ok(Uri::from_parts(parts)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const POSITION: &str = "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f-7-a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0";

    fn taken(query: &str) -> Option<Option<String>> {
        let uri = format!("/api/v2/projects?{query}").parse().unwrap();
        let taken = take(&uri).ok()?;
        Some(taken.map(|(position, rest)| {
            assert_eq!(position.to_string(), POSITION);
            rest.to_string()
        }))
    }

    #[test]
    fn the_position_is_taken_out_of_the_query_and_the_rest_stays_as_it_was_written() {
        for (query, rest) in [
            (format!("atLeast={POSITION}"), "/api/v2/projects"),
            (format!("a=%2B&atLeast={POSITION}&b=c+d&b"), "/api/v2/projects?a=%2B&b=c+d&b"),
            (format!("at%4Ceast={POSITION}&limit=3"), "/api/v2/projects?limit=3"),
        ] {
            assert_eq!(taken(&query), Some(Some(rest.to_owned())), "{query}");
        }
        assert_eq!(taken("atleast=3&limit=3"), Some(None));
    }

    #[test]
    fn an_invalid_position_is_refused_and_so_are_two() {
        for query in
            ["atLeast=", "atLeast", "atLeast=7", &format!("atLeast={POSITION}&atLeast={POSITION}")]
        {
            assert_eq!(taken(query), None, "{query}");
        }
    }
}
