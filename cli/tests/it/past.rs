//! The past: undo, history, and lists as of a revision.

use serde_json::json;
use viewlink::Batch;

use crate::support::Stage;

#[test]
fn a_change_is_undone_and_the_undo_is_undone() {
    let stage = Stage::with_flags(["a", "b"]);
    stage.change(|store| store.project("default").unwrap().delete_view("my-view").unwrap());
    let dry = stage.run("undo", &["3", "--dry-run"]);
    assert_eq!((dry.code, dry.out.as_str()), (0, ""), "{dry:?}");
    assert_eq!(dry.err, "3 parts undone, 0 failed; a dry run changes nothing\n");
    let undone = stage.run("undo", &["3", "--comment", "wrong view", "--actor", "ann"]);
    assert_eq!((undone.code, undone.err.as_str()), (0, "3 parts undone, 0 failed; revision 4\n"));
    assert_eq!(stage.run("links", &["my-view", "--keys"]).out, "a\nb\n");
    let log = stage.run("log", &["--from", "4", "--json"]).json_lines();
    let expected = (&log[0]["reverts"], &log[0]["actor"], &log[0]["comment"]);
    assert_eq!(expected, (&json!(3), &json!("ann"), &json!("wrong view")));
    let redone = stage.run("undo", &["4", "--json"]);
    assert_eq!(
        redone.json(),
        json!({"successCount": 3, "failureCount": 0, "failures": [], "revision": 5})
    );
    assert_eq!(stage.run("links", &["my-view"]).code, 2);
}

#[test]
fn parts_that_were_changed_since_are_printed_and_the_exit_code_is_1() {
    let stage = Stage::with_flags(["a", "b"]);
    stage.change(|store| {
        let project = store.project("default").unwrap();
        project.unlink("my-view", Batch::flags(["b"])).unwrap().all_ok().unwrap();
    });
    let ran = stage.run("undo", &["2"]);
    assert_eq!((ran.code, ran.err.as_str()), (1, "1 part undone, 1 failed; revision 4\n"));
    let line = ran.out.lines().nth(1).unwrap();
    assert!(line.starts_with("link of b to my-view  changed_since  changed again later"), "{line}");
    let ran = stage.run("undo", &["2", "--json"]);
    assert_eq!((ran.code, &ran.json()["failures"][0]["code"]), (1, &json!("changed_since")));
    for (arguments, code) in [(["9"], "invalid_request"), (["0"], "invalid_request")] {
        let ran = stage.run("undo", &[&arguments[..], &["--json"]].concat());
        assert_eq!((ran.code, &ran.error()["code"]), (2, &json!(code)), "{ran:?}");
    }
    let ran = stage.run("undo", &["2", "--project", "other"]);
    assert!(ran.code == 2 && ran.err.contains("add --project default"), "{ran:?}");
}

#[test]
fn a_view_is_restored_to_a_revision() {
    let stage = Stage::with_flags(["a", "b"]);
    stage.change(|store| {
        let project = store.project("default").unwrap();
        project.replace("my-view", Batch::flags(["c"])).unwrap().all_ok().unwrap();
        project.delete_view("my-view").unwrap();
    });
    let ran = stage.run("undo", &["2", "--view", "my-view"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, "3 parts undone, 0 failed; revision 5\n"));
    assert_eq!(stage.run("links", &["my-view", "--keys"]).out, "a\nb\n");
}

#[test]
fn an_export_has_the_requested_revision() {
    let stage = Stage::with_flags(["a", "b"]);
    let now = stage.run("export", &["--format", "csv"]).out;
    stage.change(|store| {
        let project = store.project("default").unwrap();
        project.unlink("my-view", Batch::flags(["a"])).unwrap().all_ok().unwrap();
    });
    let then = stage.run("export", &["--format", "csv", "--as-of", "2"]);
    assert_eq!((then.code, then.out), (0, now.clone()));
    assert_ne!(stage.run("export", &["--format", "csv"]).out, now);
    assert_eq!(stage.run("export", &["--as-of", "9"]).code, 2);
}

#[test]
fn lists_are_shown_as_of_a_revision() {
    let stage = Stage::with_flags(["a", "b"]);
    stage.change(|store| store.project("default").unwrap().delete_view("my-view").unwrap());
    assert_eq!(stage.run("links", &["my-view", "--as-of", "2", "--keys"]).out, "a\nb\n");
    assert_eq!(stage.run("views-of", &["a", "--as-of", "2", "--json"]).json_lines().len(), 1);
    assert_eq!(stage.run("views", &["--as-of", "1", "--json"]).json_lines().len(), 1);
    assert_eq!(stage.run("views", &["--json"]).json_lines().len(), 0);
    let projects = stage.run("projects", &["--as-of", "2", "--json"]).json_lines();
    assert_eq!(projects[0]["viewCount"], 1);
    let ran = stage.run("views", &["--as-of", "7"]);
    assert_eq!(
        (ran.code, ran.err.as_str()),
        (2, "viewlink: revision 7 does not exist yet: the newest is 3\n")
    );
}

#[test]
fn the_history_of_a_view_and_of_a_resource_is_listed() {
    let stage = Stage::with_flags(["a", "b", "c", "d", "e"]);
    stage.change(|store| store.project("default").unwrap().delete_view("my-view").unwrap());
    stage.run("undo", &["3"]);
    let ran = stage.run("history", &["--view", "my-view"]);
    assert_eq!(
        (ran.code, ran.err.as_str()),
        (0, "4 changes; the journal keeps revisions from 1 on\n")
    );
    let lines: Vec<&str> = ran.out.lines().collect();
    for (line, expected) in [
        (
            1,
            "view my-view created, a linked to my-view, b linked to my-view, c linked to my-view, and 2 more (reverts 3)",
        ),
        (2, "view my-view deleted"),
        (
            3,
            "a linked to my-view, b linked to my-view, c linked to my-view, d linked to my-view, and 1 more",
        ),
        (4, "view my-view created"),
    ] {
        assert!(lines[line].contains(expected), "{}", lines[line]);
    }
    let ran = stage.run("history", &["--key", "a", "--json"]);
    let kinds: Vec<_> =
        ran.json_lines().iter().map(|entry| entry["events"][0]["kind"].clone()).collect();
    assert_eq!(kinds, ["linked", "unlinked", "linked"]);
    let ran = stage.run("history", &["--key", "a", "--limit", "1", "--as-of", "2", "--json"]);
    assert_eq!(ran.json_lines()[0]["revision"], 2);
    let ran = stage.run("history", &[]);
    assert!(ran.code == 2 && ran.err.contains("--view") && ran.err.contains("--key"), "{ran:?}");
}
