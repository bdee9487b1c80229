//! The journal.

use std::fs;

use viewlink::{
    Batch, LinkChange, NewResource, NewView, Options, ProjectSettings, Resource, ViewPatch,
};

use crate::support::Stage;

/// A store with a change of every kind.
fn stage() -> Stage {
    let stage = Stage::with_flags(["a", "b"]);
    stage.change(|store| {
        let project = store.project("default").unwrap().actor("ops");
        project.update_view("my-view", ViewPatch::new().name("Mine")).unwrap();
        project.create_view(NewView::new("other", "Other")).unwrap();
        let batch = Batch::flags(["a"]).comment("retired\n\u{1b}[2J");
        project.reverts(2).unlink("my-view", batch).unwrap().all_ok().unwrap();
        let parts = [
            LinkChange::link("my-view", Batch::segments([("test", "beta")])),
            LinkChange::link("other", Batch::flags(["x1", "x2", "x3", "x4", "x5"])),
        ];
        project.change_links(parts).unwrap();
        project.put_resources([NewResource::flag("x1")]).unwrap().all_ok().unwrap();
        project.remove_resource(&Resource::flag("x1").unwrap()).unwrap();
        project.remove_environment(&"test".parse().unwrap()).unwrap();
        project.delete_view("other").unwrap();
        project.delete().unwrap();
    });
    stage
}

/// The revisions of the printed changes.
fn revisions(stage: &Stage, arguments: &[&str]) -> Vec<u64> {
    let ran = stage.run("log", &[arguments, &["--json"]].concat());
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    ran.json_lines().iter().map(|change| change["revision"].as_u64().unwrap()).collect()
}

#[test]
fn project_fields_and_a_registration_with_links_are_lines() {
    let stage = Stage::with_flags(["a"]);
    stage.change(|store| {
        let project = store.project("default").unwrap();
        let settings = ProjectSettings::new().name("Web \"shop\"").require_view_for_new_flags(true);
        project.put(settings).unwrap();
        project.put(ProjectSettings::new().require_view_for_new_segments(true)).unwrap();
        project.register([NewResource::flag("new")], ["my-view"]).unwrap().all_ok().unwrap();
    });
    let output = stage.run("log", &[]).out;
    for line in [
        r#"set the project: name "Web \"shop\""; new flags must be in a view"#,
        "set the project: no name; new segments must be in a view",
        "registered 1 resource: new | my-view: linked 1 flag: new",
    ] {
        assert!(output.contains(line), "{line}: {output}");
    }
    assert_eq!(revisions(&stage, &["--view", "my-view"]).last(), Some(&5));
}

#[test]
fn every_kind_of_change_is_a_line() {
    let ran = stage().run("log", &[]);
    let summary = "11 changes; the journal keeps revisions 1 to 11\n";
    assert_eq!((ran.code, ran.err.as_str()), (0, summary), "{ran:?}");
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(lines.len(), 12, "{}", ran.out);
    assert!(lines[0].starts_with("REVISION  TIME"), "{}", lines[0]);
    for (line, output) in [
        (1, "created view my-view"),
        (2, "my-view: linked 2 flags: a, b"),
        (3, "updated view my-view"),
        (4, "created view other"),
        (5, "my-view: unlinked 1 flag: a (reverts 2)"),
        (
            6,
            "my-view: linked 1 segment: test/beta | other: linked 5 flags: x1, x2, x3, x4, and 1 more",
        ),
        (7, "registered 1 resource: x1"),
        (8, "removed flag x1 from 1 view"),
        (9, "removed environment test: 1 segment, 1 link"),
        (10, "deleted view other with 4 flags"),
        (11, "deleted the project: 1 view with 1 flag"),
    ] {
        assert!(lines[line].contains(output), "{output:?}: {}", lines[line]);
    }
    assert!(
        lines[2].contains("  a test  ") && lines[2].ends_with("  to begin with"),
        "{}",
        lines[2]
    );
    assert!(lines[5].ends_with("retired\\n\\u{1b}[2J"), "{}", lines[5]);
}

#[test]
fn a_change_as_json_is_that_of_the_feed() {
    let stage = stage();
    let changes = stage.run("log", &["--json"]).json_lines();
    assert_eq!(changes.len(), 11);
    let unlinked = &changes[4];
    assert_eq!(
        (&unlinked["kind"], &unlinked["viewKey"]),
        (&"linksChanged".into(), &"my-view".into())
    );
    assert_eq!((&unlinked["actor"], &unlinked["reverts"]), (&"ops".into(), &2.into()));
    assert_eq!(unlinked["unlinked"][0]["resourceKey"], "a");
    assert_eq!(changes[5]["parts"][1]["linked"][4]["resourceKey"], "x5");
}

#[test]
fn a_part_of_the_log_can_be_selected() {
    let stage = stage();
    assert_eq!(revisions(&stage, &["--from", "9"]), [9, 10, 11]);
    assert_eq!(revisions(&stage, &["--from", "0", "--limit", "2"]), [1, 2]);
    assert_eq!(revisions(&stage, &["--last", "2"]), [10, 11]);
    assert_eq!(revisions(&stage, &["--last", "100"]).len(), 11);
    assert_eq!(revisions(&stage, &["--last", "0"]), [0; 0]);
    assert_eq!(revisions(&stage, &["--from", "12"]), [0; 0]);
    assert_eq!(revisions(&stage, &["--view", "OTHER"]), [4, 6, 10]);
    assert_eq!(revisions(&stage, &["--key", "a"]), [2, 5]);
    assert_eq!(revisions(&stage, &["--key", "x1"]), [6, 7, 8]);
    assert_eq!(revisions(&stage, &["--key", "test/beta"]), [6]);
    assert_eq!(revisions(&stage, &["--key", "beta"]), [6]);
    assert_eq!(revisions(&stage, &["--key", "prod/beta"]), [0; 0]);
    assert_eq!(revisions(&stage, &["--actor", "a test"]), [2]);
    assert_eq!(revisions(&stage, &["--actor", "ops", "--view", "my-view", "--limit", "1"]), [3]);
    assert_eq!(revisions(&stage, &["--project", "p"]), [0; 0]);
    // An empty list says which revisions it covers.
    let ran = stage.run("log", &["--key", "none"]);
    let summary = "0 changes; the journal keeps revisions 1 to 11\n";
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("", summary));
    // The requested key is visible, however many other keys there are.
    let line = stage.run("log", &["--key", "x5"]).out;
    assert!(line.contains("linked 5 flags: x5, x1, x2, x3, and 1 more"), "{line}");
}

#[test]
fn a_log_of_many_changes_is_whole() {
    let stage = Stage::with_flags(["a"]);
    stage.change(|store| {
        let project = store.project("default").unwrap();
        for n in 0..600 {
            project.link("my-view", Batch::flags([format!("f{n}")])).unwrap().all_ok().unwrap();
        }
    });
    let out = stage.run("log", &[]).out;
    let output: Vec<u64> =
        out.lines().skip(1).map(|line| line.split(' ').next().unwrap().parse().unwrap()).collect();
    assert_eq!(output, (1..=602).collect::<Vec<_>>());
}

#[test]
fn trimmed_revisions_are_named_and_the_rest_of_the_log_is_shown() {
    let stage = Stage::empty();
    let options = Options::new().keep_changes(Some(10)).segment_size(4_096);
    let store = options.open(stage.store()).unwrap();
    let project = store.project("p").unwrap();
    project.create_view(NewView::new("v", "V")).unwrap();
    for n in 0..200 {
        project.link("v", Batch::flags([format!("f{n}")])).unwrap().all_ok().unwrap();
    }
    store.close().unwrap();
    let kept = revisions(&stage, &[]);
    assert!(kept[0] > 1 && *kept.last().unwrap() == 201, "{kept:?}");
    let ran = stage.run("log", &["--from", "1", "--json"]);
    let error = ran.error();
    assert_eq!((ran.code, &error["code"]), (2, &"changes_gone".into()), "{ran:?}");
    let oldest = format!("the oldest it keeps is {}", kept[0]);
    assert!(error["message"].as_str().unwrap().contains(&oldest), "{ran:?}");
    assert!(error["message"].as_str().unwrap().contains("--from"), "{ran:?}");
    // Reading removes nothing from the journal.
    assert_eq!(revisions(&stage, &[]), kept);
    assert!(fs::read_dir(stage.store().join("journal")).unwrap().count() > 0);
}
