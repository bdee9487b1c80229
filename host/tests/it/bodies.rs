//! Accepted and refused request bodies.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use http_body_util::BodyExt as _;
use hyper::body::Frame;
use viewlink_host::Settings;

use crate::support::{FLAGS, TestHost, VIEW, request};

#[tokio::test]
async fn bad_json_is_a_400_that_names_the_position() {
    let host = TestHost::new();
    for (body, place) in [
        ("", "line 1 column 0"),
        ("{\"keys\": [\"a\",\n 7]}", "keys[1]"),
        ("{\"keys\": [\"a\"]", "line 1"),
        ("{\"keys\": [], \"fliter\": \"x\"}", "fliter"),
        ("{}", "give keys, segmentIdentifiers or filter"),
    ] {
        let message = host.json("DELETE", FLAGS, body).await.refused(400, "invalid_request");
        assert!(message.contains(place), "{message}");
    }
    host.json("POST", FLAGS, vec![0xff, 0xfe]).await.refused(400, "invalid_request");
}

#[tokio::test]
async fn a_body_that_does_not_say_it_is_json_is_a_415() {
    let host = TestHost::new();
    let body = r#"{"keys": ["a"]}"#;
    let none = request("DELETE", FLAGS).body(Body::from(body)).unwrap();
    let message = host.send(none).await.refused(415, "unsupported_media_type");
    assert!(message.contains("content-type: application/json"), "{message}");
    for other in ["text/plain", "application/jsonx", "application/xml; x=application/json", ""] {
        let other = request("DELETE", FLAGS).header("content-type", other);
        let answer = host.send(other.body(Body::from(body)).unwrap()).await;
        answer.refused(415, "unsupported_media_type");
    }
    let packed = request("DELETE", FLAGS).header("content-type", "application/json");
    let packed = packed.header("content-encoding", "gzip").body(Body::from(body)).unwrap();
    host.send(packed).await.refused(415, "unsupported_media_type");
    assert_eq!(host.store.snapshot().unwrap().revision(), 2, "nothing changed");
}

#[tokio::test]
async fn a_content_type_may_have_parameters_and_upper_case() {
    let host = TestHost::new();
    for (key, media_type) in
        [("a", "application/json; charset=utf-8"), ("b", "Application/JSON ;charset=\"utf-8\"")]
    {
        let body = format!(r#"{{"keys": ["{key}"]}}"#);
        let request = request("DELETE", FLAGS).header("content-type", media_type);
        let report = host.send(request.body(body.into()).unwrap()).await.ok();
        assert_eq!(report["successCount"], 1);
    }
}

/// A body of many parts that counts how many were read.
struct Parts {
    left: usize,
    taken: Arc<AtomicUsize>,
}

impl HttpBody for Parts {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        self.left -= 1;
        self.taken.fetch_add(1, Ordering::Relaxed);
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[b' '; 100])))))
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_a_413_and_not_read_to_its_end() {
    let host = TestHost::with(Settings { body_limit: 1_000, ..Settings::default() });
    let taken = Arc::new(AtomicUsize::new(0));
    let parts = Parts { left: 1_000, taken: Arc::clone(&taken) };
    let chunked = host.json("DELETE", FLAGS, Body::new(parts.boxed())).await;
    let message = chunked.refused(413, "body_too_large");
    assert!(message.contains("more than 1000 bytes: split the request"), "{message}");
    assert_eq!(taken.swap(0, Ordering::Relaxed), 11);

    let announced = request("DELETE", FLAGS).header("content-type", "application/json");
    let announced = announced.header("content-length", "1001");
    let parts = Parts { left: 1_000, taken: Arc::clone(&taken) };
    let answer = host.send(announced.body(Body::new(parts.boxed())).unwrap()).await;
    answer.refused(413, "body_too_large");
    assert_eq!(taken.load(Ordering::Relaxed), 0);

    let exactly = format!("{:<1000}", r#"{"keys": ["a"]}"#);
    assert_eq!(host.json("DELETE", FLAGS, exactly).await.ok()["successCount"], 1);
}

#[tokio::test]
async fn a_writing_request_with_an_unknown_parameter_is_refused_and_changes_nothing() {
    let host = TestHost::new();
    for (method, path) in [
        ("DELETE", format!("{FLAGS}?dryrun=true")),
        ("POST", format!("{FLAGS}?expand=allFlags")),
        ("PATCH", format!("{VIEW}?rehearse")),
        ("DELETE", format!("{VIEW}?dry-run=1")),
        ("POST", "/api/v2/projects/default/views?x=".to_owned()),
    ] {
        let message = host.json(method, &path, r#"{"keys": ["a"]}"#).await;
        let message = message.refused(400, "unsupported");
        assert!(message.contains("leave it out"), "{message}");
    }
    assert_eq!(host.store.snapshot().unwrap().revision(), 2, "nothing changed");
    // A lone question mark has no meaning.
    host.json("DELETE", &format!("{FLAGS}?"), r#"{"keys": ["a"]}"#).await.ok();
}
