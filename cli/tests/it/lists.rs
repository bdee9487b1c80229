//! Lists: views, links, and the views of a resource.

use viewlink::{Batch, Maintainer, NewResource, NewView, ProjectSettings};

use crate::support::Stage;

/// A store with `many` views. Each has a flag `shared`, and the first view has `many` other flags.
fn many(many: usize) -> Stage {
    let stage = Stage::empty();
    stage.change(|store| {
        let project = store.project("default").unwrap();
        for n in 0..many {
            project.create_view(NewView::new(format!("view-{n:04}"), "A view")).unwrap();
            let batch = Batch::flags(["shared"]);
            project.link(&format!("view-{n:04}"), batch).unwrap().all_ok().unwrap();
        }
        let flags = (0..many).map(|n| format!("flag-{n:04}"));
        project.link("view-0000", Batch::flags(flags)).unwrap().all_ok().unwrap();
    });
    stage
}

#[test]
fn views_are_a_table_with_the_links_of_each() {
    let stage = Stage::with_flags(["a", "b"]);
    stage.change(|store| {
        let view = NewView::new("wide", "日本\u{1b}[2J").tags(["web", "beta"]);
        store.project("default").unwrap().create_view(view).unwrap();
    });
    let ran = stage.run("views", &[]);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!((ran.code, lines.len(), ran.err.as_str()), (0, 3, "2 of 2 views\n"));
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(lines[0])[..3], ["KEY", "FLAGS", "SEGMENTS"]);
    assert_eq!(words(lines[1])[..6], ["my-view", "2", "0", "0", "0", "1"]);
    // A name cannot affect the terminal.
    assert!(lines[2].ends_with("日本\\u{1b}[2J  beta,web"), "{ran:?}");
    assert_eq!(lines[0].find("FLAGS"), lines[1].find('2'), "{ran:?}");
}

#[test]
fn views_as_json_are_those_of_the_rest_api_one_per_line() {
    let stage = Stage::with_flags(["a", "b"]);
    stage.change(|store| {
        let view = NewView::new("owned", "Owned").maintainer(Maintainer::Team("web".into()));
        store.project("default").unwrap().create_view(view).unwrap();
    });
    let ran = stage.run("views", &["--json"]);
    let views = ran.json_lines();
    assert_eq!((ran.code, views.len(), ran.err.as_str()), (0, 2, ""));
    assert_eq!(views[0]["key"], "my-view");
    assert_eq!(views[0]["flagsSummary"]["count"], 2);
    assert_eq!(views[0]["resourceSummary"]["totalCount"], 2);
    assert_eq!(views[1]["maintainer"]["id"], "web");
    assert_eq!(views[1]["_links"]["self"]["href"], "/api/v2/projects/default/views/owned");
}

#[test]
fn views_are_filtered_and_sorted() {
    let stage = Stage::with_flags([]);
    stage.change(|store| {
        let project = store.project("default").unwrap();
        project.create_view(NewView::new("a", "Zebra").tags(["web"])).unwrap();
        project.create_view(NewView::new("b", "Ant").tags(["web"])).unwrap();
    });
    let keys = |arguments: &[&str]| {
        let ran = stage.run("views", &[arguments, &["--json"]].concat());
        ran.json_lines()
            .iter()
            .map(|view| view["key"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(keys(&["--sort", "name"]), ["b", "my-view", "a"]);
    assert_eq!(keys(&["--sort", "updatedAt"]), ["my-view", "a", "b"]);
    assert_eq!(keys(&["--filter", "tag = web"]), ["a", "b"]);
    assert_eq!(keys(&["--filter", "tag = web", "--sort", "name", "--limit", "1"]), ["b"]);
    let ran = stage.run("views", &["--filter", "tag ="]);
    assert!(ran.code == 2 && ran.err.contains("\"tag =\" is invalid: at byte"), "{ran:?}");
}

#[test]
fn a_table_ends_after_100_rows_with_a_note_and_json_has_all() {
    let stage = many(150);
    for arguments in [&["views"][..], &["links", "view-0000"], &["views-of", "shared"]] {
        let total = if arguments[0] == "links" { 151 } else { 150 };
        let rows = |more: &[&str]| {
            let ran = stage.run(arguments[0], &[&arguments[1..], more].concat());
            assert_eq!(ran.code, 0, "{arguments:?}: {ran:?}");
            (ran.out.lines().count(), ran.err)
        };
        let (lines, summary) = rows(&[]);
        assert_eq!(lines, 101, "{arguments:?}");
        assert!(summary.starts_with(&format!("100 of {total} ")), "{arguments:?}: {summary}");
        assert!(summary.contains("--all"), "{arguments:?}: {summary}");
        assert_eq!(rows(&["--all"]).0, total + 1, "{arguments:?}");
        assert_eq!(rows(&["--limit", "120"]).0, 121, "{arguments:?}");
        assert_eq!(rows(&["--limit", "0"]).0, 0, "{arguments:?}");
        assert_eq!(rows(&["--json"]), (total, String::new()), "{arguments:?}");
        assert_eq!(rows(&["--json", "--limit", "7"]).0, 7, "{arguments:?}");
    }
}

#[test]
fn a_list_of_many_pages_has_every_row_once_and_in_order() {
    let stage = Stage::with_flags([]);
    let flags: Vec<String> = (0..2_500).map(|n| format!("flag-{n:05}")).collect();
    stage.change(|store| {
        let batch = Batch::flags(flags.iter().rev().cloned());
        store.project("default").unwrap().link("my-view", batch).unwrap().all_ok().unwrap();
    });
    let keys = |arguments: &[&str]| {
        let ran = stage.run("links", &[&["my-view", "--keys"], arguments].concat());
        ran.out.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(keys(&[]), flags);
    let linked: Vec<String> = flags.iter().rev().cloned().collect();
    assert_eq!(keys(&["--sort", "linkedAt"]), linked);
    assert_eq!(keys(&["--limit", "1001"]), flags[..1_001]);
}

#[test]
fn links_show_their_time_and_revision() {
    let stage = Stage::with_flags(["b", "a"]);
    let ran = stage.run("links", &["my-view"]);
    let rows: Vec<Vec<&str>> =
        ran.out.lines().map(|row| row.split_whitespace().collect()).collect();
    assert_eq!((ran.code, ran.err.as_str()), (0, "2 of 2 flags\n"));
    let ran = Stage::with_flags(["a"]).run("links", &["my-view"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, "1 of 1 flag\n"));
    assert_eq!((rows[1][0], rows[1][2], rows[2][0]), ("a", "2", "b"));
    assert!(rows[1][1].ends_with('Z') && rows[1][1].starts_with("20"), "{ran:?}");

    let lines = stage.run("links", &["my-view", "--json"]).json_lines();
    assert_eq!(
        (&lines[0]["resourceKey"], &lines[0]["resourceType"]),
        (&"a".into(), &"flag".into())
    );
    assert!(lines[0]["linkedAt"].is_u64());
    assert_eq!(lines[0]["_links"]["self"]["href"], "/api/v2/flags/default/a");
}

#[test]
fn a_missing_view_is_2_and_an_unlinked_resource_is_in_no_view() {
    let stage = Stage::with_flags(["a"]);
    for (arguments, code) in [
        (&["views", "--project", "other"][..], "unknown_project"),
        (&["links", "other"], "unknown_view"),
        (&["views-of", "a", "--project", "other"], "unknown_project"),
        (&["views-of", "not a key"], "invalid_key"),
    ] {
        let ran = stage.run(arguments[0], &[&arguments[1..], &["--json"]].concat());
        assert_eq!((ran.code, &ran.error()["code"]), (2, &code.into()), "{arguments:?}: {ran:?}");
    }
    let ran = stage.run("views-of", &["never-linked"]);
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "", "0 of 0 views\n"));
}

#[test]
fn projects_are_listed() {
    let stage = Stage::with_flags(["a"]);
    stage.change(|store| {
        let other = store.project("other").unwrap();
        other.put_resources([NewResource::metric("m")]).unwrap().all_ok().unwrap();
        other.put(ProjectSettings::new().name("Other")).unwrap();
    });
    let ran = stage.run("projects", &[]);
    let rows: Vec<Vec<&str>> =
        ran.out.lines().map(|row| row.split_whitespace().collect()).collect();
    assert_eq!((ran.code, ran.err.as_str()), (0, "2 of 2 projects\n"));
    assert_eq!(rows[1], ["default", "1", "0", "0", "0", "0"]);
    assert_eq!(rows[2], ["other", "0", "0", "0", "0", "1"]);
    let projects = stage.run("projects", &["--json"]).json_lines();
    assert_eq!((&projects[1]["key"], &projects[1]["viewCount"]), (&"other".into(), &0.into()));
    assert_eq!(projects[1]["resources"]["metrics"], 1);
    assert_eq!((&projects[0]["name"], &projects[1]["name"]), (&"".into(), &"Other".into()));
    assert_eq!(projects[1]["requireViewForNewFlags"], false);
}
