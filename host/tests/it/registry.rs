//! The operations on registered flags and segments.

use serde_json::{Value, json};
use viewlink::{NewResource, Options, Store};

use crate::support::{TestHost, VIEW, request};

const FLAGS: &str = "/api/v2/flags/default";
const SEGMENTS: &str = "/api/v2/segments/default/env";
const PROJECT: &str = "/api/v2/projects/default";

fn keys(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|item| item["key"].as_str().unwrap()).collect()
}

async fn views_of(host: &TestHost, of: &str) -> Vec<String> {
    let page = host.get(&format!("{PROJECT}/view-associations/{of}")).await.ok();
    keys(&page).into_iter().map(str::to_owned).collect()
}

/// Expects a 201, and returns its JSON.
async fn made(host: &TestHost, path: &str, body: Value) -> Value {
    let answer = host.json("POST", path, body.to_string()).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()
}

#[tokio::test]
async fn a_flag_is_registered_and_linked_in_one_change_and_read_in_the_shape_of_clients() {
    let host = TestHost::new();
    let before = host.store.snapshot().unwrap().revision();
    let body = json!({
        "key": "new", "name": "New", "tags": ["b", "a"], "temporary": true, "maintainerId": "m1",
        "status": "active", "variations": [{"value": true}], "isFlagOn": true, "description": "d",
        "viewKeys": ["My-View"], "projectKey": "other", "kind": "segment", "environmentId": "env",
    });
    let flag = made(&host, FLAGS, body).await;
    assert_eq!(host.store.snapshot().unwrap().revision(), before + 1);
    let expected = json!({
        "_links": {
            "self": {"href": "/api/v2/flags/default/new", "type": "application/json"},
            "parent": {"href": "/api/v2/flags/default", "type": "application/json"},
        },
        "key": "new", "name": "New", "tags": ["a", "b"], "maintainerId": "m1", "archived": false,
        "creationDate": flag["creationDate"], "status": "active", "kind": "boolean",
        "_version": before + 1, "temporary": true, "variations": [],
        "experiments": {"baselineIdx": 0, "items": []}, "customProperties": {},
    });
    assert_eq!(flag, expected);
    assert_eq!(host.get(&format!("{FLAGS}/new")).await.ok(), flag);
    assert_eq!(views_of(&host, "flags/new").await, ["my-view"]);
    let feed = host.get(&format!("/api/v2/changes?after={before}")).await.ok();
    let change = &feed["items"][0];
    assert_eq!(
        (&change["kind"], &change["steps"][0]["kind"]),
        (&json!("steps"), &json!("resourcesPut"))
    );
    assert_eq!(change["steps"][1]["linked"][0]["resourceKey"], "new");
}

#[tokio::test]
async fn a_segment_belongs_to_its_environment_and_is_found_by_its_id() {
    let host = TestHost::new();
    let body = json!({"key": "beta", "name": "Beta", "unbounded": true, "_id": "5f", "viewKeys": ["my-view"]});
    let segment = made(&host, SEGMENTS, body).await;
    let expected = json!({
        "_links": {
            "self": {"href": "/api/v2/segments/default/env/beta", "type": "application/json"},
            "parent": {"href": SEGMENTS, "type": "application/json"},
        },
        "key": "beta", "name": "Beta", "tags": [], "archived": false,
        "creationDate": segment["creationDate"], "_id": "5f", "environmentId": "env",
        "unbounded": true, "version": segment["version"], "lastModifiedDate": segment["creationDate"],
        "rules": [], "deleted": false, "generation": 0,
    });
    assert_eq!(segment, expected);
    assert_eq!(host.get(&format!("{SEGMENTS}/beta")).await.ok(), segment);
    host.get("/api/v2/segments/default/other/beta").await.refused(404, "unknown_resource");
    assert_eq!(views_of(&host, "segments/beta?environmentId=env").await, ["my-view"]);
    made(&host, "/api/v2/segments/default/other", json!({"key": "beta"})).await;
    assert_eq!(host.get(SEGMENTS).await.ok()["totalCount"], 1);
    let taken = host.json("POST", SEGMENTS, r#"{"key": "gamma", "_id": "5f"}"#).await;
    taken.refused(409, "id_taken");
}

#[tokio::test]
async fn registered_resources_are_listed_by_filter_in_pages_and_orders() {
    let host = TestHost::new();
    for (key, name, tags) in
        [("x", "Zoo", &["web"][..]), ("y", "Bar", &["web", "ios"]), ("z", "Car", &[])]
    {
        made(&host, FLAGS, json!({"key": key, "name": name, "tags": tags})).await;
    }
    assert_eq!(keys(&host.get(FLAGS).await.ok()), ["x", "y", "z"]);
    let page = host.get(&format!("{FLAGS}?filter=tags:web&sort=name&limit=1")).await.ok();
    assert_eq!((keys(&page), &page["totalCount"]), (vec!["y"], &json!(2)));
    let next = page["_links"]["next"]["href"].as_str().unwrap();
    assert_eq!(keys(&host.get(next).await.ok()), ["x"]);
    assert_eq!(keys(&host.get(&format!("{FLAGS}?query=AR")).await.ok()), ["y", "z"]);
    assert_eq!(keys(&host.get(&format!("{FLAGS}?filter=view:my-view")).await.ok()), [""; 0]);
    host.get(&format!("{FLAGS}?filter=colour:red")).await.refused(400, "invalid_filter");
    host.get(&format!("{FLAGS}?sort=updatedAt")).await.refused(400, "invalid_request");
    host.get("/api/v2/flags/other").await.refused(404, "unknown_project");
    host.get("/api/v2/segments/default/no%20key").await.refused(400, "invalid_key");
}

#[tokio::test]
async fn a_resource_is_removed_from_the_registry_and_from_every_view() {
    let host = TestHost::new();
    made(&host, FLAGS, json!({"key": "x", "viewKeys": ["my-view"]})).await;
    let path = format!("{FLAGS}/x");
    let rehearsed = host.call("DELETE", &format!("{path}?dryRun=true")).await.ok();
    assert_eq!(rehearsed, json!({"unlinkedCount": 1}));
    let gone = host.call("DELETE", &path).await;
    assert_eq!((gone.status, gone.body.len()), (204, 0));
    host.get(&path).await.refused(404, "unknown_resource");
    assert_eq!(views_of(&host, "flags/x").await, [""; 0]);
    host.call("DELETE", &path).await.refused(404, "unknown_resource");
    // A resource that is linked but not registered is removed from its views.
    host.get(&format!("{FLAGS}/a")).await.refused(404, "unknown_resource");
    assert_eq!(host.call("DELETE", &format!("{FLAGS}/a")).await.status, 204);
    assert_eq!(host.get(VIEW).await.ok()["version"], 1);
    assert_eq!(views_of(&host, "flags/a").await, [""; 0]);
}

#[tokio::test]
async fn an_invalid_registration_is_refused_with_a_reason_and_changes_nothing() {
    let host = TestHost::new();
    made(&host, FLAGS, json!({"key": "x"})).await;
    let before = host.store.snapshot().unwrap().revision();
    for (body, status, code) in [
        (json!({"key": "x"}), 409, "already_registered"),
        (json!({"key": "no key"}), 400, "invalid_key"),
        (json!({"key": "y", "name": "n".repeat(300)}), 400, "too_long"),
        (json!({"key": "y", "viewKeys": ["none"]}), 404, "unknown_view"),
        (json!({"key": "y", "viewKeys": ["no key"]}), 400, "invalid_key"),
        (json!({"key": "y", "viewKeys": "my-view"}), 400, "invalid_request"),
        (json!({"name": "y"}), 400, "invalid_request"),
        (
            json!({"key": "y", "maintainerId": "a", "maintainerTeamKey": "b"}),
            400,
            "invalid_request",
        ),
    ] {
        let message = host.json("POST", FLAGS, body.to_string()).await.refused(status, code);
        assert!(!message.is_empty(), "{body}");
    }
    let bad = host.json("POST", "/api/v2/segments/default/no%20key", r#"{"key": "y"}"#).await;
    bad.refused(400, "invalid_key");
    let rehearsed =
        host.json("POST", &format!("{FLAGS}?dryRun=true"), r#"{"key": "y"}"#).await.ok();
    assert_eq!(rehearsed["successCount"], 1);
    let marked = request("POST", FLAGS).header("content-type", "application/json");
    let marked = marked.header("if-match", "\"1-0123456789abcdef\"");
    host.send(marked.body(r#"{"key": "y"}"#.into()).unwrap()).await.refused(400, "invalid_request");
    host.call("PATCH", &format!("{FLAGS}/x")).await.refused(405, "method_not_allowed");
    assert_eq!(host.store.snapshot().unwrap().revision(), before);
}

#[tokio::test]
async fn a_project_that_requires_views_refuses_a_new_resource_without_one() {
    let host = TestHost::new();
    let both = json!({
        "requireViewAssociationForNewFlags": true, "requireViewAssociationForNewSegments": true,
    });
    host.json("PUT", PROJECT, both.to_string()).await.ok();
    for body in [
        json!({"key": "x"}),
        json!({"key": "x", "viewKeys": []}),
        json!({"key": "x", "viewKeys": null}),
    ] {
        for path in [FLAGS, SEGMENTS] {
            let message =
                host.json("POST", path, body.to_string()).await.refused(400, "view_required");
            assert!(
                message.contains("requires new resources of this type to be in a view"),
                "{message}"
            );
        }
    }
    made(&host, FLAGS, json!({"key": "x", "viewKeys": ["my-view"]})).await;
    made(&host, SEGMENTS, json!({"key": "x", "viewKeys": ["my-view"]})).await;
}

#[tokio::test]
async fn a_project_begins_with_its_first_registered_flag() {
    let store: Store = Options::new().open_in_memory().unwrap();
    let host = TestHost::serving(store.clone());
    made(&host, FLAGS, json!({"key": "x"})).await;
    assert_eq!(host.get(PROJECT).await.ok()["name"], "default");
    // Resources that the crate registered are shown, too.
    let project = store.project("default").unwrap();
    project.put_resources([NewResource::flag("y").archived(true)]).unwrap().all_ok().unwrap();
    assert_eq!(host.get(&format!("{FLAGS}/y")).await.ok()["archived"], true);
}
