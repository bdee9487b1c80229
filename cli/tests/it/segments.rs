//! Segments, which are named by environment and key, or by id.

use viewlink::{Batch, NewResource};

use crate::support::Stage;

fn stage() -> Stage {
    let stage = Stage::with_flags([]);
    stage.change(|store| {
        let project = store.project("default").unwrap();
        let beta = NewResource::segment_with_id("production", "beta", "61f3b0c2");
        project.put_resources([beta]).unwrap().all_ok().unwrap();
        let batch = Batch::segments([("test", "all"), ("test", "beta")]);
        project.link("my-view", batch).unwrap().all_ok().unwrap();
    });
    stage
}

/// The segments of the view.
fn segments(stage: &Stage) -> String {
    stage.run("links", &["my-view", "--type", "segments", "--keys"]).out
}

#[test]
fn a_segment_is_named_with_its_environment_or_with_the_environment_option() {
    let stage = stage();
    let segments_of = ["my-view", "--type", "segments"];
    let link = |more: &[&str]| stage.run("link", &[&segments_of[..], more].concat());
    assert_eq!(link(&["production/a", "b", "--environment", "staging"]).code, 0);
    assert_eq!(segments(&stage), "production/a\nstaging/b\ntest/all\ntest/beta\n");

    let ran = link(&["c"]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("the environment id is invalid: the key is empty"), "{ran:?}");
}

#[test]
fn a_segment_is_named_by_its_id_with_an_option() {
    let stage = stage();
    let ids = ["my-view", "61f3b0c2", "unknown", "--type", "segments", "--by-id"];
    let ran = stage.run("link", &ids);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("unknown  unknown_resource"), "{ran:?}");
    assert_eq!(segments(&stage), "production/beta\ntest/all\ntest/beta\n");
}

#[test]
fn a_report_as_json_names_the_environment() {
    let arguments = ["my-view", "e/x", "--type", "segments", "--json"];
    let failed = &stage().run("unlink", &arguments).json()["failedResources"][0];
    assert_eq!((&failed["resourceKey"], &failed["environmentId"]), (&"x".into(), &"e".into()));
}

#[test]
fn a_filter_of_a_change_needs_an_environment_and_one_of_a_list_does_not() {
    let stage = stage();
    let unlink = ["my-view", "--type", "segments", "--filter", "query = beta"];
    let ran = stage.run("unlink", &unlink);
    assert!(ran.code == 2 && ran.err.contains("--environment"), "{ran:?}");
    let ran = stage.run("unlink", &[&unlink[..], &["--environment", "test"]].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(segments(&stage), "test/all\n");

    let list = ["my-view", "--type", "segments", "--keys"];
    let listed = |more: &[&str]| stage.run("links", &[&list[..], more].concat()).out;
    assert_eq!(listed(&["--environment", "test"]), "test/all\n");
    assert_eq!(listed(&["--environment", "production"]), "");
    assert_eq!(listed(&["--filter", "query = all"]), "test/all\n");
}

#[test]
fn the_views_of_a_segment_depend_on_its_environment() {
    let stage = stage();
    let views = |more: &[&str]| stage.run("views-of", &[&["--type", "segments"], more].concat());
    assert!(views(&["test/all"]).out.contains("my-view"));
    assert!(views(&["all", "--environment", "test"]).out.contains("my-view"));
    assert_eq!(views(&["production/all"]).out, "");
    let ran = views(&["all"]);
    assert!(ran.code == 2 && ran.err.contains("ENVIRONMENT/KEY"), "{ran:?}");
}
