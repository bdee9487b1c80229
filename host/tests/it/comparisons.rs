//! Views are compared, renamed and copied, and their links are moved.

use serde_json::json;

use crate::support::{TestHost, VIEW};

const VIEWS: &str = "/api/v2/projects/default/views";
const BOTH: &str = r#"{"keys": ["a", "b"]}"#;

/// The number of flags of a view.
async fn flags(host: &TestHost, view: &str) -> serde_json::Value {
    host.get(&format!("{VIEWS}/{view}/linked/flags")).await.ok()["totalCount"].clone()
}

#[tokio::test]
async fn a_view_is_renamed_and_copied_by_one_request_each() {
    let host = TestHost::new();
    let copy = format!("{VIEW}/copy-to/other");
    let dry = host.call("POST", &format!("{copy}?dryRun=true")).await.ok();
    assert_eq!(dry["key"], "other");
    host.get(&format!("{VIEWS}/other")).await.refused(404, "unknown_view");
    let copied = host.call("POST", &copy).await;
    assert_eq!((&copied.ok()["key"], copied.headers.contains_key("etag")), (&json!("other"), true));
    assert_eq!(flags(&host, "other").await, 2);
    host.call("POST", &copy).await.refused(409, "view_exists");
    let renamed = host.call("POST", &format!("{VIEW}/rename-to/new")).await.ok();
    assert_eq!(renamed["key"], "new");
    host.get(VIEW).await.refused(404, "unknown_view");
    assert_eq!(flags(&host, "new").await, 2);
    host.call("POST", &format!("{VIEWS}/new/rename-to/other")).await.refused(409, "view_exists");
    host.call("POST", &format!("{VIEWS}/new/rename-to/no%20key")).await.refused(400, "invalid_key");
}

#[tokio::test]
async fn links_are_moved_to_another_view() {
    let host = TestHost::new();
    host.json("POST", VIEWS, r#"{"key": "other", "name": "Other"}"#).await.ok();
    let path = format!("{VIEW}/move-to/other/flags");
    let moved = host.json("POST", &path, r#"{"keys": ["a", "no"]}"#).await.ok();
    assert_eq!((&moved["successCount"], &moved["failureCount"]), (&json!(1), &json!(1)));
    assert_eq!((flags(&host, "my-view").await, flags(&host, "other").await), (json!(1), json!(1)));
    let nowhere = format!("{VIEW}/move-to/nowhere/flags");
    host.json("POST", &nowhere, BOTH).await.refused(404, "unknown_view");
}

#[tokio::test]
async fn views_are_compared() {
    let host = TestHost::new();
    host.json("POST", VIEWS, r#"{"key": "other", "name": "Other"}"#).await.ok();
    host.json("POST", &format!("{VIEWS}/other/link/flags"), r#"{"keys": ["b", "c"]}"#).await.ok();
    let overlap = host.get(&format!("{VIEW}/overlap/other")).await.ok();
    let flags = |count| json!({"flags": count, "segments": 0, "aiConfigs": 0, "metrics": 0});
    let expected =
        json!({"first": flags(2), "second": flags(2), "both": flags(1), "jaccard": 1.0 / 3.0});
    assert_eq!(overlap, expected);
    let before = host.get(&format!("{VIEW}/overlap/other?asOf=3")).await.ok();
    assert_eq!(before["jaccard"], 0.0);
    host.get(&format!("{VIEW}/overlap/never")).await.refused(404, "unknown_view");
    let near = host.get(&format!("{VIEW}/near?minJaccard=0.3")).await.ok();
    assert_eq!((&near["totalCount"], &near["items"][0]["viewKey"]), (&json!(1), &json!("other")));
    assert_eq!(near["items"][0]["both"], flags(1));
    assert_eq!(host.get(&format!("{VIEW}/near")).await.ok()["totalCount"], 0);
    for wrong in ["2", "x", "NaN", "0.1&minJaccard=0.2"] {
        host.get(&format!("{VIEW}/near?minJaccard={wrong}")).await.refused(400, "invalid_request");
    }
}
