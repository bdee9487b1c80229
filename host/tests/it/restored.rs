//! A store that is restored from a backup and then has a different history.

use axum::body::Body;
use serde_json::json;
use tempfile::TempDir;
use viewlink::{Batch, NewView, Options, Store};

use crate::support::{Answer, FLAGS, TestHost, VIEW, request};

fn tag(answer: &Answer) -> String {
    answer.headers["etag"].to_str().unwrap().to_owned()
}

async fn link_at(host: &TestHost, tag: &str, key: &str) -> Answer {
    let request = request("POST", FLAGS).header("content-type", "application/json");
    let body = json!({"keys": [key]}).to_string();
    host.send(request.header("if-match", tag).body(Body::from(body)).unwrap()).await
}

/// Positions and tags that were kept outside of the store before it was restored.
struct Before {
    _dir: TempDir,
    /// The positions of the revisions 1 to 4.
    positions: Vec<String>,
    /// The tags of the view at the revisions 2 to 4.
    tags: Vec<String>,
    /// The backup of revision 2.
    copy: Store,
}

/// A backup is made at revision 2, and then changes are made up to revision 4.
async fn before() -> Before {
    let dir = tempfile::tempdir().unwrap();
    let host = TestHost::of(Store::open(dir.path().join("store")).unwrap());
    let mut tags = vec![tag(&host.get(VIEW).await)];
    let copy = dir.path().join("copy");
    assert_eq!(host.store.backup_to(&copy).unwrap(), 2);
    for key in ["c", "d"] {
        tags.push(tag(&host.json("POST", FLAGS, json!({"keys": [key]}).to_string()).await));
    }
    let page = host.get("/api/v2/changes").await.ok();
    let items = page["items"].as_array().unwrap().iter();
    let positions: Vec<String> =
        items.map(|item| item["position"].as_str().unwrap().to_owned()).collect();
    assert_eq!((positions.len(), tags.len()), (4, 3));
    Before { copy: Store::open(copy).unwrap(), positions, tags, _dir: dir }
}

#[tokio::test]
async fn a_follower_of_a_restored_store_learns_that_its_history_is_different() {
    let Before { positions, copy, .. } = &before().await;
    let host = TestHost::serving(copy.clone());
    let after = async |position: &str| host.get(&format!("/api/v2/changes?after={position}")).await;
    after(&positions[3]).await.refused(409, "changes_diverged");
    for key in ["x", "y", "z"] {
        host.json("POST", FLAGS, json!({"keys": [key]}).to_string()).await.ok();
    }
    // The numbers 3 and 4 now belong to other changes.
    for lost in &positions[2..] {
        let message = after(lost).await.refused(409, "changes_diverged");
        assert!(message.contains(lost.as_str()), "{message}");
    }
    for (kept, rest) in positions[..2].iter().zip([4, 3]) {
        assert_eq!(after(kept).await.ok()["items"].as_array().unwrap().len(), rest);
    }
    assert_eq!(after("4").await.ok()["items"].as_array().unwrap().len(), 1);
    let other = TestHost::new();
    other
        .get(&format!("/api/v2/changes?after={}", positions[0]))
        .await
        .refused(409, "changes_diverged");
}

#[tokio::test]
async fn after_a_restore_the_entity_tag_of_a_lost_change_matches_nothing_and_an_earlier_one_still_matches()
 {
    let Before { tags, copy, .. } = &before().await;
    let host = TestHost::serving(copy.clone());
    assert_eq!(tag(&host.get(VIEW).await), tags[0]);
    for lost in &tags[1..] {
        link_at(&host, lost, "w").await.refused(412, "precondition_failed");
    }
    // The revisions 3 and 4 again: other changes with the numbers of the lost ones.
    let third = tag(&link_at(&host, &tags[0], "x").await);
    link_at(&host, &tags[1], "w").await.refused(412, "precondition_failed");
    let fourth = tag(&link_at(&host, &third, "y").await);
    link_at(&host, &tags[2], "w").await.refused(412, "precondition_failed");
    let request = request("GET", VIEW).header("if-none-match", &tags[2]);
    assert_eq!(host.send(request.body(Body::empty()).unwrap()).await.status, 200);
    assert_eq!(tag(&link_at(&host, &fourth, "z").await)[..3], *"\"5-");
}

#[tokio::test]
async fn an_entity_tag_is_valid_after_restarts_and_after_its_change_left_the_journal() {
    let dir = tempfile::tempdir().unwrap();
    let open = || {
        let options = Options::new().keep_changes(Some(1)).segment_size(4_096);
        options.open(dir.path().join("store")).unwrap()
    };
    let host = TestHost::of(open());
    let seen = tag(&host.get(VIEW).await);
    let other = host.store.project("other").unwrap();
    other.create_view(NewView::new("v", "V")).unwrap();
    for n in 0..200 {
        other.link("v", Batch::flags([format!("f{n}")])).unwrap().all_ok().unwrap();
    }
    assert_eq!(tag(&host.get(VIEW).await), seen);
    host.store.clone().close().unwrap();
    drop(host);
    // First from the checkpoint alone, then from the checkpoint and the journal after it.
    for n in 0..2 {
        let host = TestHost::serving(open());
        assert!(host.store.sizes().unwrap().journal.oldest > 2, "it was trimmed");
        assert_eq!(tag(&host.get(VIEW).await), seen);
        other_change(&host, n);
        drop(host);
    }
    let host = TestHost::serving(open());
    assert!(link_at(&host, &seen, "x").await.ok()["successCount"] == 1);
}

fn other_change(host: &TestHost, number: usize) {
    let other = host.store.project("other").unwrap();
    other.link("v", Batch::flags([format!("later-{number}")])).unwrap().all_ok().unwrap();
}
