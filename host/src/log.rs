//! The log: one line of JSON for each request, one for each failure of the host, and the lines of the store.

use std::panic;
use std::time::Duration;

use axum::body::Body;
use axum::extract::MatchedPath;
use axum::http::{Request, Response};
use tower_http::classify::{ServerErrorsAsFailures, SharedClassifier};
use tower_http::request_id::RequestId;
use tower_http::trace::TraceLayer;
use tracing::{Span, Subscriber, field};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::registry;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::failure::panic_text;
use crate::outlet::Outlet;

type Spans = fn(&Request<Body>) -> Span;
type Ends = fn(&Response<Body>, Duration, &Span);

/// Adds the id of the request to all its log lines, and logs its result. Headers are not logged, because one of them is
/// the key.
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

/// Sends the log, including panics, to an outlet.
pub(crate) fn start(level: LevelFilter, outlet: Outlet) {
    lines(level, move || outlet.clone()).init();
    // The default hook writes to stderr, and blocks if stderr is a full pipe without a reader.
    panic::set_hook(Box::new(|panicked| {
        let place = panicked.location().map(ToString::to_string);
        tracing::error!(place, cause = panic_text(panicked.payload()), "a panic");
    }));
}

/// Sends the log of the host and of the store to a writer, one line of JSON per event. The log of the libraries below
/// them is left out, because it contains headers.
fn lines<W>(level: LevelFilter, writer: W) -> impl Subscriber + Send + Sync + 'static
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .log_internal_errors(false)
        .with_writer(writer);
    // This prefix includes `viewlink_host`.
    registry().with(lines.with_filter(Targets::new().with_target("viewlink", level)))
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::{self, Write};
    use std::sync::{Mutex, OnceLock};

    use serde_json::Value;
    use tower::ServiceExt as _;
    use viewlink::{Fault, NewView, Options};

    use super::*;
    use crate::{ApiKeys, Host, Members, Role, Settings, router};

    static WRITTEN: Mutex<Vec<u8>> = Mutex::new(Vec::new());

    struct Written;

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            WRITTEN.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Keeps the log from now on. Each test in this process that logs must call it first. If the first event of a kind
    /// occurs without a subscriber, later events of this kind are disabled in all threads.
    pub(crate) fn keep() {
        static STARTED: OnceLock<()> = OnceLock::new();
        STARTED.get_or_init(|| lines(LevelFilter::INFO, || Written).init());
    }

    /// The kept lines with a request id.
    pub(crate) fn kept(id: &str) -> Vec<Value> {
        let text = String::from_utf8(WRITTEN.lock().unwrap().clone()).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        lines.filter(|line: &Value| line["span"]["request_id"] == id).collect()
    }

    #[tokio::test]
    async fn a_failure_of_the_store_is_logged_by_both_with_its_causes_and_the_request_id() {
        keep();
        let store = Options::new().open_in_memory().unwrap();
        store.project("p").unwrap().create_view(NewView::new("v", "V")).unwrap();
        store.fail_next_change(Fault::Unknown);
        let mut keys = ApiKeys::default();
        keys.add("top-secret", Role::Writer);
        let router = router(&Host::new(store, keys, Members::default(), Settings::default()));
        let request = Request::delete("/api/v2/projects/p/views/v");
        let request = request.header("authorization", "top-secret").header("x-request-id", "job-7");
        let response = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), 500);

        let lines = kept("job-7");
        let text = format!("{lines:?}");
        assert!(!text.contains("top-secret"), "{text}");
        let [stopped, failed, answered] = &lines[..] else { panic!("{text}") };
        assert_eq!(
            (&stopped["level"], &stopped["target"]),
            (&"ERROR".into(), &"viewlink::commit".into())
        );
        assert!(stopped["reason"].as_str().unwrap().contains("asked for"), "{text}");
        assert!(failed["cause"].as_str().unwrap().contains("asked for"), "{text}");
        assert_eq!(
            (&failed["level"], &failed["code"]),
            (&"ERROR".into(), &"outcome_unknown".into())
        );
        assert_eq!(answered["status"], 500);
        for line in [stopped, failed, answered] {
            assert_eq!(line["span"]["path"], "/api/v2/projects/{project}/views/{view}");
        }
    }
}
