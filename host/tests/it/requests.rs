//! Properties of every request: its id, its version, its turn.

use std::sync::Arc;

use axum::body::Body;
use tokio::task::JoinSet;
use viewlink_host::Settings;

use crate::support::{FLAGS, TestHost, VIEW, anonymous, request};

#[tokio::test]
async fn every_answer_has_a_request_id() {
    let host = TestHost::new();
    let mut ids = Vec::new();
    for path in [VIEW, "/nothing", "/healthz", "/metrics"] {
        for request in [request("GET", path), anonymous("PUT", path)] {
            let answer = host.send(request.body(Body::empty()).unwrap()).await;
            ids.push(answer.headers["x-request-id"].to_str().unwrap().to_owned());
        }
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 8, "each its own");
}

#[tokio::test]
async fn a_valid_request_id_of_the_client_is_kept() {
    let host = TestHost::new();
    let long = "x".repeat(129);
    let with = |id: &str| {
        let request = request("GET", VIEW).header("x-request-id", id);
        host.send(request.body(Body::empty()).unwrap())
    };
    assert_eq!(with("job-7.retry_2").await.headers["x-request-id"], "job-7.retry_2");
    for id in ["", "a b", "{\"a\":1}", "é", &long] {
        assert_ne!(with(id).await.headers["x-request-id"], *id);
    }
    let two = request("GET", VIEW).header("x-request-id", "one").header("x-request-id", "two");
    let answer = host.send(two.body(Body::empty()).unwrap()).await;
    let ids: Vec<_> = answer.headers.get_all("x-request-id").iter().collect();
    assert!(ids.len() == 1 && ids[0] != "one" && ids[0] != "two", "{ids:?}");
}

#[tokio::test]
async fn beta_any_date_and_no_version_are_accepted() {
    let host = TestHost::new();
    for version in ["beta", "20240415", "20990101"] {
        let request = request("GET", VIEW).header("LD-API-Version", version);
        host.send(request.body(Body::empty()).unwrap()).await.ok();
    }
    host.get(VIEW).await.ok();
    for version in ["alpha", "2024-04-15", "2024041", "202404155", ""] {
        let request = request("GET", VIEW).header("LD-API-Version", version);
        let answer = host.send(request.body(Body::empty()).unwrap()).await;
        let message = answer.refused(400, "invalid_request");
        assert!(message.contains("ld-api-version"), "{message}");
    }
}

#[tokio::test]
async fn a_method_in_a_header_is_refused_and_not_ignored() {
    let host = TestHost::new();
    let request = request("POST", FLAGS).header("content-type", "application/json");
    let request = request.header("X-HTTP-Method-Override", "DELETE");
    let answer = host.send(request.body(r#"{"keys": ["c"]}"#.into()).unwrap()).await;
    let message = answer.refused(400, "unsupported");
    assert!(message.contains("its own method"), "{message}");
    assert_eq!(host.store.snapshot().unwrap().revision(), 2, "nothing changed");
}

#[tokio::test]
async fn requests_beyond_the_most_calls_of_the_store_wait_for_their_turn() {
    let host = TestHost::with(Settings { store_calls: 1, ..Settings::default() });
    let host = Arc::new(host);
    let mut requests = JoinSet::new();
    for number in 0..50 {
        let host = Arc::clone(&host);
        let body = format!(r#"{{"keys": ["flag-{number}"]}}"#);
        requests.spawn(async move { host.json("POST", FLAGS, body).await.ok() });
    }
    while let Some(report) = requests.join_next().await {
        assert_eq!(report.unwrap()["successCount"], 1);
    }
    assert_eq!(host.store.stats().groups.groups(), 52, "one at a time");
}
