//! Dry runs, entity tags, ignored missing links, and replacements.

use axum::body::Body;
use serde_json::{Value, json};

use crate::support::{Answer, FLAGS, READER, TestHost, VIEW, anonymous, request};

fn tag(answer: &Answer) -> String {
    answer.headers["etag"].to_str().unwrap().to_owned()
}

async fn with_tag(host: &TestHost, method: &str, path: &str, tag: &str, body: &Value) -> Answer {
    let request = request(method, path).header("content-type", "application/json");
    let request = request.header("if-match", tag);
    host.send(request.body(Body::from(body.to_string())).unwrap()).await
}

fn revision(host: &TestHost) -> u64 {
    host.store.snapshot().unwrap().revision()
}

#[tokio::test]
async fn a_dry_run_answers_as_the_change_does_and_changes_nothing() {
    let calls = [
        ("POST", FLAGS, json!({"keys": ["a", "x", "/"]})),
        ("DELETE", FLAGS, json!({"keys": ["a", "x"]})),
        ("PUT", FLAGS, json!({"keys": ["b", "x"]})),
    ];
    for (method, path, body) in calls {
        let host = TestHost::new();
        let before = revision(&host);
        let dry = host.json(method, &format!("{path}?dryRun=true"), body.to_string()).await;
        assert!(!dry.headers.contains_key("etag"), "nothing is at this revision");
        assert_eq!(revision(&host), before, "{method}");
        let done = host.json(method, &format!("{path}?dryRun=false"), body.to_string()).await;
        assert_eq!(dry.ok(), done.ok(), "{method}");
        assert_eq!(revision(&host), before + 1);
    }
}

#[tokio::test]
async fn a_dry_run_of_a_deletion_counts_the_links_it_would_remove() {
    let host = TestHost::new();
    let answer = host.call("DELETE", &format!("{VIEW}?dryRun=true")).await;
    let counts = json!({"flags": 2, "segments": 0, "aiConfigs": 0, "metrics": 0});
    assert_eq!(answer.ok(), json!({"unlinkedCount": counts}));
    assert_eq!(host.call("DELETE", VIEW).await.status, 204);
    host.call("DELETE", &format!("{VIEW}?dryRun=true")).await.refused(404, "unknown_view");
}

#[tokio::test]
async fn the_first_view_of_a_project_can_be_created_in_a_dry_run() {
    let host = TestHost::new();
    let before = revision(&host);
    let views = "/api/v2/projects/new/views";
    let view = r#"{"key": "v", "name": "V"}"#;
    let dry = host.json("POST", &format!("{views}?dryRun=true"), view).await;
    assert_eq!(dry.ok()["key"], "v");
    assert!(!dry.headers.contains_key("etag"));
    assert_eq!(revision(&host), before);
    let done = host.json("POST", views, view).await.ok();
    let mut dry = dry.ok();
    // Its number is that of the change that creates the project, which may be another one by then.
    assert_eq!(dry["projectId"], "");
    for of in ["projectId", "createdAt", "updatedAt"] {
        dry[of] = done[of].clone();
    }
    assert_eq!(dry, done);
}

#[tokio::test]
async fn an_entity_tag_must_match_exactly() {
    let host = TestHost::new();
    let now = tag(&host.get(VIEW).await);
    let inner = now.trim_matches('"');
    let body = json!({"keys": ["x"]});
    for other in [format!("\"+{inner}\""), format!("\"0{inner}\""), format!("\"{inner}0\"")] {
        with_tag(&host, "POST", FLAGS, &other, &body).await.refused(412, "precondition_failed");
    }
    with_tag(&host, "POST", FLAGS, &now, &body).await.ok();
}

#[tokio::test]
async fn the_entity_tag_of_a_view_is_its_last_change_including_changes_of_links() {
    let host = TestHost::new();
    let read = host.get(VIEW).await;
    assert_eq!((read.status, &tag(&read)[..3]), (200, "\"2-"));
    let linked = host.json("POST", FLAGS, r#"{"keys": ["c"]}"#).await;
    assert_eq!(&tag(&linked)[..3], "\"3-");
    assert_eq!(tag(&host.get(VIEW).await), tag(&linked));
    let patched = host.json("PATCH", VIEW, r#"{"name": "other"}"#).await;
    assert_eq!((patched.status, &tag(&patched)[..3]), (200, "\"4-"));
    assert_eq!(tag(&host.get(VIEW).await), tag(&patched));
    let views = "/api/v2/projects/default/views";
    let created = host.json("POST", views, r#"{"key": "new", "name": "New"}"#).await;
    assert_eq!(tag(&host.get(&format!("{views}/new")).await), tag(&created));
    let unlinked = host.json("DELETE", FLAGS, r#"{"keys": ["c"]}"#).await;
    assert_eq!(tag(&host.get(VIEW).await), tag(&unlinked));
    // A request that changed nothing has no entity tag.
    let again = host.json("DELETE", FLAGS, r#"{"keys": ["c"]}"#).await;
    assert!(!again.headers.contains_key("etag"));
}

#[tokio::test]
async fn a_change_of_a_view_that_another_caller_changed_is_refused_as_a_whole() {
    let calls = [
        ("POST", FLAGS, json!({"keys": ["x"]})),
        ("DELETE", FLAGS, json!({"keys": ["a"]})),
        ("PUT", FLAGS, json!({"keys": ["x"]})),
        ("PATCH", VIEW, json!({"name": "mine"})),
        ("DELETE", VIEW, json!({})),
    ];
    for (method, path, body) in calls {
        let host = TestHost::new();
        let seen = tag(&host.get(VIEW).await);
        host.json("PATCH", VIEW, r#"{"name": "theirs"}"#).await.ok();
        let before = revision(&host);
        let late = with_tag(&host, method, path, &seen, &body).await;
        let message = late.refused(412, "precondition_failed");
        assert!(message.contains("view my-view was last changed by 3-"), "{message}");
        assert_eq!(revision(&host), before, "{method} {path}");
        let now = tag(&host.get(VIEW).await);
        let done = with_tag(&host, method, path, &now, &body).await;
        assert!([200, 204].contains(&done.status), "{}", done.text());
        assert_eq!(revision(&host), before + 1);
    }
}

#[tokio::test]
async fn an_invalid_entity_tag_matches_nothing_and_an_asterisk_matches_any_view() {
    let host = TestHost::new();
    let body = json!({"keys": ["x"]});
    let now = tag(&host.get(VIEW).await);
    let weak = with_tag(&host, "POST", FLAGS, &format!("W/{now}"), &body).await;
    let message = weak.refused(412, "precondition_failed");
    assert!(message.contains("weak") && message.contains("accept-encoding"), "{message}");
    for other in ["2", now.trim_matches('"'), "\"2\"", "\"two\"", "\"\"", "\"-1\""] {
        with_tag(&host, "POST", FLAGS, other, &body).await.refused(412, "precondition_failed");
    }
    let two = format!("\"1\", {now}");
    with_tag(&host, "POST", FLAGS, &two, &body).await.refused(400, "invalid_request");
    with_tag(&host, "POST", FLAGS, "*", &body).await.ok();
    let views = "/api/v2/projects/default/views";
    let view = json!({"key": "new", "name": "New"});
    let message = with_tag(&host, "POST", views, &now, &view).await.refused(400, "invalid_request");
    assert!(message.contains("not about exactly one view"), "{message}");
}

#[tokio::test]
async fn a_view_that_the_client_has_already_is_not_sent_again() {
    let host = TestHost::new();
    let read = async |method: &str, tags: &[&str]| {
        let mut asked = request(method, VIEW);
        for tag in tags {
            asked = asked.header("if-none-match", *tag);
        }
        host.send(asked.body(Body::empty()).unwrap()).await
    };
    let now = tag(&host.get(VIEW).await);
    let weak = format!("W/{now}");
    for tags in [
        &[now.as_str()][..],
        &[&weak],
        &["*"],
        &[&format!("\"1\", {now}")],
        &[&format!("W/\"1\",{weak}")],
        &["\"1\"", &now],
    ] {
        for method in ["GET", "HEAD"] {
            let answer = read(method, tags).await;
            assert_eq!((answer.status, tag(&answer)), (304, now.clone()), "{tags:?}");
            assert!(answer.body.is_empty() && !answer.headers.contains_key("content-type"));
        }
    }
    let lower = format!("w/{now}");
    for tags in [&["\"1\""][..], &["2"], &["\"2\""], &[&lower], &[""], &["\"1\", \"3\""]] {
        assert_eq!(read("GET", tags).await.ok()["key"], "my-view", "{tags:?}");
    }
    let linked = tag(&host.json("POST", FLAGS, r#"{"keys": ["c"]}"#).await);
    let changed = read("GET", &[&now]).await;
    assert_eq!((changed.status, tag(&changed)), (200, linked));
}

#[tokio::test]
async fn if_none_match_on_a_change_is_refused() {
    let host = TestHost::new();
    for (method, path) in [("PUT", FLAGS), ("PATCH", VIEW), ("DELETE", VIEW)] {
        let request = request(method, path).header("content-type", "application/json");
        let request = request.header("if-none-match", "*");
        let refused = host.send(request.body(Body::from(r#"{"keys": []}"#)).unwrap()).await;
        let message = refused.refused(400, "unsupported");
        assert!(message.contains("if-none-match"), "{message}");
    }
    assert_eq!(revision(&host), 2);
}

#[tokio::test]
async fn a_missing_link_is_no_failure_with_on_missing_ignore() {
    let host = TestHost::new();
    let body = r#"{"keys": ["a", "x"]}"#;
    let ignored = host.json("DELETE", &format!("{FLAGS}?onMissing=ignore"), body).await.ok();
    assert_eq!(ignored, json!({"successCount": 2, "failureCount": 0, "failedResources": []}));
    let failed = host.json("DELETE", &format!("{FLAGS}?onMissing=fail"), body).await.ok();
    assert_eq!(failed["failureCount"], 2);
    for method in ["POST", "PUT"] {
        let refused = host.json(method, &format!("{FLAGS}?onMissing=ignore"), body).await;
        refused.refused(400, "unsupported");
    }
}

#[tokio::test]
async fn unknown_terms_are_refused() {
    let host = TestHost::new();
    let body = r#"{"keys": ["x"]}"#;
    for (query, code) in [
        ("dryRun=yes", "invalid_request"),
        ("dryRun", "invalid_request"),
        ("dryRun=true&dryRun=false", "invalid_request"),
        ("onMissing=", "invalid_request"),
        ("dryrun=true", "unsupported"),
    ] {
        host.json("DELETE", &format!("{FLAGS}?{query}"), body).await.refused(400, code);
    }
    assert_eq!(revision(&host), 2);
}

#[tokio::test]
async fn a_replacement_reports_linked_unchanged_and_unlinked_resources() {
    let host = TestHost::new();
    let answer = host.json("PUT", FLAGS, r#"{"keys": ["b", "c", "/"]}"#).await.ok();
    assert_eq!(answer["failedResources"][0]["code"], "invalid_key");
    let counts = ["successCount", "failureCount", "linkedCount", "unchangedCount"];
    assert_eq!(counts.map(|count| answer[count].as_u64().unwrap()), [3, 1, 1, 1]);
    let out = json!([{"resourceKey": "a", "resourceType": "flag"}]);
    assert_eq!(answer["unlinkedResources"], out);
    let reader = anonymous("PUT", FLAGS).header("authorization", READER);
    let reader = reader.header("content-type", "application/json");
    let refused = host.send(reader.body(Body::from(r#"{"keys": []}"#)).unwrap()).await;
    refused.refused(403, "forbidden");
}
