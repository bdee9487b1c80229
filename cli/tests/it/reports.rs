//! Linking and unlinking, and their reports.

use std::fs;

use serde_json::json;
use viewlink::{Batch, NewResource, ResourceType, Store};

use crate::support::{Ran, Stage, run_plain};

/// The flags of `my-view`.
fn flags(store: &Store) -> Vec<String> {
    let snapshot = store.snapshot().unwrap();
    let by_key = viewlink::Paging::first(1_000).sort(viewlink::LinkSort::Key);
    let project = snapshot.project("default").unwrap();
    let page = project.linked_resources("my-view", ResourceType::Flag, by_key).unwrap();
    page.into_iter().map(|linked| linked.resource.to_string()).collect()
}

fn left(stage: &Stage) -> Vec<String> {
    stage.change(flags)
}

#[test]
fn unlinking_prints_the_failures_and_ends_with_1() {
    let stage = Stage::with_flags(["a", "b"]);
    let ran = stage.run("unlink", &["my-view", "a", "no-such-flag", "a", "-", "--comment", "old"]);
    let expected = "\
KEY           CODE         REASON
no-such-flag  not_linked   not linked to this view
a             repeated     occurs earlier in the same request
-             invalid_key  '-' at byte 0 is not allowed: a key starts with a letter or digit and has only letters, digits, '_', '.' and '-'
";
    assert_eq!((ran.code, ran.out.as_str()), (1, expected));
    assert_eq!(ran.err, "my-view: 1 unlinked, 3 failed; revision 3\n");
    assert_eq!(left(&stage), ["b"]);
}

#[test]
fn unlinking_with_json_prints_the_report_of_the_rest_api() {
    let stage = Stage::with_flags(["a", "b"]);
    let ran = stage.run("unlink", &["my-view", "a", "no-such-flag", "--json"]);
    let failed = json!([{"resourceKey": "no-such-flag", "resourceType": "flag",
        "errorMessage": "not linked to this view", "code": "not_linked"}]);
    let expected =
        json!({"successCount": 1, "failureCount": 1, "failedResources": failed, "revision": 3});
    assert_eq!((ran.code, ran.json(), ran.err.as_str()), (1, expected, ""));
}

#[test]
fn a_success_prints_only_a_summary_and_ends_with_0() {
    let stage = Stage::with_flags(["a"]);
    let ran = stage.run("link", &["My-View", "a", "b", "c"]);
    let summary = "my-view: 2 linked, 1 already linked, 0 failed; revision 3\n";
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "", summary));
    assert_eq!(left(&stage), ["a", "b", "c"]);

    let ran = stage.run("link", &["my-view", "a", "--quiet"]);
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "", ""));
    let ran = stage.run("link", &["my-view", "a"]);
    assert!(ran.err.ends_with("0 failed; nothing changed\n"), "{ran:?}");
}

#[test]
fn quiet_still_prints_the_failures() {
    let ran = Stage::with_flags(["a"]).run("unlink", &["my-view", "b", "-q"]);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    assert!(ran.out.contains("not_linked"), "{ran:?}");
}

#[test]
fn a_dry_run_reports_the_result_and_changes_nothing() {
    let stage = Stage::with_flags(["a"]);
    let ran = stage.run("unlink", &["my-view", "a", "b", "--dry-run"]);
    assert_eq!(ran.code, 1);
    assert_eq!(ran.err, "my-view: 1 unlinked, 1 failed; a dry run changes nothing\n");
    let ran = stage.run("unlink", &["my-view", "a", "--dry-run", "--json"]);
    assert_eq!(ran.json(), json!({"successCount": 1, "failureCount": 0, "failedResources": []}));
    assert_eq!(left(&stage), ["a"]);
}

#[test]
fn all_options_of_a_batch_can_be_set() {
    let stage = Stage::with_flags(["a"]);
    let code = |ran: &Ran| ran.json()["failedResources"][0]["code"].as_str().map(str::to_owned);
    let ran = stage.run("unlink", &["my-view", "b", "--ignore-missing"]);
    assert_eq!(ran.code, 0);
    assert_eq!(ran.err, "my-view: 0 unlinked, 1 not linked, 0 failed; nothing changed\n");
    let ran = stage.run("unlink", &["my-view", "a", "--keep-last-view", "--json"]);
    assert_eq!((ran.code, code(&ran).as_deref()), (1, Some("last_view")));
    let ran = stage.run("link", &["my-view", "a", "--refuse-existing", "--json"]);
    assert_eq!((ran.code, code(&ran).as_deref()), (1, Some("already_linked")));
    let ran = stage.run("link", &["my-view", "c", "--closed", "--json"]);
    assert_eq!((ran.code, code(&ran).as_deref()), (1, Some("unknown_resource")));
    assert_eq!(left(&stage), ["a"]);
}

#[test]
fn resources_that_a_filter_finds_are_linked_and_unlinked() {
    let stage = Stage::with_flags(["a"]);
    stage.change(|store| {
        let flags = ["x", "y"].map(|key| NewResource::flag(key).tags(["web"]));
        store.project("default").unwrap().put_resources(flags).unwrap().all_ok().unwrap();
    });
    let web = ["my-view", "b", "--filter", "tags:web"];
    let ran = stage.run("link", &[&web[..], &["--batch-limit", "2"]].concat());
    assert!(ran.code == 2 && ran.err.contains("the limit of 2"), "{ran:?}");
    assert_eq!(stage.run("link", &web).code, 0);
    assert_eq!(left(&stage), ["a", "b", "x", "y"]);
    assert_eq!(stage.run("unlink", &["my-view", "--filter", "tags:web"]).code, 0);
    assert_eq!(left(&stage), ["a", "b"]);

    let ran = stage.run("unlink", &["my-view", "--filter", "colour:red", "--json"]);
    let error = ran.error();
    assert_eq!((ran.code, &error["code"]), (2, &"invalid_filter".into()), "{ran:?}");
    assert!(error["message"].as_str().unwrap().contains("at byte 0"), "{ran:?}");
}

#[test]
fn a_call_that_fails_as_a_whole_is_2_and_says_what_to_do() {
    let stage = Stage::with_flags(["a"]);
    let long = "x".repeat(300);
    for (arguments, code, message) in [
        (&["unlink", "my-view", "a", "--actor", &long][..], "too_long", "actor has 300 bytes"),
        (&["unlink", "other", "a"], "unknown_view", "no view other in project default"),
        (&["unlink", "my-view", "a", "--project", "p"], "unknown_project", "no project p"),
        (&["unlink", "my-view"], "invalid_request", "--keys-from"),
        (&["link", "my-view", "a", "--by-id"], "invalid_request", "--type segments"),
        (&["link", "my-view", "a", "--environment", "e"], "invalid_request", "--type segments"),
        (&["link", "my-view", "a", "b", "--batch-limit", "1"], "batch_too_large", "--batch-limit"),
        (
            &["unlink", "my-view", "--filter", "query:a", "--batch-limit", "0"],
            "batch_too_large",
            "split",
        ),
    ] {
        let ran = stage.run(arguments[0], &[&arguments[1..], &["--json"]].concat());
        let error = ran.error();
        assert_eq!((ran.code, &error["code"]), (2, &code.into()), "{arguments:?}: {ran:?}");
        assert!(!error["message"].as_str().unwrap().contains("Options::"), "{ran:?}");
        assert!(error["message"].as_str().unwrap().contains(message), "{arguments:?}: {ran:?}");
    }
    assert_eq!(left(&stage), ["a"]);
}

#[test]
fn a_view_and_a_store_are_created_only_on_request() {
    let stage = Stage::empty();
    let create = ["my-view", "a", "--create", "--create-view"];
    let ran = stage.run("link", &[&create[..], &["b", "--batch-limit", "1"]].concat());
    assert_eq!((ran.code, stage.store().exists()), (2, false), "{ran:?}");
    let ran = stage.run("link", &create);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.err, "my-view: created, 1 linked, 0 failed; revision 2\n");
    assert_eq!(left(&stage), ["a"]);
    assert_eq!(stage.run("link", &["other", "a"]).code, 2);
    assert_eq!(stage.run("link", &["other", "a", "--create-view"]).code, 0);
    assert_eq!(stage.run("link", &["other", "b", "--create-view"]).code, 0);
    let view = stage.change(|store| {
        store.snapshot().unwrap().project("default").unwrap().view("other").unwrap()
    });
    assert_eq!((view.name.as_str(), view.links.total()), ("other", 2));
}

#[test]
fn nothing_is_left_of_a_store_that_cannot_be_created() {
    let stage = Stage::empty();
    let create = ["my-view", "a", "--create", "--create-view"];
    let ran = stage.run("link", &[&create[..], &["--actor", &"x".repeat(300)]].concat());
    assert_eq!((ran.code, stage.store().exists()), (2, false), "{ran:?}");
    // As for an import, a missing parent directory is not created.
    let nowhere = stage.path("no/such/store");
    let arguments = [&["link", nowhere.to_str().unwrap(), "--json"][..], &create].concat();
    let ran = run_plain(arguments);
    let error = ran.error();
    assert_eq!((ran.code, &error["code"]), (2, &"unwritable_store".into()), "{ran:?}");
    // The error names the place and not the temporary copy.
    let message = error["message"].as_str().unwrap();
    assert!(
        message.contains("needs space in") && message.contains(r#"no/such" and write"#),
        "{ran:?}"
    );
    assert!(!message.contains("cop"), "{ran:?}");
    assert!(!stage.path("no").exists());
    // The existing file is not a store, and the error does not advise to create one.
    fs::create_dir_all(stage.store().join("journal")).unwrap();
    let ran = stage.run("link", &create);
    assert!(ran.code == 2 && ran.err.contains("remove the entry"), "{ran:?}");
}

#[cfg(unix)]
#[test]
fn a_new_store_whose_name_cannot_be_synced_exists_and_its_report_is_printed() {
    use std::os::unix::fs::PermissionsExt as _;
    let stage = Stage::empty();
    let parent = stage.path("parent");
    let allow = |mode| fs::set_permissions(&parent, fs::Permissions::from_mode(mode)).unwrap();
    fs::create_dir(&parent).unwrap();
    fs::write(stage.path("links.csv"), "view,key\nmy-view,a\n").unwrap();
    // New names can be created in the directory, but it cannot be opened to sync them.
    allow(0o300);
    if fs::read_dir(&parent).is_ok() {
        eprintln!("permissions do not bind who runs this, so nothing was tried");
        return;
    }
    let stores = ["linked", "imported", "copied"].map(|name| parent.join(name));
    let [linked, imported, copied] = stores.each_ref().map(|path| path.to_str().unwrap());
    let create = ["link", linked, "my-view", "a", "--create", "--create-view", "--json"];
    let ran = run_plain(create);
    assert_eq!((ran.code, &ran.error()["code"]), (2, &"unsynced".into()), "{ran:?}");
    assert_eq!(ran.json()["successCount"], 1);
    let ran = run_plain(["import", imported, stage.path("links.csv").to_str().unwrap(), "--json"]);
    assert_eq!((ran.code, &ran.error()["code"]), (2, &"unsynced".into()), "{ran:?}");
    assert_eq!(ran.json()["done"]["links"], 1);
    let ran = run_plain(["backup", linked, copied, "--json"]);
    assert_eq!((ran.code, &ran.error()["code"]), (2, &"unsynced".into()), "{ran:?}");
    allow(0o700);
    for store in [linked, imported, copied] {
        assert_eq!(run_plain(["links", store, "my-view", "--keys"]).out, "a\n");
    }
}

#[test]
fn the_error_of_a_failed_link_says_that_the_view_was_created() {
    let stage = Stage::with_flags(["a"]);
    stage.change(|store| {
        let flags = ["x", "y"].map(|key| NewResource::flag(key).tags(["web"]));
        store.project("default").unwrap().put_resources(flags).unwrap().all_ok().unwrap();
    });
    let refused = |view, more: &[&str]| {
        let arguments = [view, "--create-view", "--filter", "tags:web", "--batch-limit", "1"];
        stage.run("link", &[&arguments[..], more].concat())
    };
    let ran = refused("new", &["--json"]);
    let error = ran.error();
    assert_eq!((ran.code, &error["code"]), (2, &"batch_too_large".into()), "{ran:?}");
    let message = error["message"].as_str().unwrap();
    let begin =
        "the view new was created at revision 4, but linking to it failed: there are more keys";
    assert!(message.starts_with(begin), "{message}");
    let ran = refused("other", &["--quiet"]);
    assert!(ran.err.starts_with("viewlink: the view other was created at revision 5"), "{ran:?}");
    // The view exists now, so the second call changes nothing.
    let ran = refused("other", &[]);
    assert!(ran.err.starts_with("viewlink: there are more keys"), "{ran:?}");
}

#[test]
fn the_summary_says_that_a_view_was_created_even_if_no_key_was_linked() {
    let stage = Stage::with_flags(["a"]);
    let ran = stage.run("link", &["new", "no key", "--create-view"]);
    assert_eq!((ran.code, ran.err.as_str()), (1, "new: created, 0 linked, 1 failed; revision 3\n"));
    let ran = stage.run("link", &["other", "no key", "--create-view", "--json"]);
    assert_eq!(ran.json()["revision"], 4);
    let ran = stage.run("link", &["other", "no key", "--create-view", "--json"]);
    assert!(ran.json().get("revision").is_none(), "{ran:?}");
}

#[test]
fn the_journal_has_actor_and_comment() {
    let stage = Stage::with_flags(["a"]);
    stage.run("link", &["my-view", "b"]);
    stage.run("link", &["my-view", "c", "--actor", "ops", "--comment", "for the fair"]);
    stage.change(|store| {
        let changes: Vec<_> = store.snapshot().unwrap().changes(3).unwrap().collect();
        let changes = changes.into_iter().map(|change| change.unwrap());
        let changes: Vec<_> =
            changes.map(|change| (change.actor.unwrap(), change.comment)).collect();
        let expected = [
            ("viewlink-cli".to_owned(), None),
            ("ops".to_owned(), Some("for the fair".to_owned())),
        ];
        assert_eq!(changes, expected);
    });
}

#[test]
fn other_types_and_projects_can_be_selected() {
    let stage = Stage::with_flags(["a"]);
    for of in ["flags", "aiConfigs", "metrics", "metric"] {
        let ran = stage.run("link", &["v", "k", "--type", of, "--project", "p", "--create-view"]);
        assert_eq!(ran.code, 0, "{of}: {ran:?}");
    }
    stage.change(|store| {
        let view = store.snapshot().unwrap().project("p").unwrap().view("v").unwrap();
        assert_eq!(view.links.to_string(), "1 flag, 0 segments, 1 aiConfig, 1 metric");
        let batch = Batch::metrics(["k"]);
        store.project("p").unwrap().unlink("v", batch).unwrap().all_ok().unwrap();
    });
}
