//! Stores that are restored from an export.

use std::fs;

use serde_json::json;
use viewlink::{NewResource, Paging, Store, Timestamp};

use super::stores::{HARD, Made, SINCE, lines, links_by_time, names, restore, with_everything};
use crate::support::{Stage, run_plain};

#[test]
fn a_restored_store_has_every_field_and_time_of_the_one_that_was_exported() {
    let stage = Stage::empty();
    with_everything(&stage.store());
    let ran = restore(&stage, "restored");
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{ran:?}");
    assert_eq!(ran.err, "imported 3 views, 4 resources and 7 links\n");
    let exported = lines(&stage.store());
    assert_eq!(exported.len(), 3 + 4 + 7 + 2);
    assert_eq!(lines(&stage.path("restored")), exported);
    assert_eq!(links_by_time(&stage.path("restored"), false), links_by_time(&stage.store(), true));
}

#[test]
fn an_export_has_a_header_views_resources_links_and_a_trailer() {
    let stage = Stage::empty();
    with_everything(&stage.store());
    let lines = stage.run("export", &["--project", "shop"]).json_lines();
    let store = Store::open(stage.store()).unwrap();
    let (store_id, revision) = (store.id(), store.snapshot().unwrap().revision());
    store.close().unwrap();
    assert_eq!(
        lines[0],
        json!({"header": {"format": "viewlink-export", "version": 1, "storeId": store_id,
            "revision": revision, "project": "shop"}})
    );
    assert_eq!(
        lines[1],
        json!({"view": {"project": "shop", "key": "a-view", "name": "Third", "description": "",
            "tags": [], "createdAt": SINCE + 2_500, "updatedAt": SINCE + 3_000, "id": 1, "version": 3,
            "revision": 8}})
    );
    assert_eq!(
        lines[2],
        json!({"view": {"project": "shop", "key": "b-view", "name": HARD, "description": HARD,
            "tags": ["", HARD, "t"], "maintainer": {"kind": "team", "id": "checkout"},
            "createdAt": SINCE + 1_000, "updatedAt": SINCE + 1_000, "id": 0, "version": 1, "revision": 5}})
    );
    assert_eq!(
        lines[4],
        json!({"resource": {"project": "shop", "type": "segments", "environment": "prod",
            "key": "beta", "id": "61f3b0c2", "name": "beta", "tags": [], "archived": true,
            "temporary": false, "unbounded": true, "createdAt": SINCE + 9_500, "revision": 9}})
    );
    assert_eq!(
        lines[7],
        json!({"link": {"project": "shop", "view": "a-view", "type": "segments",
            "environment": "prod", "key": "beta", "linkedAt": SINCE + 2_500, "revision": 4}})
    );
    assert_eq!(
        lines.last().unwrap(),
        &json!({"trailer": {"views": 2, "resources": 4, "links": 6}})
    );
}

#[test]
fn one_project_is_restored_without_the_others() {
    let stage = Stage::empty();
    with_everything(&stage.store());
    let export = stage.run("export", &["--project", "other"]);
    let (code, to) = (export.code, stage.path("other"));
    assert_eq!(code, 0, "{export:?}");
    fs::write(stage.path("other.jsonl"), &export.out).unwrap();
    let file = stage.path("other.jsonl");
    let ran = run_plain(["import".as_ref(), to.as_os_str(), file.as_os_str()]);
    assert_eq!(ran.err, "imported 1 view, 0 resources and 1 link\n");
    let ran = run_plain(["projects".as_ref(), to.as_os_str(), "--json".as_ref()]);
    assert_eq!(ran.json_lines().len(), 1, "{ran:?}");

    let ran = stage.run("export", &["--project", "none", "--out", file.to_str().unwrap()]);
    assert!(ran.code == 2 && ran.err.contains("no project none"), "{ran:?}");
    assert_eq!(fs::read_to_string(file).unwrap(), export.out);
}

#[test]
fn a_store_that_begins_at_the_start_of_1970_is_restored() {
    let stage = Stage::empty();
    let made = Made::at(&stage.store());
    let project = made.when(0).project("default").unwrap();
    project.create_view(viewlink::NewView::new("v", "v")).unwrap();
    project.link("v", viewlink::Batch::flags(["a"])).unwrap().all_ok().unwrap();
    let project = made.when(7).project("default").unwrap();
    project.link("v", viewlink::Batch::flags(["b"])).unwrap().all_ok().unwrap();
    made.close();
    assert_eq!(restore(&stage, "restored").code, 0);
    assert_eq!(lines(&stage.path("restored")), lines(&stage.store()));
}

#[test]
fn a_view_keeps_the_time_of_its_last_change_whatever_its_name_is() {
    let stage = Stage::empty();
    let made = Made::at(&stage.store());
    for (key, name) in [("as-the-key", "as-the-key"), ("empty", ""), ("other", "x")] {
        let project = made.when(5).project("default").unwrap();
        project.create_view(viewlink::NewView::new(key, "before")).unwrap();
        let project = made.when(9).project("default").unwrap();
        project.update_view(key, viewlink::ViewPatch::new().name(name)).unwrap();
    }
    made.close();
    assert_eq!(restore(&stage, "restored").code, 0);
    assert_eq!(lines(&stage.path("restored")), lines(&stage.store()));
}

#[test]
fn links_of_one_time_keep_the_order_of_their_changes() {
    let stage = Stage::empty();
    let made = Made::at(&stage.store());
    let project = made.when(5).project("default").unwrap();
    project.create_view(viewlink::NewView::new("v", "v")).unwrap();
    for key in ["c", "a", "b"] {
        project.link("v", viewlink::Batch::flags([key])).unwrap().all_ok().unwrap();
    }
    made.close();
    assert_eq!(restore(&stage, "restored").code, 0);
    let expected = ["c", "a", "b"].map(|key| {
        let flag = viewlink::Resource::flag(key).unwrap();
        format!("default v {flag:?} 1700000000005 ms")
    });
    assert_eq!(links_by_time(&stage.path("restored"), false), expected);
}

#[test]
fn items_larger_than_the_default_limits_are_restored() {
    let stage = Stage::empty();
    let limits = viewlink::Limits { name: 9_000, tags: 100, ..viewlink::Limits::default() };
    let store = viewlink::Options::new().limits(limits).open(stage.store()).unwrap();
    let tags: Vec<String> = (0..100).map(|n| format!("tag-{n}")).collect();
    let view = viewlink::NewView::new("v", "n".repeat(9_000)).tags(tags.clone());
    let project = store.project("default").unwrap();
    project.create_view(view).unwrap();
    let flag = NewResource::flag("f").name("n".repeat(9_000)).tags(tags);
    project.put_resources([flag]).unwrap().all_ok().unwrap();
    store.close().unwrap();
    assert_eq!(restore(&stage, "restored").code, 0);
    assert_eq!(lines(&stage.path("restored")), lines(&stage.store()));
}

#[test]
fn links_get_the_time_of_the_import_on_request() {
    let stage = Stage::empty();
    with_everything(&stage.store());
    let (file, to) = (stage.path("e.jsonl"), stage.path("restored"));
    assert_eq!(stage.run("export", &["-o", file.to_str().unwrap()]).code, 0);
    let before = Timestamp::now();
    let ran = run_plain([
        "import".as_ref(),
        to.as_os_str(),
        file.as_os_str(),
        "--times".as_ref(),
        "now".as_ref(),
    ]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let store = Store::open(&to).unwrap();
    let snapshot = store.snapshot().unwrap();
    let project = snapshot.project("shop").unwrap();
    for view in project.views(Paging::first(10)).unwrap() {
        assert!(view.created_at >= before && view.version == 1, "{view:?}");
        for of in viewlink::ResourceType::ALL {
            let page = project.linked_resources(view.key.as_str(), of, Paging::first(10)).unwrap();
            assert!(page.items.iter().all(|link| link.linked_at >= before), "{page:?}");
        }
    }
    // The time when a resource was created is one of its fields, like its name.
    let beta = viewlink::Resource::segment("test", "beta").unwrap();
    let created = project.resource(&beta).unwrap().unwrap().created_at;
    assert_eq!(created, Timestamp::from_millis(SINCE + 77));
}

#[test]
fn an_empty_store_is_restored_as_an_empty_store() {
    let stage = Stage::empty();
    stage.change(|_| ());
    let ran = restore(&stage, "restored");
    assert_eq!((ran.code, ran.err.as_str()), (0, "imported 0 views, 0 resources and 0 links\n"));
    assert_eq!(lines(&stage.path("restored")), lines(&stage.store()));
}

#[test]
fn a_dry_run_creates_no_store_and_prints_the_counts() {
    let stage = Stage::empty();
    with_everything(&stage.store());
    let (file, to) = (stage.path("e.jsonl"), stage.path("restored"));
    assert_eq!(stage.run("export", &["--out", file.to_str().unwrap()]).code, 0);
    let arguments = ["import", to.to_str().unwrap(), file.to_str().unwrap(), "--dry-run"];
    let ran = run_plain(arguments);
    assert_eq!(ran.err, "would import 3 views, 4 resources and 7 links\n");
    assert_eq!(names(&stage), ["e.jsonl", "views.viewlink"]);
}

#[test]
fn a_store_is_restored_into_an_empty_directory_and_from_a_pipe() {
    let stage = Stage::empty();
    with_everything(&stage.path("origin"));
    let export = run_plain(["export".as_ref(), stage.path("origin").as_os_str()]);
    fs::create_dir(stage.store()).unwrap();
    let arguments = ["-", "--format", "jsonl", "--json", "--actor", "me", "--comment", "moved"];
    let ran = stage.run_with_input("import", &arguments, export.out.as_bytes());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(
        ran.json(),
        json!({"dryRun": false, "done": {"views": 3, "resources": 4, "links": 7},
            "unchanged": {"views": 0, "resources": 0, "links": 0}, "failed": 0, "failures": [],
            "lastLineHasNoEnd": false})
    );
    assert_eq!(lines(&stage.store()), lines(&stage.path("origin")));
    let log = stage.run("log", &["--json"]).json_lines();
    assert!(!log.is_empty());
    assert!(log.iter().all(|change| change["actor"] == "me" && change["comment"] == "moved"));
    assert_eq!(names(&stage), ["origin", "views.viewlink"]);
}

#[test]
fn a_hundred_thousand_links_are_restored_with_their_times() {
    let stage = Stage::empty();
    let made = Made::at(&stage.store());
    for view in 0..10 {
        let key = format!("view-{view}");
        let project = made.when(1_000 * (view + 1)).project("default").unwrap();
        project.create_view(viewlink::NewView::new(&key, &key)).unwrap();
        for part in 0..10 {
            let flags = (0..1_000).map(|n| format!("flag-{}", n * 10 + part));
            let batch = viewlink::Batch::flags(flags);
            let project = made.when(1_000 * (view + 1) + part).project("default").unwrap();
            project.link(&key, batch).unwrap().all_ok().unwrap();
        }
    }
    made.close();
    let ran = restore(&stage, "restored");
    assert_eq!(ran.err, "imported 10 views, 0 resources and 100000 links\n");
    let exported = |store: &str| {
        let ran =
            run_plain(["export".as_ref(), stage.path(store).as_os_str(), "--format=csv".as_ref()]);
        ran.out
    };
    assert!(exported("restored") == exported("views.viewlink"));
}
