//! Authorization.

use std::fs;
use std::path::PathBuf;

use axum::body::Body;
use viewlink_host::{ApiKeys, KeysError, Role};

use crate::support::{FLAGS, READER, TestHost, VIEW, WRITER, anonymous};

#[tokio::test]
async fn a_missing_or_unknown_key_is_a_401() {
    let host = TestHost::new();
    let missing = host.send(anonymous("GET", VIEW).body(Body::empty()).unwrap()).await;
    assert!(missing.refused(401, "unauthorized").contains("without a scheme"));
    let bearer = format!("Bearer {WRITER}");
    for key in ["", "a-write", "a-writer2", "A-WRITER", &bearer] {
        let request = anonymous("GET", VIEW).header("authorization", key);
        let answer = host.send(request.body(Body::empty()).unwrap()).await;
        answer.refused(401, "unauthorized");
    }
    let twice = anonymous("GET", VIEW).header("authorization", WRITER);
    let twice = twice.header("authorization", WRITER).body(Body::empty()).unwrap();
    host.send(twice).await.refused(401, "unauthorized");
}

#[tokio::test]
async fn without_a_key_every_path_is_a_401() {
    let host = TestHost::new();
    for path in ["/nothing", "/", FLAGS, "/api/v2/projects/%zz"] {
        let answer = host.send(anonymous("PUT", path).body(Body::empty()).unwrap()).await;
        answer.refused(401, "unauthorized");
    }
}

#[tokio::test]
async fn a_reader_reads_and_changes_nothing() {
    let host = TestHost::new();
    let send = |method, path| {
        let request = anonymous(method, path).header("authorization", READER);
        host.send(request.header("content-type", "application/json").body("{}".into()).unwrap())
    };
    assert_eq!(send("GET", VIEW).await.status, 200);
    assert_eq!(send("HEAD", VIEW).await.status, 200);
    for (method, path) in [
        ("DELETE", FLAGS),
        ("POST", FLAGS),
        ("DELETE", VIEW),
        ("PATCH", VIEW),
        ("POST", "/api/v2/projects/default/views"),
    ] {
        let message = send(method, path).await.refused(403, "forbidden");
        assert!(message.contains("use a key with the role writer"), "{message}");
    }
    assert_eq!(host.store.snapshot().unwrap().revision(), 2, "nothing changed");
}

#[tokio::test]
async fn a_change_names_the_caller_without_showing_the_key() {
    let host = TestHost::new();
    host.json("DELETE", FLAGS, r#"{"keys": ["a"], "comment": "retired"}"#).await.ok();
    let change = host.store.snapshot().unwrap().changes(3).unwrap().next().unwrap().unwrap();
    assert_eq!(change.comment.as_deref(), Some("retired"));
    // The beginning of the output of `printf a-writer | sha256sum`.
    assert_eq!(change.actor.as_deref(), Some("writer-5c1e1d646597"));
}

fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys");
    fs::write(&path, text).unwrap();
    (dir, path)
}

#[test]
fn a_file_of_keys_has_comments_and_blank_lines() {
    let (_dir, path) = file("# comment\n\none reader\n  two\twriter  \n#three writer\n");
    let keys = ApiKeys::read(&path).unwrap();
    assert_eq!((keys.count(Role::Reader), keys.count(Role::Writer)), (1, 1));
    assert_eq!(keys.find(b"one").unwrap().role(), Role::Reader);
    assert_eq!(keys.find(b"two").unwrap().role(), Role::Writer);
    assert!(keys.find(b"#three").is_none() && keys.find(b"three").is_none());
}

#[test]
fn a_file_of_keys_may_begin_with_a_byte_order_mark() {
    for text in ["\u{feff}one reader\r\ntwo writer\r\n", "\u{feff}# a comment\none writer"] {
        let (_dir, path) = file(text);
        assert!(ApiKeys::read(&path).unwrap().find(b"one").is_some(), "{text:?}");
    }
}

#[test]
fn the_error_for_a_malformed_keys_file_names_the_line_and_shows_no_key() {
    for (text, problem) in [
        ("ok reader\nsecret", "is not `KEY ROLE`"),
        ("ok reader\nsecret writer today", "is not `KEY ROLE`"),
        ("ok reader\nsecret admin", "unknown role"),
        ("ok reader\nsécret writer", "visible ASCII"),
        ("secret reader\nsecret writer", "each key once"),
    ] {
        let (_dir, path) = file(text);
        let error = ApiKeys::read(&path).map(|_| ()).unwrap_err();
        let message = error.to_string();
        assert!(matches!(error, KeysError::Malformed { line: 2, .. }), "{message}");
        assert!(message.contains(problem) && !message.contains("cret"), "{message}");
    }
    let (dir, path) = file("# none\n");
    assert!(matches!(ApiKeys::read(&path), Err(KeysError::Empty { .. })));
    let missing = ApiKeys::read(&dir.path().join("missing"));
    assert!(matches!(missing, Err(KeysError::Unreadable { .. })));
}
