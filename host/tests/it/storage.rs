//! Answers to clients when the store fails.

use std::io::ErrorKind;

use serde_json::json;
use viewlink::testing::{CallKind, DiskFault, SimulatedDisk};
use viewlink::{Checkpoints, Fault, Options};

use crate::support::{FLAGS, TestHost, VIEW};

#[tokio::test]
async fn a_host_that_can_write_is_healthy() {
    let host = TestHost::new();
    let position = host.store.snapshot().unwrap().position().to_string();
    let told = json!({"status": "ok", "role": "alone", "position": position});
    for path in ["/healthz", "/readyz"] {
        assert_eq!(host.get(path).await.ok(), told);
    }
}

#[tokio::test]
async fn after_writes_stopped_the_host_still_reads_and_reports_that_it_is_unhealthy() {
    let host = TestHost::new();
    host.store.fail_next_change(Fault::Unknown);
    let body = r#"{"keys": ["a"]}"#;
    let message = host.json("DELETE", FLAGS, body).await.refused(500, "outcome_unknown");
    assert!(message.contains("completely or not at all"), "{message}");

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
async fn a_failed_checkpoint_is_reported_and_requests_continue() {
    let disk = SimulatedDisk::new();
    let options = Options::new().checkpoints(Checkpoints::ByHand);
    let host = TestHost::of(options.open_on(&disk).unwrap());
    disk.fail(DiskFault::new(ErrorKind::Other).on(CallKind::Sync));
    host.store.checkpoint().unwrap_err();
    let health = host.get("/healthz").await.ok();
    assert_eq!(health["status"], "ok");
    assert!(!health["checkpointFailure"].as_str().unwrap().is_empty(), "{health}");
    let figures = host.get("/metrics").await.text();
    assert!(figures.contains("\nviewlink_failed_checkpoints_total 1\n"), "{figures}");
    host.json("DELETE", FLAGS, r#"{"keys": ["a"]}"#).await.ok();
    host.store.checkpoint().unwrap();
    assert!(host.get("/healthz").await.ok().get("checkpointFailure").is_none());
}

#[tokio::test]
async fn a_store_at_its_memory_limit_refuses_changes_that_need_more_and_accepts_others() {
    let host = TestHost::of(Options::new().memory_limit(Some(1 << 20)).open_in_memory().unwrap());
    let keys: Vec<String> = (0..20_000).map(|n| format!("a-flag-{n}")).collect();
    let many = json!({"keys": keys}).to_string();
    let message = host.json("POST", FLAGS, many).await.refused(503, "store_full");
    assert!(message.contains("nothing changed"), "{message}");
    assert_eq!(host.get("/healthz").await.status, 200);
    let report = host.json("DELETE", FLAGS, r#"{"keys": ["a"]}"#).await.ok();
    assert_eq!(report["successCount"], 1);
}

#[tokio::test]
async fn each_failure_says_whether_the_change_was_made() {
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
