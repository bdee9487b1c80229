//! Paths and methods.

use crate::support::{FLAGS, TestHost, VIEW};

#[tokio::test]
async fn an_unknown_path_is_a_json_404() {
    let host = TestHost::new();
    for path in ["/", "/api/v2", "/api/v2/projects/default/views/", "/healthz/x"] {
        let message = host.get(path).await.refused(404, "not_found");
        assert!(message.contains("/api/v2/segments/PROJECT/ENVIRONMENT"), "{message}");
    }
}

#[tokio::test]
async fn a_wrong_method_is_a_json_405_that_names_the_right_ones() {
    let host = TestHost::new();
    for (method, path, allow) in [
        ("PUT", VIEW, "GET,HEAD,PATCH,DELETE"),
        ("GET", FLAGS, "DELETE,POST,PUT"),
        ("POST", "/healthz", "GET,HEAD"),
        ("DELETE", "/metrics", "GET,HEAD"),
    ] {
        let answer = host.call(method, path).await;
        answer.refused(405, "method_not_allowed");
        let allowed = answer.headers["allow"].to_str().unwrap();
        let sorted = |text: &str| {
            let mut names: Vec<_> = text.split(',').map(str::to_owned).collect();
            names.sort();
            names
        };
        assert_eq!(sorted(allowed), sorted(allow));
    }
}

#[tokio::test]
async fn parts_of_a_path_are_percent_decoded() {
    let host = TestHost::new();
    let view = host.get("/api/v2/projects/%64efault/views/MY%2dview").await.ok();
    assert_eq!(view["key"], "my-view");
    let unlinked = host
        .json(
            "DELETE",
            "/api/v2/projects/default/views/my%2Dview/link/fl%61gs",
            r#"{"keys": ["a"]}"#,
        )
        .await;
    assert_eq!(unlinked.ok()["successCount"], 1);
    let views = host.get("/api/v2/projects/default/view-associations/flags/%62").await.ok();
    assert_eq!(views["totalCount"], 1);
    // The decoded part is an invalid key, not another path.
    let slash = host.get("/api/v2/projects/default/views/my-view%2Flinked").await;
    slash.refused(400, "invalid_key");
}

#[tokio::test]
async fn a_path_that_is_not_percent_encoded_utf_8_is_a_json_400() {
    let host = TestHost::new();
    for part in ["%", "%2", "%zz", "my%view", "%ff", "a%C3"] {
        let path = format!("/api/v2/projects/default/views/{part}");
        let message = host.get(&path).await.refused(400, "invalid_request");
        assert!(message.contains("write % as %25"), "{message}");
    }
    let euro = host.get("/api/v2/projects/default/views/%E2%82%AC").await;
    assert!(euro.refused(400, "invalid_key").contains('€'));
}

#[tokio::test]
async fn an_unknown_resource_type_is_a_404_that_names_the_four() {
    let host = TestHost::new();
    for path in [
        "/api/v2/projects/default/views/my-view/linked/flag",
        "/api/v2/projects/default/views/my-view/linked/aiconfigs",
        "/api/v2/projects/default/view-associations/teams/a",
    ] {
        let message = host.get(path).await.refused(404, "not_found");
        assert!(message.contains("flags, segments, aiConfigs or metrics"), "{message}");
    }
    let link = "/api/v2/projects/default/views/my-view/link/teams";
    host.json("POST", link, r#"{"keys": []}"#).await.refused(404, "not_found");
}
