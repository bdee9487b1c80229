//! Filters that views follow.

use serde_json::{Value, json};
use viewlink::NewResource;

use crate::support::{FLAGS, TestHost, VIEW};

/// A host whose registry has flags with a tag.
fn registered() -> TestHost {
    let host = TestHost::new();
    let flags = ["x", "y"].map(|key| NewResource::flag(key).tags(["beta"]));
    let project = host.store.project("default").unwrap();
    project.put_resources(flags).unwrap().all_ok().unwrap();
    host
}

#[tokio::test]
async fn a_view_follows_a_filter_shows_it_and_stops_following_it() {
    let host = registered();
    let path = format!("{VIEW}/follow/flags");
    let body = r#"{"filter": "tags:beta", "comment": "as agreed"}"#;
    let report = host.json("PUT", &format!("{path}?dryRun=true"), body).await.ok();
    assert_eq!(report["linkedCount"], 2);
    let report = host.json("PUT", &path, body).await.ok();
    assert_eq!((&report["linkedCount"], &report["successCount"]), (&json!(2), &json!(2)));
    let view = host.get(VIEW).await.ok();
    let follows = json!([{"resourceType": "flag", "filter": "tags contains [\"beta\"]"}]);
    assert_eq!(view["_follows"], follows);
    let report = host.json("DELETE", FLAGS, r#"{"keys": ["x"]}"#).await.ok();
    assert_eq!(report["failedResources"][0]["code"], "held_by_filter");

    let changes = host.get("/api/v2/changes?after=0").await.ok();
    let last: &Value = changes["items"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["kind"], &last["comment"]), (&json!("steps"), &json!("as agreed")));
    assert_eq!(last["steps"][0]["kind"], "followed");
    assert_eq!(last["steps"][1]["byFilter"], true);

    let report = host.json("DELETE", &format!("{path}?links=remove"), "").await.ok();
    assert_eq!(report["unlinkedResources"].as_array().unwrap().len(), 2);
    assert!(host.get(VIEW).await.ok()["_follows"].is_null());
}

#[tokio::test]
async fn an_invalid_filter_to_follow_is_refused_with_its_code() {
    let host = registered();
    let path = format!("{VIEW}/follow/flags");
    let key = VIEW.rsplit('/').next().unwrap();
    let circle = format!(r#"{{"filter": "view:{key}"}}"#);
    let cases = [
        ("PUT", path.clone(), circle.as_str(), 409, "circular_filter"),
        ("PUT", path.clone(), r#"{"filter": "tags:"}"#, 400, "invalid_filter"),
        ("PUT", path.clone(), r#"{"filter": "view:none"}"#, 404, "unknown_view"),
        ("PUT", path.clone(), r#"{"filters": "tags:a"}"#, 400, "invalid_request"),
        ("PUT", format!("{path}?links=keep"), r#"{"filter": "tags:a"}"#, 400, "unsupported"),
        ("DELETE", format!("{path}?links=some"), "", 400, "invalid_request"),
        ("DELETE", format!("{FLAGS}?links=keep"), r#"{"keys": []}"#, 400, "unsupported"),
    ];
    for (method, path, body, status, code) in cases {
        let answer = host.json(method, &path, body.to_owned()).await;
        assert_eq!(
            (answer.status, answer.json()["code"].as_str()),
            (status, Some(code)),
            "{path} {body}"
        );
    }
}
