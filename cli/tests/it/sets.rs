//! Questions about several views, and changes of two views.

use viewlink::{Batch, NewResource, NewView};

use crate::support::Stage;

/// Views `web` with a, b, c, and `shop` with b, c, d; d and e are registered.
fn stage() -> Stage {
    let stage = Stage::empty();
    stage.change(|store| {
        let project = store.project("default").unwrap();
        project.create_view(NewView::new("web", "Web").tags(["t"])).unwrap();
        project.create_view(NewView::new("shop", "Shop")).unwrap();
        project.link("web", Batch::flags(["a", "b", "c"])).unwrap().all_ok().unwrap();
        project.link("shop", Batch::flags(["b", "c", "d"])).unwrap().all_ok().unwrap();
        project.link("shop", Batch::metrics(["m"])).unwrap().all_ok().unwrap();
        project.put_resources(["d", "e"].map(NewResource::flag)).unwrap().all_ok().unwrap();
    });
    stage
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().collect()
}

#[test]
fn resources_are_found_by_the_views_they_are_in() {
    let stage = stage();
    for (arguments, expected) in [
        (&["--in", "web,shop"][..], "b c"),
        (&["--in", "web", "--not-in", "shop"], "a"),
        (&["--in-any", "web,shop"], "a b c d"),
        (&["--exactly", "web"], "a"),
        (&["--in-no-view"], "e"),
        (&["--not-in", "web"], "d e"),
        (&["--in", "shop", "--filter", "key:d"], "d"),
        (&["--in", "shop", "--type", "metrics"], "m"),
    ] {
        let ran = stage.run("find", arguments);
        assert_eq!((ran.code, lines(&ran.out).join(" ").as_str()), (0, expected), "{ran:?}");
    }
    let counted = stage.run("find", &["--in", "web", "--limit", "0"]);
    assert_eq!(
        (counted.out.as_str(), counted.err.as_str()),
        ("", "0 of 3 flags; --all prints all\n")
    );
    let json = stage.run("find", &["--exactly", "web", "--json"]);
    assert_eq!(json.json()["resourceKey"], "a");
    for arguments in [&[][..], &["--in-no-view", "--in", "web"], &["--in", "never"]] {
        assert_eq!(stage.run("find", arguments).code, 2, "{arguments:?}");
    }
}

#[test]
fn views_are_listed_by_several_resources() {
    let stage = stage();
    let keys = |arguments: &[&str]| {
        let ran = stage.run("views-of", &[arguments, &["--json"]].concat());
        let views = ran.json_lines();
        views.iter().map(|view| view["key"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(keys(&["b", "c"]), ["shop", "web"]);
    assert_eq!(keys(&["b", "d"]), ["shop"]);
    assert_eq!(keys(&["a", "d", "--any"]), ["shop", "web"]);
    assert_eq!(keys(&["a", "never"]), [""; 0]);
}

#[test]
fn views_are_compared() {
    let stage = stage();
    let ran = stage.run("compare", &["web", "shop"]);
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(lines(&ran.out)[1]), ["flags", "3", "3", "2"], "{ran:?}");
    assert_eq!(ran.err, "web and shop: 2 of 5 in both, Jaccard index 0.400\n");
    let json = stage.run("compare", &["web", "shop", "--json"]).json();
    assert_eq!((&json["both"]["flags"], &json["jaccard"]), (&2.into(), &0.4.into()));
    let near = stage.run("compare", &["web", "--near", "0.4"]);
    assert_eq!(words(lines(&near.out)[1]), ["shop", "4", "2", "0.400"], "{near:?}");
    assert_eq!(stage.run("compare", &["web", "--near", "0.41"]).out, "");
    for arguments in [&["web"][..], &["web", "--near", "2"], &["web", "never"]] {
        assert_eq!(stage.run("compare", arguments).code, 2, "{arguments:?}");
    }
}

#[test]
fn links_are_moved_and_each_failure_is_reported() {
    let stage = stage();
    let dry = stage.run("move", &["web", "--to", "shop", "a", "b", "x", "--dry-run"]);
    assert!(dry.err.contains("a dry run changes nothing"), "{dry:?}");
    let ran = stage.run("move", &["web", "--to", "shop", "a", "b", "x"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains("not_linked"), "{ran:?}");
    assert!(ran.err.starts_with("web: 1 moved, 1 already linked there, 1 failed; "), "{ran:?}");
    let rest = stage.run("move", &["shop", "--to", "web", "--all"]);
    assert_eq!(rest.code, 0, "{rest:?}");
    assert_eq!(lines(&stage.run("find", &["--in", "web"]).out), ["a", "b", "c", "d"]);
    assert_eq!(stage.run("find", &["--in", "shop"]).out, "");
    let both = stage.run("move", &["web", "--to", "shop", "--all", "a"]);
    assert!(both.code == 2 && both.err.contains("--all"), "{both:?}");
}

#[test]
fn views_are_renamed_and_copied() {
    let stage = stage();
    let ran = stage.run("rename", &["web", "web-2", "--comment", "better"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.starts_with("web: is now web-2; revision "), "{ran:?}");
    let ran = stage.run("copy", &["web-2", "web-3", "--name", "Third", "--json"]);
    let copy = ran.json();
    assert_eq!((&copy["key"], &copy["name"]), (&"web-3".into(), &"Third".into()));
    assert_eq!((&copy["tags"][0], &copy["flagsSummary"]["count"]), (&"t".into(), &3.into()));
    assert!(ran.err.starts_with("web-3: 3 links of web-2; revision "), "{ran:?}");
    let taken = stage.run("rename", &["web-2", "shop"]);
    assert!(taken.code == 2 && taken.err.contains("shop"), "{taken:?}");
    let log = stage.run("log", &["--view", "web-2"]);
    assert!(log.out.contains("renamed view web to web-2"), "{log:?}");
    assert!(stage.run("copy", &["web-2", "web-4", "--dry-run"]).err.contains("dry run"));
    let many = stage.run("copy", &["web-2", "web-4", "--batch-limit", "1"]);
    assert!(many.code == 2 && many.err.contains("raise --batch-limit"), "{many:?}");
    assert_eq!(stage.run("views", &["--json"]).json_lines().len(), 3);
}
