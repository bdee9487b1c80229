//! The operations on views.

use serde_json::{Value, json};

use crate::support::{TestHost, VIEW};

const VIEWS: &str = "/api/v2/projects/default/views";

fn keys(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|item| item["key"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_view_is_created_read_changed_and_deleted() {
    let host = TestHost::new();
    let body = r#"{"key": "Checkout", "name": "Checkout", "tags": ["b", "a"], "archived": false,
        "maintainerId": "m1", "description": "what it is for"}"#;
    let made = host.json("POST", VIEWS, body).await.ok();
    assert_eq!(
        (&made["key"], &made["version"], &made["tags"]),
        (&json!("checkout"), &json!(1), &json!(["a", "b"]))
    );
    assert_eq!((&made["accountId"], &made["projectKey"]), (&json!("local"), &json!("default")));
    let path = format!("{VIEWS}/CHECKOUT");
    assert_eq!(host.get(&path).await.ok(), made);
    assert_eq!(host.get(&format!("{path}?expand=maintainer")).await.ok(), made);

    let changed = host.json("PATCH", &path, r#"{"name": "Pay", "maintainerId": ""}"#).await.ok();
    assert_eq!((&changed["name"], &changed["version"]), (&json!("Pay"), &json!(2)));
    assert_eq!(host.get(&path).await.ok(), changed);
    assert_eq!(changed.get("maintainer"), None);

    let gone = host.call("DELETE", &path).await;
    assert_eq!((gone.status, gone.body.len()), (204, 0));
    host.get(&path).await.refused(404, "unknown_view");
    host.call("DELETE", &path).await.refused(404, "unknown_view");
}

#[tokio::test]
async fn creating_a_view_that_exists_is_a_409_and_changes_nothing() {
    let host = TestHost::new();
    let again = host.json("POST", VIEWS, r#"{"key": "MY-view", "name": "other"}"#).await;
    again.refused(409, "view_exists");
    assert_eq!(host.get(VIEW).await.ok()["name"], "My view");
}

#[tokio::test]
async fn the_first_view_creates_its_project() {
    let host = TestHost::new();
    let other = "/api/v2/projects/other/views";
    host.get(other).await.refused(404, "unknown_project");
    let made = host.json("POST", other, r#"{"key": "v", "name": "V"}"#).await.ok();
    assert_eq!((&made["projectKey"], &made["projectId"]), (&json!("other"), &json!("1")));
    assert_eq!(keys(&host.get(other).await.ok()), ["v"]);
}

#[tokio::test]
async fn views_come_in_pages_and_orders() {
    let host = TestHost::new();
    for (key, name) in [("a", "Zoo"), ("b", "Bar")] {
        let body = json!({"key": key, "name": name}).to_string();
        host.json("POST", VIEWS, body).await.ok();
    }
    assert_eq!(keys(&host.get(VIEWS).await.ok()), ["a", "b", "my-view"]);
    let by_name = host.get(&format!("{VIEWS}?sort=name&limit=2")).await.ok();
    assert_eq!((keys(&by_name), &by_name["totalCount"]), (vec!["b", "my-view"], &json!(3)));
    // The links of a page lead to the other pages.
    let next = by_name["_links"]["next"]["href"].as_str().unwrap();
    assert_eq!(keys(&host.get(next).await.ok()), ["a"]);
    let expanded =
        host.get(&format!("{VIEWS}?expand=flagsSummary,resourceSummary&offset=2")).await.ok();
    assert_eq!(expanded["items"][0]["flagsSummary"], json!({"count": 2}));
    assert_eq!(expanded["items"][0]["resourceSummary"]["totalCount"], 2);
    for list in ["expand[]=flagsSummary", "expand%5B%5D=flagsSummary", "expand[0]=flagsSummary"] {
        let expanded = host.get(&format!("{VIEW}?{list}")).await.ok();
        assert_eq!(expanded["flagsSummary"], json!({"count": 2}), "{list}");
    }
}

#[tokio::test]
async fn an_unknown_parameter_of_a_list_is_a_400() {
    let host = TestHost::new();
    for (query, code) in [
        ("limit=-1", "invalid_request"),
        ("limit=1001", "invalid_request"),
        ("offset=x", "invalid_request"),
        ("sort=linkedAt", "invalid_request"),
        ("expand=everything", "invalid_request"),
        ("limit=1&limit=2", "invalid_request"),
    ] {
        host.get(&format!("{VIEWS}?{query}")).await.refused(400, code);
        let of_a_flag = format!("/api/v2/projects/default/view-associations/flags/a?{query}");
        host.get(&of_a_flag).await.refused(400, code);
    }
    let of_a_flag = "/api/v2/projects/default/view-associations/flags/a?filter=key+=+x";
    host.get(of_a_flag).await.refused(400, "unsupported");
    host.get(&format!("{VIEWS}?filter=x")).await.refused(400, "invalid_filter");
    let found = host.get(&format!("{VIEWS}?filter=key+startsWith+%22MY%22")).await.ok();
    assert_eq!(keys(&found), ["my-view"]);
}

#[tokio::test]
async fn a_patch_with_an_unsupported_field_is_refused_with_the_name_of_the_field() {
    let host = TestHost::new();
    for (body, field) in [
        (json!({"archived": true}), "archived"),
        (json!({"name": "other", "generateSdkKeys": true}), "generateSdkKeys"),
        (json!({"key": "other"}), "`key`"),
        (json!({"merge": {"name": "other"}}), "`merge`"),
        (json!({"patch": []}), "`patch`"),
        (json!({"instructions": [{"kind": "turnFlagOn"}]}), "`instructions`"),
        (json!({"nmae": "other"}), "`nmae`"),
    ] {
        let refused = host.json("PATCH", VIEW, body.to_string()).await;
        let message = refused.refused(400, "invalid_request");
        assert!(message.contains(field), "{message}");
    }
    assert_eq!(host.store.snapshot().unwrap().revision(), 2, "nothing changed");
    let older = r#"{"name": "other", "archived": false, "generateSdkKeys": false}"#;
    assert_eq!(host.json("PATCH", VIEW, older).await.ok()["name"], "other");
    // A `POST` may have the fields that older clients send, and unknown ones.
    let post = r#"{"key": "v", "name": "V", "generateSdkKeys": true, "archived": true, "x": 1}"#;
    host.json("POST", VIEWS, post).await.ok();
}
