//! The log: one line of JSON for each request, and one for each failure of the host.

use std::time::Duration;

use axum::body::Body;
use axum::extract::MatchedPath;
use axum::http::{Request, Response};
use tower_http::classify::{ServerErrorsAsFailures, SharedClassifier};
use tower_http::request_id::RequestId;
use tower_http::trace::TraceLayer;
use tracing::{Span, field};
use tracing_subscriber::filter::LevelFilter;

type Spans = fn(&Request<Body>) -> Span;
type Ends = fn(&Response<Body>, Duration, &Span);

/// Puts all that is logged for a request under its id, and logs how it ended. Headers are left
/// out: one of them is the key.
pub(crate) fn layer()
-> TraceLayer<SharedClassifier<ServerErrorsAsFailures>, Spans, (), Ends, (), (), ()> {
    TraceLayer::new_for_http()
        .make_span_with(span as Spans)
        .on_request(())
        .on_response(end as Ends)
        .on_body_chunk(())
        .on_eos(())
        .on_failure(())
}

fn span(request: &Request<Body>) -> Span {
    let id = request.extensions().get::<RequestId>();
    let id = id.and_then(|id| id.header_value().to_str().ok());
    let path = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    tracing::info_span!(
        "request",
        request_id = id,
        method = %request.method(),
        path,
        caller = field::Empty,
    )
}

fn end(response: &Response<Body>, latency: Duration, _: &Span) {
    let latency = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
    tracing::info!(status = response.status().as_u16(), latency_us = latency, "answered");
}

/// Sends what is logged to stderr, a line of JSON each.
pub(crate) fn start(level: LevelFilter) {
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .with_max_level(level)
        .with_writer(std::io::stderr)
        .init();
}
