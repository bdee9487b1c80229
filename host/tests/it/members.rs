//! The maintainers of views, and the file with their names.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use viewlink_host::{Members, MembersError, Settings};

use crate::process::{Running, ask, command, keyed};
use crate::support::TestHost;

const VIEWS: &str = "/api/v2/projects/default/views";

fn member(id: &str, email: &str, role: &str) -> Value {
    json!({"kind": "member", "id": id,
        "maintainerMember": {"_id": id, "id": id, "email": email, "role": role}})
}

fn team(key: &str, id: &str, name: &str) -> Value {
    json!({"kind": "team", "id": key, "maintainerTeam": {"id": id, "key": key, "name": name}})
}

#[tokio::test]
async fn each_answer_with_a_single_view_has_the_maintainer() {
    let host = TestHost::new();
    let expected = member("m1", "", "");
    let body = r#"{"key": "v", "name": "V", "maintainerId": "m1"}"#;
    let dry = host.json("POST", &format!("{VIEWS}?dryRun=true"), body).await.ok();
    assert_eq!(dry["maintainer"], expected);
    assert_eq!(host.json("POST", VIEWS, body).await.ok()["maintainer"], expected);
    let path = format!("{VIEWS}/v");
    assert_eq!(host.get(&path).await.ok()["maintainer"], expected);
    assert_eq!(host.get(&format!("{path}?expand=allFlags")).await.ok()["maintainer"], expected);
    let changed = host.json("PATCH", &path, r#"{"name": "W"}"#).await.ok();
    assert_eq!(changed["maintainer"], expected);
    let to_team = r#"{"maintainerTeamKey": "t"}"#;
    let changed = host.json("PATCH", &path, to_team).await.ok();
    assert_eq!(changed["maintainer"], team("t", "t", ""));
    let new = host.json("POST", "/api/v2/projects/new/views?dryRun=true", body).await.ok();
    assert_eq!(new["maintainer"], expected);
    let nobody = host.json("PATCH", &path, r#"{"maintainerId": ""}"#).await.ok();
    assert_eq!(nobody.get("maintainer"), None);
}

#[tokio::test]
async fn lists_show_the_maintainer_only_on_request() {
    let host = TestHost::new();
    let body = r#"{"key": "a", "name": "A", "maintainerTeamKey": "t"}"#;
    host.json("POST", VIEWS, body).await.ok();
    host.json("POST", &format!("{VIEWS}/a/link/flags"), r#"{"keys": ["x"]}"#).await.ok();
    for list in [VIEWS, "/api/v2/projects/default/view-associations/flags/x"] {
        let plain = host.get(list).await.ok();
        assert_eq!(plain["items"][0].get("maintainer"), None, "{plain}");
        let asked = host.get(&format!("{list}?expand=maintainer")).await.ok();
        assert_eq!(asked["items"][0]["maintainer"], team("t", "t", ""));
    }
}

fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("members.jsonl");
    fs::write(&path, text).unwrap();
    (dir, path)
}

#[tokio::test]
async fn names_and_addresses_come_from_the_file_of_members() {
    // As the API lists them, with more fields than are needed; also after a byte order mark.
    let lines = concat!(
        "\u{feff}",
        r#"{"_id": "m1", "_links": {}, "email": "old@example.com", "role": "reader"}"#,
        "\n\n",
        r#"{"_id": "m1", "id": "m1", "email": "ada@example.com", "role": "writer", "firstName": "Ada"}"#,
        "\n",
        r#"{"key": "t", "name": "Checkout", "description": null}"#,
        "\r\n",
        r#"{"key": "u", "id": "5f0a", "name": "Search"}"#,
    );
    let (_dir, path) = file(lines);
    let host = TestHost::knowing(Members::read(&path).unwrap(), Settings::default());
    let mut ada = member("m1", "ada@example.com", "writer");
    ada["maintainerMember"]["firstName"] = "Ada".into();
    for (field, id, expected) in [
        ("maintainerId", "m1", ada),
        ("maintainerId", "t", member("t", "", "")),
        ("maintainerTeamKey", "t", team("t", "t", "Checkout")),
        ("maintainerTeamKey", "u", team("u", "5f0a", "Search")),
        ("maintainerTeamKey", "m1", team("m1", "m1", "")),
    ] {
        let body = json!({field: id}).to_string();
        let path = format!("{VIEWS}/my-view");
        assert_eq!(host.json("PATCH", &path, body).await.ok()["maintainer"], expected);
        assert_eq!(host.get(&path).await.ok()["maintainer"], expected);
        let list = host.get(&format!("{VIEWS}?expand=maintainer")).await.ok();
        assert_eq!(list["items"][0]["maintainer"], expected);
        let of_a = "/api/v2/projects/default/view-associations/flags/a?expand=maintainer";
        assert_eq!(host.get(of_a).await.ok()["items"][0]["maintainer"], expected);
    }
}

#[test]
fn the_error_for_a_malformed_members_file_names_the_line_and_prevents_the_start() {
    for (text, problem) in [
        ("{\"_id\": \"m\"}\nname", "expected"),
        ("{\"_id\": \"m\"}\n{\"email\": \"a@example.com\"}", "give the _id of a member"),
        ("{\"_id\": \"m\"}\n{\"_id\": 7}", "invalid type"),
        ("{\"_id\": \"m\"}\n{\"key\": \"\"}", "the key of a team"),
    ] {
        let (_dir, path) = file(text);
        let error = Members::read(&path).unwrap_err();
        assert!(matches!(error, MembersError::Malformed { line: 2, .. }), "{error}");
        assert!(error.to_string().contains(problem), "{error}");
    }
    let (dir, path) = file("");
    let missing = dir.path().join("missing");
    let db = dir.path().join("db");
    let output = command(&db).arg("--members").arg(missing).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(!db.exists());
    fs::write(&path, r#"{"_id": "m1", "email": "ada@example.com", "role": "writer"}"#).unwrap();
    let mut command = keyed(dir.path());
    command.arg("--members").arg(&path);
    let host = Running::start(command);
    let body = r#"{"key": "v", "name": "V", "maintainerId": "m1"}"#;
    let made = ask(host.address(), "POST", VIEWS, body);
    assert!(made.contains("\"email\":\"ada@example.com\""), "{made}");
}
