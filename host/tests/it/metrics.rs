//! The metrics.

use axum::body::Body;

use crate::support::{FLAGS, TestHost, VIEW, anonymous};

/// The metrics, which need no key.
async fn figures(host: &TestHost) -> String {
    let answer = host.send(anonymous("GET", "/metrics").body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, 200);
    let media_type = answer.headers["content-type"].to_str().unwrap();
    assert!(media_type.starts_with("application/openmetrics-text"), "{media_type}");
    answer.text()
}

fn figure(text: &str, name: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.map(|value| value.parse().unwrap())
}

#[tokio::test]
async fn keys_are_counted_by_outcome() {
    let host = TestHost::new();
    host.json("POST", FLAGS, r#"{"keys": ["a", "c", "d", "c", "?"]}"#).await.ok();
    host.json("DELETE", FLAGS, r#"{"keys": ["a", "b", "x"]}"#).await.ok();
    let segments = format!("{VIEW}/link/segments");
    host.json("DELETE", &segments, r#"{"keys": ["5f1c"]}"#).await.ok();
    let text = figures(&host).await;
    for (operation, outcome, count) in [
        ("link", "linked", 2.0),
        ("link", "already_linked", 1.0),
        ("link", "repeated", 1.0),
        ("link", "invalid_key", 1.0),
        ("unlink", "unlinked", 2.0),
        ("unlink", "not_linked", 1.0),
        ("unlink", "unknown_resource", 1.0),
    ] {
        let labels = format!("{{operation=\"{operation}\",outcome=\"{outcome}\"}}");
        let name = format!("viewlink_keys_total{labels}");
        assert_eq!(figure(&text, &name), Some(count), "{name}");
    }
}

#[tokio::test]
async fn changes_and_the_sizes_of_their_groups_are_read_from_the_store() {
    let host = TestHost::new();
    let before = figures(&host).await;
    assert_eq!(figure(&before, "viewlink_changes_total"), Some(2.0));
    host.json("POST", FLAGS, r#"{"keys": ["c"]}"#).await.ok();
    host.json("POST", FLAGS, r#"{"keys": ["c"]}"#).await.ok();
    let after = figures(&host).await;
    assert_eq!(figure(&after, "viewlink_changes_total"), Some(3.0), "one changed nothing");
    assert_eq!(figure(&after, "viewlink_group_size_count"), Some(3.0));
    assert_eq!(figure(&after, "viewlink_group_size_sum"), Some(3.0));
    assert_eq!(figure(&after, "viewlink_group_size_bucket{le=\"1.0\"}"), Some(3.0));
    assert_eq!(figure(&after, "viewlink_group_size_bucket{le=\"+Inf\"}"), Some(3.0));
    assert_eq!(figure(&after, "viewlink_writable"), Some(1.0));
    assert_eq!(figure(&after, "viewlink_revision"), Some(3.0));
    assert_eq!(figure(&after, "viewlink_checkpoints_total"), Some(0.0));
    assert_eq!(figure(&after, "viewlink_snapshots"), Some(0.0));
    assert_eq!(figure(&after, "viewlink_slow_commits_total"), Some(0.0));
    assert!(figure(&after, "viewlink_last_commit_seconds").unwrap() > 0.0);
    assert!(figure(&after, "viewlink_longest_commit_seconds").unwrap() < 1.0);
    assert_eq!(figure(&after, "viewlink_last_checkpoint_seconds"), Some(0.0));
    assert_eq!(figure(&after, "viewlink_checkpoint_revision"), Some(0.0));
    assert_eq!(figure(&after, "viewlink_journal_segments"), Some(1.0));
    let stats = host.store.stats();
    assert_eq!(figure(&after, "viewlink_journal_bytes"), Some(stats.journal_bytes as f64));
    let sizes = host.store.sizes().unwrap();
    for (part, bytes) in [
        ("views", sizes.memory.views),
        ("links", sizes.memory.links),
        ("names", sizes.memory.names),
        ("backlinks", sizes.memory.backlinks),
        ("registry", sizes.memory.registry),
    ] {
        let name = format!("viewlink_memory_bytes{{part=\"{part}\"}}");
        assert_eq!(figure(&after, &name), Some(bytes as f64), "{name}");
    }
    assert!(figure(&after, "viewlink_journal_since_checkpoint_bytes").unwrap() > 0.0);
    assert_eq!(figure(&after, "viewlink_failed_checkpoints_total"), Some(0.0));
    host.store.checkpoint().unwrap();
    let later = figures(&host).await;
    assert_eq!(figure(&later, "viewlink_checkpoint_revision"), Some(3.0));
    let length = host.store.stats().checkpoint_bytes;
    assert!(length > 0);
    assert_eq!(figure(&later, "viewlink_checkpoint_bytes"), Some(length as f64));
    assert_eq!(figure(&later, "viewlink_journal_since_checkpoint_bytes"), Some(0.0));
    assert!(figure(&later, "viewlink_last_checkpoint_seconds").unwrap() > 0.0);
    assert!(figure(&later, "viewlink_longest_checkpoint_seconds").unwrap() > 0.0);
    let snapshot = host.store.snapshot().unwrap();
    let held = figures(&host).await;
    assert_eq!(figure(&held, "viewlink_snapshots"), Some(1.0));
    assert!(figure(&held, "viewlink_oldest_snapshot_seconds").unwrap() > 0.0);
    drop(snapshot);
}

#[tokio::test]
async fn requests_are_counted_and_timed_by_operation() {
    let host = TestHost::new();
    host.get(VIEW).await.ok();
    host.get("/api/v2/projects/default/views/other").await.refused(404, "unknown_view");
    host.get("/nothing").await.refused(404, "not_found");
    host.send(anonymous("GET", VIEW).body(Body::empty()).unwrap()).await;
    let text = figures(&host).await;
    for (labels, count) in [
        ("{operation=\"get_view\",status=\"200\"}", 1.0),
        ("{operation=\"get_view\",status=\"404\"}", 1.0),
        ("{operation=\"get_view\",status=\"401\"}", 1.0),
        ("{operation=\"none\",status=\"404\"}", 1.0),
    ] {
        assert_eq!(figure(&text, &format!("viewlink_http_requests_total{labels}")), Some(count));
    }
    let count = "viewlink_http_request_duration_seconds_count{operation=\"get_view\"}";
    assert_eq!(figure(&text, count), Some(3.0));
}
