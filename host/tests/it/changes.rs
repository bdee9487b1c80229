//! The feed of changes.

use axum::body::Body;
use serde_json::{Value, json};
use viewlink::NewView;

use crate::support::{FLAGS, TestHost, anonymous};

const CHANGES: &str = "/api/v2/changes";

fn revisions(page: &Value) -> Vec<u64> {
    let items = page["items"].as_array().unwrap();
    items.iter().map(|item| item["revision"].as_u64().unwrap()).collect()
}

/// A host whose store has five changes, the second and the fourth in another project.
async fn of_two_projects() -> TestHost {
    let host = TestHost::new();
    let other = host.store.project("other").unwrap();
    other.create_view(NewView::new("v", "V")).unwrap();
    host.json("POST", FLAGS, r#"{"keys": ["c"]}"#).await.ok();
    other.create_view(NewView::new("w", "W")).unwrap();
    host
}

#[tokio::test]
async fn the_changes_are_a_feed_in_pages() {
    let host = TestHost::new();
    host.json("DELETE", FLAGS, r#"{"keys": ["a"], "comment": "why"}"#).await.ok();
    let first = host.get(&format!("{CHANGES}?limit=2")).await.ok();
    assert_eq!(revisions(&first), [1, 2]);
    for after in ["2", first["position"].as_str().unwrap()] {
        let rest = host.get(&format!("{CHANGES}?after={after}")).await.ok();
        let change = &rest["items"][0];
        assert!(change["actor"].is_string());
        assert_eq!((&change["revision"], &change["comment"]), (&3.into(), &"why".into()));
        let of = (&change["kind"], &change["viewKey"]);
        assert_eq!(of, (&"linksChanged".into(), &"my-view".into()));
        assert_eq!(change["unlinked"], json!([{"resourceKey": "a", "resourceType": "flag"}]));
    }
    let position = host.store.snapshot().unwrap().position().to_string();
    for after in ["3", &position] {
        let end = host.get(&format!("{CHANGES}?after={after}")).await.ok();
        assert_eq!(end, json!({"items": [], "position": position}));
    }
    host.get(&format!("{CHANGES}?after=4")).await.refused(400, "invalid_request");
    let anonymous = anonymous("GET", CHANGES).body(Body::empty()).unwrap();
    host.send(anonymous).await.refused(401, "unauthorized");
}

#[tokio::test]
async fn each_change_has_the_position_after_it_and_a_page_that_of_its_last_change() {
    let host = of_two_projects().await;
    let all = host.get(CHANGES).await.ok();
    for (at, change) in all["items"].as_array().unwrap().iter().enumerate() {
        let position = change["position"].as_str().unwrap();
        let rest = host.get(&format!("{CHANGES}?after={position}")).await.ok();
        assert_eq!(
            rest["items"].as_array().unwrap()[..],
            all["items"].as_array().unwrap()[at + 1..]
        );
        assert_eq!(rest["position"], all["position"]);
    }
    assert_eq!(all["position"], all["items"][4]["position"]);
    let begin = host.get(&format!("{CHANGES}?limit=1")).await.ok();
    assert_eq!(begin["position"], all["items"][0]["position"]);
}

#[tokio::test]
async fn a_parameter_that_is_unknown_or_given_twice_is_refused() {
    let host = TestHost::new();
    let position = host.store.snapshot().unwrap().position().to_string();
    let capital = format!("after={}", position.to_uppercase());
    for query in [
        "after=-1",
        "after=x",
        "after=",
        &capital,
        "limit=0",
        "limit=1001",
        "after=1&after=2",
        "project=default&project=default",
        "afer=2",
        "After=2",
        "offset=2",
        "sort=key",
        "",
    ] {
        let answer = host.get(&format!("{CHANGES}?{query}")).await;
        match query {
            "" => drop(answer.ok()),
            _ => {
                let message = answer.refused(400, "invalid_request");
                let named = query.split('=').next().unwrap();
                assert!(message.contains(named), "{query}: {message}");
            }
        }
    }
    host.get(&format!("{CHANGES}?project=no/key")).await.refused(400, "invalid_key");
}

#[tokio::test]
async fn pages_of_one_project_have_only_its_changes_and_advance_past_the_others() {
    let host = of_two_projects().await;
    let mine = host.get(&format!("{CHANGES}?project=other")).await.ok();
    assert_eq!(revisions(&mine), [3, 5]);
    let none = host.get(&format!("{CHANGES}?project=nobody")).await.ok();
    assert_eq!((revisions(&none), &none["position"]), (vec![], &mine["position"]));
    // Each page reads two of the five changes; the first page has none of the project.
    let (mut after, mut seen) = ("0".to_owned(), Vec::new());
    loop {
        let page = host.get(&format!("{CHANGES}?project=other&limit=2&after={after}")).await.ok();
        let position = page["position"].as_str().unwrap().to_owned();
        if position == after {
            break;
        }
        seen.push(revisions(&page));
        after = position;
    }
    assert_eq!(seen, [vec![], vec![3], vec![5]]);
}
