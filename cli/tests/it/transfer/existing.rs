//! Importing into an existing store.

use std::fs;

use serde_json::json;
use viewlink::{Batch, NewResource, NewView, Store, Timestamp};

use super::stores::{lines, names, restore, with_everything};
use crate::support::{Stage, run_plain};

#[test]
fn importing_twice_leaves_everything_unchanged_and_makes_no_change() {
    let stage = Stage::empty();
    with_everything(&stage.store());
    assert_eq!(restore(&stage, "restored").code, 0);
    let restored = stage.path("restored");
    let export = || run_plain(["export".as_ref(), restored.as_os_str()]).out;
    let before = export();
    for times in ["now", "keep"] {
        let file = stage.path("export.jsonl");
        let arguments = [
            "import",
            restored.to_str().unwrap(),
            file.to_str().unwrap(),
            "--json",
            "--times",
            times,
        ];
        let ran = run_plain(arguments);
        assert_eq!(ran.code, 0, "{ran:?}");
        let (done, unchanged) = (&ran.json()["done"], &ran.json()["unchanged"]);
        assert_eq!(done, &json!({"views": 0, "resources": 0, "links": 0}));
        assert_eq!(unchanged, &json!({"views": 3, "resources": 4, "links": 7}));
    }
    assert_eq!(export(), before);
}

#[test]
fn existing_items_stay_and_missing_ones_are_added_at_the_time_of_the_import() {
    let stage = Stage::empty();
    with_everything(&stage.path("other"));
    let export = run_plain(["export".as_ref(), stage.path("other").as_os_str()]);
    stage.change(|store: &Store| {
        let project = store.project("shop").unwrap();
        project.create_view(NewView::new("a-view", "mine")).unwrap();
        project.link("a-view", Batch::ai_configs(["f-1", "own"])).unwrap().all_ok().unwrap();
        let flag = NewResource::flag("f-1").name("mine");
        project.put_resources([flag]).unwrap().all_ok().unwrap();
    });
    let before = lines(&stage.store());
    let start = Timestamp::now().as_millis();
    let arguments = ["-", "--format", "jsonl", "--json"];
    let ran = stage.run_with_input("import", &arguments, export.out.as_bytes());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.json()["done"], json!({"views": 2, "resources": 3, "links": 6}));
    assert_eq!(ran.json()["unchanged"], json!({"views": 1, "resources": 1, "links": 1}));
    let after = lines(&stage.store());
    let rows = |lines: &[serde_json::Value]| lines[1..lines.len() - 1].to_vec();
    for row in rows(&before) {
        assert!(after.contains(&row), "{row}");
    }
    for row in rows(&after) {
        if !before.contains(&row) {
            let time = row["link"].get("linkedAt").or(row["view"].get("createdAt"));
            assert!(time.is_none_or(|time| time.as_u64().unwrap() >= start), "{row}");
        }
    }
}

#[test]
fn times_are_kept_on_request_if_they_are_later_than_the_last_change() {
    let stage = Stage::with_flags(["a"]);
    let last = Timestamp::now().as_millis();
    let csv =
        format!("view,key,linked_at\nmy-view,b,{}\nmy-view,c,1000000000000\n", last + 1_000_000);
    let arguments = ["-", "--format", "csv", "--times", "keep"];
    let ran = stage.run_with_input("import", &arguments, csv.as_bytes());
    assert_eq!(ran.code, 0, "{ran:?}");
    let links = lines(&stage.store());
    let times: Vec<u64> =
        links.iter().filter_map(|line| line["link"]["linkedAt"].as_u64()).collect();
    assert_eq!((times.len(), times[1]), (3, last + 1_000_000));
    assert!(times[2] == times[0], "{times:?}");
}

#[test]
fn a_dry_run_changes_nothing_and_prints_the_same_as_the_import() {
    let stage = Stage::with_flags(["a", "b"]);
    let before = stage.run("export", &[]).out;
    let csv = b"view,key\nmy-view,a\nmy-view,c\nnew-view,a\nnew-view,no key\n";
    let arguments = |more: &[&'static str]| [&["-", "--format", "csv", "--json"], more].concat();
    let dry = stage.run_with_input("import", &arguments(&["--dry-run"]), csv);
    assert_eq!(names(&stage), ["views.viewlink"]);
    assert_eq!(stage.run("export", &[]).out, before);
    let wet = stage.run_with_input("import", &arguments(&[]), csv);
    let mut output = dry.json();
    assert_eq!(output["dryRun"], true);
    output["dryRun"] = json!(false);
    assert_eq!((dry.code, output), (1, wet.json()));
    assert_eq!(wet.json()["done"], json!({"views": 1, "resources": 0, "links": 2}));
}

#[test]
fn an_import_does_not_touch_a_store_that_is_open_in_another_process() {
    let stage = Stage::with_flags(["a"]);
    let file = stage.path("links.csv");
    fs::write(&file, "view,key\nmy-view,b\n").unwrap();
    let held = Store::open(stage.store()).unwrap();
    for more in [&[][..], &["--dry-run"]] {
        let arguments = [&[file.to_str().unwrap(), "--json"], more].concat();
        let ran = stage.run("import", &arguments);
        assert_eq!((ran.code, &ran.error()["code"]), (2, &json!("store_in_use")), "{ran:?}");
    }
    let ran = stage.run("export", &["--json"]);
    assert_eq!((ran.code, &ran.error()["code"]), (2, &json!("store_in_use")), "{ran:?}");
    held.close().unwrap();
    assert_eq!(names(&stage), ["links.csv", "views.viewlink"]);
}

#[test]
fn an_import_does_not_touch_a_directory_that_is_not_a_store() {
    let stage = Stage::empty();
    fs::create_dir(stage.store()).unwrap();
    fs::write(stage.store().join("mine"), "mine").unwrap();
    let ran = stage.run_with_input("import", &["-", "--format", "csv", "--json"], b"view,key\n");
    assert_eq!((ran.code, &ran.error()["code"]), (2, &json!("not_a_store")), "{ran:?}");
    assert_eq!(fs::read(stage.store().join("mine")).unwrap(), b"mine");
}

#[cfg(unix)]
#[test]
fn a_store_that_cannot_be_copied_for_a_dry_run_is_not_reported_as_missing() {
    let stage = Stage::with_flags(["a"]);
    // A directory next to the store would have too long a name.
    let long = stage.path(&"s".repeat(250));
    fs::rename(stage.store(), &long).unwrap();
    let arguments =
        ["import", long.to_str().unwrap(), "-", "--format", "csv", "--dry-run", "--json"];
    let ran = run_plain(arguments);
    assert_eq!((ran.code, &ran.error()["code"]), (2, &json!("no_scratch_space")), "{ran:?}");
    assert!(!ran.err.contains("cannot create a store"), "{ran:?}");
    assert_eq!(run_plain(["verify".as_ref(), long.as_os_str()]).code, 0);
}

#[cfg(unix)]
#[test]
fn an_inaccessible_path_is_the_same_error_as_in_every_command() {
    let stage = Stage::empty();
    let path = stage.path("loop");
    std::os::unix::fs::symlink(&path, stage.path("loop")).unwrap();
    let inside = path.join("views.viewlink");
    let of = |arguments: &[&str]| run_plain(arguments.iter().copied()).err;
    let inside = inside.to_str().unwrap();
    let output = of(&["import", inside, "-", "--format", "csv"]);
    assert_eq!(output, of(&["stats", inside]));
}

#[test]
fn the_error_for_a_directory_with_other_files_does_not_advise_to_import() {
    let stage = Stage::empty();
    // The rest of an import that was interrupted by a full disk.
    fs::create_dir_all(stage.store().join("journal")).unwrap();
    fs::write(stage.store().join("lock"), "").unwrap();
    for more in [&[][..], &["--dry-run"]] {
        let arguments = [&["-", "--format", "csv", "--json"], more].concat();
        let ran = stage.run_with_input("import", &arguments, b"view,key\n");
        assert_eq!((ran.code, &ran.error()["code"]), (2, &json!("no_store")), "{ran:?}");
        assert!(ran.err.contains("remove the entry"), "{ran:?}");
    }
    assert_eq!(names(&stage), ["views.viewlink"]);
}
