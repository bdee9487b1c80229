//! Following a filter, and ending that.

use serde_json::json;
use viewlink::{NewResource, Store};

use crate::support::Stage;

/// A view `my-view` with the flag `a`, and registered flags `b` and `c` with a tag.
fn registered() -> Stage {
    let stage = Stage::with_flags(["a"]);
    stage.change(|store: &Store| {
        let flags = ["b", "c"].map(|key| NewResource::flag(key).tags(["beta"]));
        let project = store.project("default").unwrap();
        project.put_resources(flags).unwrap().all_ok().unwrap();
    });
    stage
}

#[test]
fn a_filter_is_followed_shown_and_ended() {
    let stage = registered();
    let ran = stage.run("follow", &["my-view", "tags:beta", "--dry-run"]);
    let summary = "my-view: 2 linked, 0 unlinked, 0 failed; a dry run changes nothing\n";
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "", summary));
    let ran = stage.run("follow", &["my-view", "tags:beta", "--json"]);
    let expected = json!({"successCount": 2, "failureCount": 0, "failedResources": [],
        "linkedCount": 2, "unchangedCount": 0, "unlinkedResources": [], "revision": 4});
    assert_eq!((ran.code, ran.json(), ran.err.as_str()), (0, expected, ""));

    let views = stage.run("views", &["--json"]).json();
    let follows = json!([{"resourceType": "flag", "filter": "tags contains [\"beta\"]"}]);
    assert_eq!(views["_follows"], follows);
    let ran = stage.run("unlink", &["my-view", "b"]);
    assert!(ran.code == 1 && ran.out.contains("held_by_filter"), "{ran:?}");
    let log = stage.run("log", &["--view", "my-view", "--last", "1"]).out;
    assert!(log.contains("my-view: follows flags with tags contains [\"beta\"]"), "{log}");
    assert!(log.contains("linked 2 flags: b, c (by its filter)"), "{log}");

    let ran = stage.run("unfollow", &["my-view", "--links", "remove", "--keep-last-view"]);
    assert_eq!(ran.err, "my-view: 0 linked, 0 unlinked, 2 failed; revision 5\n");
    assert!(ran.code == 1 && ran.out.contains("last_view"), "{ran:?}");
    let ran = stage.run("unfollow", &["my-view"]);
    assert_eq!(ran.err, "my-view: 0 linked, 0 unlinked, 0 failed; nothing changed\n");
}

#[test]
fn a_filter_that_cannot_be_followed_is_refused_with_the_reason() {
    let stage = registered();
    let ran = stage.run("follow", &["my-view", "view:my-view"]);
    assert!(ran.code == 2 && ran.err.contains("depends on my-view"), "{ran:?}");
    let ran = stage.run("follow", &["my-view", "unbounded:true", "--type", "segments"]);
    assert!(ran.code == 2 && ran.err.contains("add --environment"), "{ran:?}");
    let ran = stage.run("follow", &["my-view", "tags:"]);
    assert!(ran.code == 2 && ran.err.contains("filter"), "{ran:?}");
}
