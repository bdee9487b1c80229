//! The host as a program.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use viewlink::{Health, ResourceType, Store};

use crate::process::{Running, command};

fn shell(script: &str) -> Value {
    let output = Command::new("sh").args(["-c", script]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn flags(store: &Store) -> u64 {
    let snapshot = store.snapshot().unwrap();
    let view = snapshot.project("default").unwrap().view("my-view").unwrap();
    view.links.get(ResourceType::Flag)
}

#[test]
fn the_printed_curl_works_and_a_signal_closes_the_store() {
    for signal in ["TERM", "INT"] {
        let dir = tempfile::tempdir().unwrap();
        let db = dir.path().join("views.viewlink");
        let mut host = Running::start(command(&db));
        let (before, curl) = host.curl();
        assert!(before.contains("linked flag checkout-v2"), "{before}");
        let curl = curl.replacen("curl ", "curl -sS --max-time 10 ", 1);
        let failed = json!([{"resourceKey": "no-such-flag", "resourceType": "flag",
            "errorMessage": "not linked to this view", "code": "not_linked"}]);
        let expected = json!({"successCount": 1, "failureCount": 1, "failedResources": failed});
        assert_eq!(shell(&curl), expected);

        let (status, log) = host.stop(signal);
        assert_eq!(status.code(), Some(0), "{log}");
        assert!(log.contains("the store is closed"), "{log}");
        let opened = log.lines().next().unwrap();
        let opened: Value = serde_json::from_str(opened).unwrap();
        assert_eq!(opened["target"], "viewlink::recovery");
        assert_eq!(
            (&opened["message"], &opened["revision"]),
            (&"the store is open".into(), &0.into())
        );
        let key = curl.split("Authorization: ").nth(1).unwrap().split('"').next().unwrap();
        assert!(key.len() == 48 && !log.contains(key), "the log has the key: {log}");
        let line = log.lines().find(|line| line.contains("answered")).unwrap();
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["status"], 200);
        assert_eq!(line["span"]["method"], "DELETE");
        assert!(line["span"]["caller"].as_str().unwrap().starts_with("writer-"));
        assert!(line["latency_us"].is_u64() && line["span"]["request_id"].is_string());

        let store = Store::open(&db).unwrap();
        assert_eq!((store.health(), flags(&store)), (Health::Writable, 0));
    }
}

#[test]
fn a_store_that_has_a_project_is_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let mut first = Running::start(command(dir.path()));
    first.curl();
    first.stop("TERM");
    let mut second = Running::start(command(dir.path()));
    let (before, _) = second.curl();
    assert!(!before.contains("linked flag"), "{before}");
    second.stop("TERM");
    let store = Store::open(dir.path()).unwrap();
    assert_eq!(store.snapshot().unwrap().revision(), 3);
}

#[test]
fn keys_of_a_file_are_accepted_and_then_nothing_is_created() {
    let dir = tempfile::tempdir().unwrap();
    let (db, keys) = (dir.path().join("db"), dir.path().join("keys"));
    fs::write(&keys, "top-secret writer\n").unwrap();
    let mut with_keys = command(&db);
    with_keys.arg("--keys").arg(&keys);
    let mut host = Running::start(with_keys);
    let views = format!("{}/api/v2/projects/default/views", host.url);
    let curl = format!("curl -sS --max-time 10 -H 'Authorization: top-secret' {views}");
    assert_eq!(shell(&curl)["code"], "unknown_project");
    let (status, log) = host.stop("TERM");
    assert!(status.success() && !log.contains("top-secret"), "{log}");
    let mut rest = String::new();
    host.out.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("0 to read, 1 to write") && !rest.contains("top-secret"), "{rest}");
}

#[test]
fn a_failed_start_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let (db, keys) = (dir.path().join("db"), dir.path().join("keys"));
    fs::write(&keys, "top-secret boss\n").unwrap();
    let stderr_of = |output: &Output| String::from_utf8_lossy(&output.stderr).into_owned();

    let bad_keys = command(&db).arg("--keys").arg(&keys).output().unwrap();
    assert_eq!(bad_keys.status.code(), Some(2));
    let text = stderr_of(&bad_keys);
    assert!(text.contains("line 1 of the keys file") && !text.contains("top-secret"), "{text}");

    let text = stderr_of(&command(&keys).output().unwrap());
    assert!(text.contains("is not a viewlink store"), "{text}");
    for arguments in [["--store-calls", "0"], ["--log", "loud"], ["--body-limit", "-1"]] {
        let output = command(&db).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn an_address_in_use_is_an_error_that_suggests_another_address() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let db = dir.path().join("db");
    let mut host = Command::new(env!("CARGO_BIN_EXE_viewlink-host"));
    host.arg("--db").arg(&db).arg("--listen").arg(taken.local_addr().unwrap().to_string());
    let output = host.output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(text.contains("cannot listen on 127.0.0.1") && text.contains("--listen"), "{text}");
    assert!(!db.exists());
}

#[test]
fn a_store_is_verified_and_a_missing_one_is_not_created() {
    let dir = tempfile::tempdir().unwrap();
    let db = dir.path().join("db");
    let missing = command(&db).arg("--verify").output().unwrap();
    assert_eq!(missing.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("there is no store"));
    let mut host = Running::start(command(&db));
    host.curl();
    host.stop("TERM");
    let clean = command(&db).arg("--verify").output().unwrap();
    assert_eq!(clean.status.code(), Some(0));
    let text = String::from_utf8_lossy(&clean.stdout).into_owned();
    assert!(text.starts_with("clean: 1 project, 1 view, 1 link ("), "{text}");
}

/// The files below a directory, with their bytes.
fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.append(&mut files(&path));
        } else {
            found.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    found
}

#[test]
fn a_verification_changes_no_byte_of_a_store_also_after_a_crash() {
    let dir = tempfile::tempdir().unwrap();
    let db = dir.path().join("db");
    let mut host = Running::start(command(&db));
    host.curl();
    host.child.kill().unwrap();
    host.child.wait().unwrap();
    let before = files(&db);
    assert!(before.len() > 1, "{:?}", before.keys());
    let clean = command(&db).arg("--verify").output().unwrap();
    let text = String::from_utf8_lossy(&clean.stdout).into_owned();
    assert!(text.starts_with("clean: 1 project, 1 view, 1 link ("), "{clean:?}");
    assert_eq!(clean.status.code(), Some(0));
    assert!(files(&db) == before, "a file differs");
    let missing = dir.path().join("missing");
    assert_eq!(command(&missing).arg("--verify").output().unwrap().status.code(), Some(1));
    assert!(!missing.exists());
}

#[test]
fn resources_of_a_file_are_registered_and_a_closed_host_links_only_them() {
    let dir = tempfile::tempdir().unwrap();
    let (db, file, keys) =
        (dir.path().join("db"), dir.path().join("r.jsonl"), dir.path().join("keys"));
    fs::write(&keys, "top-secret writer\n").unwrap();
    let lines = r#"{"resourceType": "flag", "key": "a", "tags": ["web"]}

{"kind": "flag", "key": "a", "name": "A", "tags": ["web"]}
"#;
    // Some editors begin a file with this mark.
    fs::write(&file, format!("\u{feff}{lines}")).unwrap();
    let mut started = command(&db);
    started.arg("--keys").arg(&keys).arg("--closed").arg("--resources").arg(&file);
    let mut host = Running::start(started);
    let send = |method: &str, path: &str, body: &str| {
        let url = &host.url;
        shell(&format!(
            "curl -sS --max-time 10 -X {method} -H 'Authorization: top-secret' \
             -H 'Content-Type: application/json' -d '{body}' {url}/api/v2/projects/default/views{path}"
        ))
    };
    send("POST", "", r#"{"key": "v", "name": "V"}"#);
    let report = send("POST", "/v/link/flags", r#"{"keys": ["x"], "filter": "tags:web"}"#);
    assert_eq!(report["successCount"], 1, "{report}");
    assert_eq!(report["failedResources"][0]["code"], "unknown_resource");
    let (status, log) = host.stop("TERM");
    assert!(status.success(), "{log}");
    let store = Store::open(&db).unwrap();
    let snapshot = store.snapshot().unwrap();
    let flag = viewlink::Resource::flag("a").unwrap();
    let flag = snapshot.project("default").unwrap().resource(&flag).unwrap().unwrap();
    assert_eq!(flag.name, "A", "the last line counts");
}

#[test]
fn malformed_resource_lines_prevent_the_start_and_are_named_by_number() {
    let dir = tempfile::tempdir().unwrap();
    let (db, file) = (dir.path().join("db"), dir.path().join("r.jsonl"));
    let missing = command(&db).arg("--resources").arg(&file).output().unwrap();
    assert_eq!(missing.status.code(), Some(2));
    assert!(!db.exists());
    let lines = r#"{"kind": "flag", "key": "a"}
{"kind": "flag", "key": "no key"}
{"kind": "flag", "key": "b", "tags": 7}
"#;
    fs::write(&file, lines).unwrap();
    let output = command(&db).arg("--resources").arg(&file).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("2 lines of the resources file"), "{text}");
    assert!(text.contains("line 2: flag no key: ") && text.contains("(invalid_key)"), "{text}");
    assert!(text.contains("line 3: invalid type: integer `7`"), "{text}");
    assert!(text.contains("at tags, column "), "{text}");
}
