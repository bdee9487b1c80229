//! Calls from pages of other origins.

use axum::body::Body;
use viewlink_host::Settings;

use crate::process::command;
use crate::support::{Answer, FLAGS, TestHost, VIEW, anonymous, request};

const PAGE: &str = "https://console.example.com";

fn host(origins: &[&str]) -> TestHost {
    let allow_origin = origins.iter().map(|origin| origin.parse().unwrap()).collect();
    TestHost::with(Settings { allow_origin, ..Settings::default() })
}

/// The preflight request of a browser before it lets a page of this origin unlink.
async fn preflight(host: &TestHost, origin: &str) -> Answer {
    let asked = anonymous("OPTIONS", FLAGS)
        .header("origin", origin)
        .header("access-control-request-method", "DELETE")
        .header("access-control-request-headers", "authorization,content-type,ld-api-version");
    host.send(asked.body(Body::empty()).unwrap()).await
}

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer.headers.get(name).map(|value| value.to_str().unwrap())
}

#[tokio::test]
async fn a_preflight_request_is_answered_without_a_key() {
    for (origins, origin, permitted) in [
        (&["http://127.0.0.1:3000", PAGE][..], PAGE, PAGE),
        (&["*"], "http://anywhere.example", "*"),
    ] {
        let host = host(origins);
        let answer = preflight(&host, origin).await;
        assert_eq!((answer.status, answer.body.len()), (200, 0));
        assert_eq!(header(&answer, "access-control-allow-origin"), Some(permitted));
        let methods = header(&answer, "access-control-allow-methods").unwrap();
        assert!(["GET", "POST", "PUT", "PATCH", "DELETE"].iter().all(|of| methods.contains(of)));
        let headers = header(&answer, "access-control-allow-headers").unwrap();
        assert!(headers.contains("authorization") && headers.contains("ld-api-version"));
        assert_eq!(host.store.snapshot().unwrap().revision(), 2);
    }
}

#[tokio::test]
async fn a_page_may_read_answers_including_errors_and_still_needs_a_key() {
    let host = host(&[PAGE]);
    let call = async |key: Option<&str>, path: &str| {
        let mut asked = anonymous("GET", path).header("origin", PAGE);
        if let Some(key) = key {
            asked = asked.header("authorization", key);
        }
        host.send(asked.body(Body::empty()).unwrap()).await
    };
    for (key, path, status) in [
        (Some(crate::support::READER), VIEW, 200),
        (Some(crate::support::READER), "/nothing", 404),
        (None, VIEW, 401),
        (None, "/healthz", 200),
    ] {
        let answer = call(key, path).await;
        assert_eq!(
            (answer.status, header(&answer, "access-control-allow-origin")),
            (status, Some(PAGE))
        );
        let exposed = header(&answer, "access-control-expose-headers").unwrap();
        assert!(exposed.contains("etag") && exposed.contains("x-request-id"), "{exposed}");
    }
}

#[tokio::test]
async fn other_origins_get_no_permission_and_a_host_without_origins_answers_as_before() {
    let some = host(&[PAGE]);
    for origin in ["https://console.example.com.evil.example", "http://console.example.com", "null"]
    {
        let answer = preflight(&some, origin).await;
        assert_eq!(header(&answer, "access-control-allow-origin"), None, "{origin}");
        let read = request("GET", VIEW).header("origin", origin).body(Body::empty()).unwrap();
        assert_eq!(header(&some.send(read).await, "access-control-allow-origin"), None);
    }
    let none = host(&[]);
    let answer = preflight(&none, PAGE).await;
    answer.refused(401, "unauthorized");
    assert_eq!(header(&answer, "access-control-allow-origin"), None);
}

#[test]
fn an_invalid_origin_is_an_invalid_option() {
    let dir = tempfile::tempdir().unwrap();
    let refused = command(dir.path()).args(["--allow-origin", "https://a/b"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(text.contains("without a path"), "{text}");
}
