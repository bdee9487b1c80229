//! What clients are told when the store fails.

use serde_json::json;
use viewlink::Fault;

use crate::support::{FLAGS, TestHost, VIEW};

#[tokio::test]
async fn a_host_that_can_write_is_healthy() {
    let host = TestHost::new();
    assert_eq!(host.get("/healthz").await.ok(), json!({"status": "ok"}));
}

#[tokio::test]
async fn after_writes_stopped_the_host_reads_and_says_that_it_is_not_well() {
    let host = TestHost::new();
    host.store.fail_next_change(Fault::Unknown);
    let body = r#"{"keys": ["a"]}"#;
    let message = host.json("DELETE", FLAGS, body).await.refused(500, "outcome_unknown");
    assert!(message.contains("whole, or not at all"), "{message}");

    let health = host.get("/healthz").await;
    assert_eq!((health.status, &health.json()["status"]), (503, &json!("writes_stopped")));
    assert!(health.json()["reason"].as_str().unwrap().contains("asked for"));
    assert!(host.get("/metrics").await.text().contains("\nviewlink_writable 0.0\n"));
    host.json("DELETE", FLAGS, body).await.refused(503, "writes_stopped");
    host.get(VIEW).await.ok();

    host.store.recover().unwrap();
    assert_eq!(host.get("/healthz").await.status, 200);
    host.json("DELETE", FLAGS, body).await.ok();
}

#[tokio::test]
async fn each_failure_tells_what_became_of_the_change() {
    let host = TestHost::new();
    let body = r#"{"keys": ["a"]}"#;
    for (fault, code) in [(Fault::NotApplied, "internal"), (Fault::Panic, "internal")] {
        host.store.fail_next_change(fault);
        host.json("DELETE", FLAGS, body).await.refused(500, code);
    }
    host.store.fail_next_change(Fault::Committed);
    host.json("DELETE", FLAGS, body).await.refused(500, "committed");
    host.store.recover().unwrap();
    let report = host.json("DELETE", FLAGS, body).await.ok();
    assert_eq!(report["failedResources"][0]["code"], "not_linked", "it was done");
}

#[tokio::test]
async fn a_closed_store_is_a_503() {
    let host = TestHost::new();
    host.store.clone().close().unwrap();
    host.get(VIEW).await.refused(503, "closed");
    assert_eq!(host.get("/healthz").await.json()["status"], "closed");
}
