//! The operations on links.

use serde_json::{Value, json};
use viewlink::{Attribute, NewResource, Timestamp};

use crate::support::{FLAGS, TestHost, VIEW};

fn keys(page: &Value) -> Vec<&str> {
    let items = page["items"].as_array().unwrap();
    items.iter().map(|item| item["resourceKey"].as_str().unwrap()).collect()
}

async fn linked(host: &TestHost, of: &str) -> Value {
    host.get(&format!("{VIEW}/linked/{of}")).await.ok()
}

#[tokio::test]
async fn an_unlink_handles_all_keys_and_reports_each_failure() {
    let host = TestHost::new();
    let body = r#"{"keys": ["b", "no-such-flag", "not a key", "b"], "comment": ""}"#;
    let report = host.json("DELETE", FLAGS, body).await.ok();
    assert_eq!((&report["successCount"], &report["failureCount"]), (&json!(1), &json!(3)));
    let failed = report["failedResources"].as_array().unwrap();
    let reported: Vec<_> = failed.iter().map(|of| (&of["resourceKey"], &of["code"])).collect();
    let expected = [
        (&json!("no-such-flag"), &json!("not_linked")),
        (&json!("not a key"), &json!("invalid_key")),
        (&json!("b"), &json!("repeated")),
    ];
    assert_eq!(reported, expected);
    assert!(failed.iter().all(|of| of["resourceType"] == "flag" && of["errorMessage"] != ""));
    assert_eq!(keys(&linked(&host, "flags").await), ["a"]);
}

#[tokio::test]
async fn linking_twice_is_a_success_and_keeps_the_time() {
    let host = TestHost::new();
    let before = linked(&host, "flags").await;
    let report = host.json("POST", FLAGS, r#"{"keys": ["a", "c"]}"#).await.ok();
    assert_eq!(report, json!({"successCount": 2, "failureCount": 0, "failedResources": []}));
    let after = linked(&host, "flags").await;
    assert_eq!(keys(&after), ["a", "b", "c"]);
    assert_eq!(after["items"][0], before["items"][0]);
}

#[tokio::test]
async fn no_keys_are_a_success_and_no_change() {
    let host = TestHost::new();
    for method in ["POST", "DELETE"] {
        let report = host.json(method, FLAGS, r#"{"keys": []}"#).await.ok();
        assert_eq!(report, json!({"successCount": 0, "failureCount": 0, "failedResources": []}));
    }
    assert_eq!(host.store.snapshot().unwrap().revision(), 2);
}

#[tokio::test]
async fn segments_are_named_by_environment_and_key_or_by_a_registered_id() {
    let host = TestHost::new();
    let path = format!("{VIEW}/link/segments");
    let body = r#"{"segmentIdentifiers": [{"environmentId": "env", "segmentKey": "beta"}]}"#;
    assert_eq!(host.json("POST", &path, body).await.ok()["successCount"], 1);
    let page = linked(&host, "segments").await;
    assert_eq!((keys(&page), &page["items"][0]["environmentId"]), (vec!["beta"], &json!("env")));

    let report = host.json("POST", &path, r#"{"keys": ["5f1c"]}"#).await.ok();
    assert_eq!(report["failedResources"][0]["code"], "unknown_resource");
    host.json("POST", FLAGS, body).await.refused(400, "invalid_request");

    let views = "/api/v2/projects/default/view-associations/segments/beta";
    host.get(views).await.refused(400, "invalid_request");
    assert_eq!(host.get(&format!("{views}?environmentId=env")).await.ok()["totalCount"], 1);
    assert_eq!(host.get(&format!("{views}?environmentId=other")).await.ok()["totalCount"], 0);
}

#[tokio::test]
async fn every_type_is_linked_and_listed_by_its_own_name() {
    let host = TestHost::new();
    for (of, singular) in [("aiConfigs", "aiConfig"), ("metrics", "metric")] {
        let path = format!("{VIEW}/link/{of}");
        let report = host.json("POST", &path, r#"{"keys": ["x", "-"]}"#).await.ok();
        assert_eq!(report["failedResources"][0]["resourceType"], singular);
        let page = linked(&host, of).await;
        assert_eq!((keys(&page), &page["items"][0]["resourceType"]), (vec!["x"], &json!(singular)));
        let views = host.get(&format!("/api/v2/projects/default/view-associations/{of}/x")).await;
        assert_eq!(views.ok()["items"][0]["key"], "my-view");
    }
}

#[tokio::test]
async fn an_unknown_view_or_project_fails_the_whole_request() {
    let host = TestHost::new();
    let body = r#"{"keys": ["a"]}"#;
    let other = "/api/v2/projects/default/views/other/link/flags";
    host.json("DELETE", other, body).await.refused(404, "unknown_view");
    let other = "/api/v2/projects/other/views/my-view/link/flags";
    host.json("DELETE", other, body).await.refused(404, "unknown_project");
    host.json("DELETE", FLAGS, r#"{"filter": ""}"#).await.refused(400, "invalid_filter");
    let many = json!({"keys": vec!["a"; 10_001]}).to_string();
    let message = host.json("DELETE", FLAGS, many).await.refused(400, "batch_too_large");
    assert!(message.contains("10001"), "{message}");
    assert_eq!(keys(&linked(&host, "flags").await), ["a", "b"]);
}

#[tokio::test]
async fn linked_resources_come_in_pages_by_link_time() {
    let host = TestHost::new();
    host.json("POST", FLAGS, r#"{"keys": ["0"]}"#).await.ok();
    let page = host.get(&format!("{VIEW}/linked/flags?limit=2&sort=linkedAt")).await.ok();
    assert_eq!((keys(&page), &page["totalCount"]), (vec!["a", "b"], &json!(3)));
    let next = page["_links"]["next"]["href"].as_str().unwrap();
    assert_eq!(keys(&host.get(next).await.ok()), ["0"]);
    for (query, expected) in
        [("sort=name", &["0", "a", "b"][..]), ("query=A", &["a"]), ("filter=tags:x", &[])]
    {
        let answer = host.get(&format!("{VIEW}/linked/flags?{query}")).await.ok();
        assert_eq!(
            (keys(&answer), &answer["totalCount"]),
            (expected.to_vec(), &json!(expected.len()))
        );
    }
    let answer = host.get(&format!("{VIEW}/linked/flags?filter=colour:x")).await;
    answer.refused(400, "invalid_filter");
}

#[tokio::test]
async fn linked_resources_are_filtered_by_other_views() {
    let host = TestHost::new();
    let project = host.store.project("default").unwrap();
    for (view, flags) in [("one", &["a", "c"][..]), ("two", &["a"]), ("old", &["b"])] {
        project.create_view(viewlink::NewView::new(view, view)).unwrap();
        let batch = viewlink::Batch::flags(flags.iter().copied());
        project.link(view, batch).unwrap().all_ok().unwrap();
    }
    for (query, expected) in [
        ("and=one", &["a"][..]),
        ("and=one,TWO", &["a"]),
        ("and=one&and=old", &[]),
        ("any=one,old", &["a", "b"]),
        ("not=old", &["a"]),
        ("not[]=one&not[]=old", &[]),
        ("exactly=my-view,one,two", &["a"]),
        ("exactly=my-view,old", &["b"]),
        ("exactly=my-view", &[]),
        ("exactly=", &[]),
    ] {
        let answer = host.get(&format!("{VIEW}/linked/flags?{query}")).await.ok();
        assert_eq!(keys(&answer), expected, "{query}");
        assert_eq!(answer["totalCount"], expected.len(), "{query}");
    }
    let page = host.get(&format!("{VIEW}/linked/flags?any=one,old&limit=1")).await.ok();
    let next = page["_links"]["next"]["href"].as_str().unwrap();
    assert_eq!(keys(&host.get(next).await.ok()), ["b"], "{next}");
    host.get(&format!("{VIEW}/linked/flags?and=never")).await.refused(404, "unknown_view");
    // The resources of the registry that are in no view, page by page.
    let put = ["a", "x", "y"].map(viewlink::NewResource::flag);
    project.put_resources(put).unwrap().all_ok().unwrap();
    let page = host.get("/api/v2/flags/default?exactly=&limit=1").await.ok();
    assert_eq!((&page["totalCount"], &page["items"][0]["key"]), (&json!(2), &json!("x")));
    let next = page["_links"]["next"]["href"].as_str().unwrap();
    let page = host.get(next).await.ok();
    assert_eq!((&page["totalCount"], &page["items"][0]["key"]), (&json!(2), &json!("y")), "{next}");
    host.get(&format!("{VIEW}/linked/flags?and=no%20key")).await.refused(400, "invalid_request");
}

#[tokio::test]
async fn registered_resources_are_linked_and_unlinked_by_filters() {
    let host = TestHost::new();
    let resources = [
        NewResource::flag("c").tags(["web"]),
        NewResource::segment_with_id("env", "beta", "5f1c").tags(["web"]),
        NewResource::segment_with_id("other", "beta", "5f1d").tags(["web"]),
    ];
    host.store.project("default").unwrap().put_resources(resources).unwrap().all_ok().unwrap();
    let report = host.json("POST", FLAGS, r#"{"keys": ["d"], "filter": "tags:web"}"#).await.ok();
    assert_eq!(report["successCount"], 2);
    let report = host.json("DELETE", FLAGS, r#"{"filter": "query:C"}"#).await.ok();
    assert_eq!(report["successCount"], 1);
    assert_eq!(keys(&linked(&host, "flags").await), ["a", "b", "d"]);

    let path = format!("{VIEW}/link/segments");
    let body = r#"{"filter": "tags anyOf [\"web\"]", "environmentId": "env"}"#;
    assert_eq!(host.json("POST", &path, body).await.ok()["successCount"], 1);
    let views = "/api/v2/projects/default/view-associations/segments/5f1c?environmentId=env";
    assert_eq!(host.get(views).await.ok()["totalCount"], 1, "by id");
    let body = r#"{"filter": "tags anyOf [\"web\"]"}"#;
    host.json("POST", &path, body).await.refused(400, "invalid_request");
}

#[tokio::test]
async fn the_views_of_a_resource_in_a_project_without_views_are_an_empty_list() {
    let host = TestHost::new();
    let views = "/api/v2/projects/to-come/view-associations";
    for path in ["flags/a", "metrics/m", "segments/s?environmentId=e"] {
        let listed = host.get(&format!("{views}/{path}")).await.ok();
        assert_eq!(listed, json!({"items": [], "totalCount": 0}), "{path}");
    }
    host.get(&format!("{views}/segments/s")).await.refused(400, "invalid_request");
    host.get("/api/v2/projects/a%20b/view-associations/flags/a").await.refused(400, "invalid_key");
}

#[tokio::test]
async fn an_empty_filter_together_with_keys_is_ignored() {
    let host = TestHost::new();
    let linked = host.json("POST", FLAGS, r#"{"keys": ["x"], "filter": ""}"#).await.ok();
    assert_eq!(linked["successCount"], 1);
    host.json("POST", FLAGS, r#"{"filter": ""}"#).await.refused(400, "invalid_filter");
    host.json("POST", FLAGS, r#"{"keys": ["y"], "filter": " "}"#)
        .await
        .refused(400, "invalid_filter");
}

#[tokio::test]
async fn resources_are_linked_and_listed_by_attributes() {
    let host = TestHost::new();
    let project = host.store.project("default").unwrap();
    let flag = NewResource::flag("c").attribute(Attribute::Status, "active");
    let segment = NewResource::segment("env", "s").attribute(Attribute::External, "amplitude");
    project.put_resources([flag, segment]).unwrap().all_ok().unwrap();
    let none = host.json("POST", FLAGS, r#"{"filter": "targeting:on"}"#).await.ok();
    assert_eq!(none["successCount"], 0, "no flag has it");
    let linked = host.json("POST", FLAGS, r#"{"filter": "status:active"}"#).await.ok();
    assert_eq!(linked["successCount"], 1);
    let segments = format!("{VIEW}/link/segments");
    let body = r#"{"filter": "external exists true", "environmentId": "env"}"#;
    assert_eq!(host.json("POST", &segments, body).await.ok()["successCount"], 1);
    let listed = host.get(&format!("{VIEW}/linked/flags?filter=status:active")).await.ok();
    assert_eq!(
        (&listed["totalCount"], &listed["items"][0]["resourceKey"]),
        (&json!(1), &json!("c"))
    );
    let list = format!("{VIEW}/linked/flags?filter=");
    host.get(&format!("{list}external:a")).await.refused(400, "invalid_filter");
    host.get(&format!("{list}evaluated:a")).await.refused(400, "unsupported");
}

#[tokio::test]
async fn flags_are_filtered_by_when_they_were_created() {
    let host = TestHost::new();
    let project = host.store.project("default").unwrap();
    let created = |key: &str, time| NewResource::flag(key).created_at(Timestamp::from_millis(time));
    project.put_resources([created("a", 10), created("b", 20)]).unwrap().all_ok().unwrap();
    let listed = format!("{VIEW}/linked/flags?filter=creationDate:");
    for (bounds, keys) in [
        ("%7B%22before%22:20%7D", json!(["a"])),
        ("%7B%22after%22:10%7D", json!(["b"])),
        ("%7B%22after%22:9,%22before%22:21%7D", json!(["a", "b"])),
    ] {
        let found = host.get(&format!("{listed}{bounds}")).await.ok();
        assert_eq!(json!(self::keys(&found)), keys, "{bounds}");
    }
    host.get(&format!("{listed}20")).await.refused(400, "invalid_filter");
}
