//! The past: reverts, history, and reads as of a revision.

use axum::body::Body;
use serde_json::json;
use viewlink_host::Settings;

use crate::support::{FLAGS, READER, TestHost, VIEW, anonymous};

const CHANGES: &str = "/api/v2/projects/default/changes";
const LINKED: &str = "/api/v2/projects/default/views/my-view/linked/flags";
const OF_A: &str = "/api/v2/projects/default/view-associations/flags/a";

#[tokio::test]
async fn a_change_is_reverted_and_later_changes_are_reported_as_failures() {
    let host = TestHost::new();
    host.call("DELETE", VIEW).await;
    let path = format!("{CHANGES}/3/revert");
    let dry = host.call("POST", &format!("{path}?dryRun=true")).await.ok();
    assert_eq!(dry, json!({"successCount": 3, "failureCount": 0, "failures": []}));
    host.get(VIEW).await.refused(404, "unknown_view");
    let reverted = host.call("POST", &path).await.ok();
    assert_eq!((&reverted["revision"], &reverted["successCount"]), (&json!(4), &json!(3)));
    assert_eq!(host.get(LINKED).await.ok()["totalCount"], 2);
    let change = host.store.snapshot().unwrap().changes(4).unwrap().next().unwrap().unwrap();
    assert_eq!(change.reverts, Some(3));
    assert!(change.actor.is_some());
    host.json("DELETE", FLAGS, r#"{"keys": ["a"]}"#).await.ok();
    let late = host.call("POST", &format!("{CHANGES}/4/revert")).await.ok();
    let failure = json!({
        "kind": "link", "viewKey": "my-view", "resourceKey": "a", "resourceType": "flag",
        "errorMessage": "changed again later", "code": "changed_since",
    });
    assert_eq!(late["failures"], json!([failure]));
    let message =
        host.call("POST", &format!("{CHANGES}/99/revert")).await.refused(400, "invalid_request");
    assert_eq!(message, "revision 99 does not exist yet: the newest is 6");
    host.call("POST", &format!("{CHANGES}/0/revert")).await.refused(400, "invalid_request");
    host.call("POST", &format!("{CHANGES}/x/revert")).await.refused(400, "invalid_request");
    host.call("POST", &format!("{path}?onMissing=fail")).await.refused(400, "unsupported");
    let elsewhere = "/api/v2/projects/other/changes/1/revert";
    host.call("POST", elsewhere).await.refused(400, "invalid_request");
}

#[tokio::test]
async fn a_reader_may_read_the_past_but_not_restore_it() {
    let host = TestHost::new();
    let send = |method, path: String| {
        let request = anonymous(method, &path).header("authorization", READER);
        host.send(request.body(Body::empty()).unwrap())
    };
    send("POST", format!("{CHANGES}/2/revert")).await.refused(403, "forbidden");
    send("GET", format!("{VIEW}/history")).await.ok();
    send("GET", format!("{VIEW}?asOf=1")).await.ok();
}

#[tokio::test]
async fn a_view_is_restored_to_a_revision_unless_another_caller_changed_it() {
    let host = TestHost::new();
    host.json("PUT", FLAGS, r#"{"keys": ["c"]}"#).await.ok();
    let tag = host.get(VIEW).await.headers["etag"].to_str().unwrap().to_owned();
    host.json("POST", FLAGS, r#"{"keys": ["d"]}"#).await.ok();
    let path = format!("{VIEW}/revert-to/2");
    let late = crate::support::request("POST", &path).header("if-match", tag);
    host.send(late.body(Body::empty()).unwrap()).await.refused(412, "precondition_failed");
    let reverted = host.call("POST", &path).await.ok();
    assert_eq!((&reverted["revision"], &reverted["failureCount"]), (&json!(5), &json!(0)));
    let linked = host.get(&format!("{LINKED}?sort=linkedAt")).await.ok();
    let keys: Vec<_> =
        linked["items"].as_array().unwrap().iter().map(|item| &item["resourceKey"]).collect();
    assert_eq!(keys, ["a", "b"]);
}

#[tokio::test]
async fn reads_are_as_of_a_revision() {
    let host = TestHost::new();
    let then = host.get(VIEW).await;
    host.json("DELETE", FLAGS, r#"{"keys": ["a"]}"#).await.ok();
    host.call("DELETE", VIEW).await;
    let seen = host.get(&format!("{VIEW}?asOf=2")).await;
    assert_eq!((seen.ok(), &seen.headers["etag"]), (then.ok(), &then.headers["etag"]));
    assert_eq!(host.get(&format!("{LINKED}?asOf=2&limit=1")).await.ok()["totalCount"], 2);
    assert_eq!(host.get(&format!("{LINKED}?asOf=3")).await.ok()["totalCount"], 1);
    assert_eq!(host.get(&format!("{OF_A}?asOf=2")).await.ok()["totalCount"], 1);
    assert_eq!(host.get(&format!("{OF_A}?asOf=3")).await.ok()["totalCount"], 0);
    assert_eq!(host.get("/api/v2/projects/default/views?asOf=2").await.ok()["totalCount"], 1);
    for query in ["asOf=x", "asOf=-1", "asOf=1&asOf=1", "asOf=9"] {
        for path in [VIEW, "/api/v2/projects/default", "/api/v2/flags/default/a"] {
            host.get(&format!("{path}?{query}")).await.refused(400, "invalid_request");
        }
    }
    let put = r#"{"name": "Shop"}"#;
    host.json("PUT", "/api/v2/projects/default", put).await.ok();
    let named = |seen: serde_json::Value| seen["name"].clone();
    assert_eq!(named(host.get("/api/v2/projects/default?asOf=2").await.ok()), "default");
    assert_eq!(named(host.get("/api/v2/projects/default").await.ok()), "Shop");
}

#[tokio::test]
async fn a_read_goes_back_as_many_changes_as_the_host_allows() {
    let settings = Settings { as_of_changes: 1, ..Settings::default() };
    let host = TestHost::with(settings);
    host.json("DELETE", FLAGS, r#"{"keys": ["a"]}"#).await.ok();
    host.get(&format!("{VIEW}?asOf=2")).await.ok();
    for path in [VIEW, OF_A] {
        let message = host.get(&format!("{path}?asOf=1")).await.refused(400, "invalid_request");
        assert!(message.ends_with("ask for revision 2 or a later one"), "{message}");
    }
}

#[tokio::test]
async fn the_history_of_a_view_and_of_a_resource_is_paged() {
    let host = TestHost::new();
    host.json("DELETE", FLAGS, r#"{"keys": ["a"], "comment": "why"}"#).await.ok();
    let page = host.get(&format!("{VIEW}/history?limit=1")).await.ok();
    assert_eq!((&page["nextBefore"], &page["oldestRevision"]), (&json!(3), &json!(1)));
    let entry = &page["items"][0];
    assert_eq!((&entry["revision"], &entry["comment"]), (&json!(3), &json!("why")));
    let event = json!({"kind": "unlinked", "viewKey": "my-view", "resourceKey": "a", "resourceType": "flag"});
    assert_eq!(entry["events"], json!([event]));
    let rest = host.get(&format!("{VIEW}/history?before=3")).await.ok();
    assert_eq!((rest["items"].as_array().unwrap().len(), rest.get("nextBefore")), (2, None));
    let of_a = host.get(&format!("{OF_A}/history")).await.ok();
    let kinds: Vec<_> =
        of_a["items"].as_array().unwrap().iter().map(|item| &item["events"][0]["kind"]).collect();
    assert_eq!(kinds, ["unlinked", "linked"]);
    host.get(&format!("{VIEW}/history?before=x")).await.refused(400, "invalid_request");
}
