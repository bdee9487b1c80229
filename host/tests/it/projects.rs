//! The operations on projects.

use serde_json::json;

use crate::support::{TestHost, VIEW};

const PROJECT: &str = "/api/v2/projects/default";
const OTHER: &str = "/api/v2/projects/other";

#[tokio::test]
async fn a_project_is_read_with_all_fields_that_clients_require() {
    let host = TestHost::new();
    let expected = json!({
        "_links": {"self": {"href": PROJECT, "type": "application/json"}},
        "_id": "0",
        "key": "default",
        "name": "default",
        "requireViewAssociationForNewFlags": false,
        "requireViewAssociationForNewSegments": false,
        "includeInSnippetByDefault": false,
        "tags": [],
    });
    assert_eq!(host.get(PROJECT).await.ok(), expected);
    host.get(OTHER).await.refused(404, "unknown_project");
    host.get("/api/v2/projects/no%20key").await.refused(400, "invalid_key");
}

#[tokio::test]
async fn projects_are_listed_in_key_order_and_page_by_page() {
    let host = TestHost::new();
    host.json("PUT", "/api/v2/projects/app", r#"{"name": "App"}"#).await.ok();
    let list = host.get("/api/v2/projects").await.ok();
    let keys = |list: &serde_json::Value| {
        let keys = list["items"].as_array().unwrap().iter().map(|of| of["key"].clone());
        keys.collect::<Vec<_>>()
    };
    assert_eq!(
        (keys(&list), &list["totalCount"]),
        (vec!["app".into(), "default".into()], &json!(2))
    );
    assert_eq!(list["items"][1], host.get(PROJECT).await.ok());
    let page = host.get("/api/v2/projects?limit=1").await.ok();
    let next = page["_links"]["next"]["href"].as_str().unwrap();
    assert_eq!(keys(&host.get(next).await.ok()), ["default"]);
    // The state before the project `app` began.
    assert_eq!(keys(&host.get("/api/v2/projects?asOf=2").await.ok()), ["default"]);
    host.get("/api/v2/projects?filter=x").await.refused(400, "unsupported");
    host.call("POST", "/api/v2/projects").await.refused(405, "method_not_allowed");
}

#[tokio::test]
async fn a_project_is_put_and_changed_and_keeps_its_views() {
    let host = TestHost::new();
    let body = r#"{"name": "Web shop", "requireViewAssociationForNewFlags": true}"#;
    let put = host.json("PUT", PROJECT, body).await.ok();
    assert_eq!(
        (&put["name"], &put["requireViewAssociationForNewFlags"]),
        (&json!("Web shop"), &json!(true))
    );
    assert_eq!(host.get(PROJECT).await.ok(), put);
    let patch = r#"{"requireViewAssociationForNewSegments": true, "name": null}"#;
    let changed = host.json("PATCH", PROJECT, patch).await.ok();
    assert_eq!(
        (&changed["name"], &changed["requireViewAssociationForNewSegments"]),
        (&json!("Web shop"), &json!(true))
    );
    let steps = r#" [{"op": "replace", "path": "/name", "value": "Shop"},
        {"op": "add", "path": "/requireViewAssociationForNewFlags", "value": false}]"#;
    let changed = host.json("PATCH", PROJECT, steps).await.ok();
    assert_eq!(
        (&changed["name"], &changed["requireViewAssociationForNewFlags"]),
        (&json!("Shop"), &json!(false))
    );
    // A `PUT` resets the fields that it leaves out.
    let put = host.json("PUT", PROJECT, "{}").await.ok();
    assert_eq!(
        (&put["name"], &put["requireViewAssociationForNewSegments"]),
        (&json!("default"), &json!(false))
    );
    assert_eq!(host.get(VIEW).await.status, 200);
    let feed = host.get("/api/v2/changes?after=5").await.ok();
    assert_eq!(
        (&feed["items"][0]["kind"], &feed["items"][0]["project"]["name"]),
        (&json!("projectPut"), &json!(""))
    );
}

#[tokio::test]
async fn a_project_begins_with_a_put_and_not_with_a_patch() {
    let host = TestHost::new();
    host.json("PATCH", OTHER, r#"{"name": "x"}"#).await.refused(404, "unknown_project");
    let rehearsed =
        host.json("PUT", &format!("{OTHER}?dryRun=true"), r#"{"name": "x"}"#).await.ok();
    assert_eq!((&rehearsed["name"], &rehearsed["_id"]), (&json!("x"), &json!("1")));
    host.get(OTHER).await.refused(404, "unknown_project");
    assert_eq!(host.json("PUT", OTHER, r#"{"name": "x"}"#).await.ok(), rehearsed);
    assert_eq!(host.get(&format!("{OTHER}/views")).await.ok()["items"], json!([]));
}

#[tokio::test]
async fn unsupported_fields_of_a_project_are_refused() {
    let host = TestHost::new();
    for body in [
        r#"{"tags": ["a"]}"#,
        r#"{"requireViewAssociationForNewFlags": "yes"}"#,
        r#"[{"op": "replace", "path": "/name", "value": "x"}]"#,
        "7",
    ] {
        host.json("PUT", PROJECT, body).await.refused(400, "invalid_request");
    }
    for (body, named) in [
        (r#"{"titel": "x"}"#, "titel"),
        (r#"[{"op": "remove", "path": "/name", "value": ""}]"#, "op is \"remove\""),
        (r#"[{"op": "replace", "path": "/tags", "value": "x"}]"#, "path is \"/tags\""),
        (r#"[{"op": "replace", "path": "/name", "value": true}]"#, "path is \"/name\""),
        (r#"[{"op": "replace", "path": "/name", "value": 7}]"#, "[0].value"),
        (r#"[{"op": "replace", "path": "/name", "value": "x"}] 7"#, "trailing"),
    ] {
        let message = host.json("PATCH", PROJECT, body).await.refused(400, "invalid_request");
        assert!(message.contains(named), "{body}: {message}");
    }
    let long = json!({"name": "x".repeat(257)}).to_string();
    host.json("PUT", PROJECT, long).await.refused(400, "too_long");
    assert_eq!(host.get(PROJECT).await.ok()["name"], "default");
}
