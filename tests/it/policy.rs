//! A store in which only registered resources may be linked.

use viewlink::{Batch, LinkPolicy, NewResource, Options, Store};

use crate::registry::put;
use crate::support::{
    assert_clean, assert_clean_and_replayed, create, flag, flags, outcomes, project,
};

#[test]
fn a_closed_store_links_only_registered_resources_and_unlinks_any() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    create(&project(&store), "v");
    project(&store).link("v", Batch::flags(["old", "older"])).unwrap().all_ok().unwrap();
    store.close().unwrap();

    let closed = Options::new().link_policy(LinkPolicy::Closed);
    let store = closed.open(dir.path()).unwrap();
    let project = project(&store);
    put(&project, [NewResource::flag("a"), NewResource::segment_with_id("e", "s", "1")]);
    let batch = Batch::flags(["a", "b", "/", "a", "b", "old"]);
    let report = project.link("v", batch).unwrap();
    let codes: Vec<_> = outcomes(&report).into_iter().map(|(_, code)| code).collect();
    // An unknown resource fails whatever its state is: `old` is linked.
    let expected =
        ["linked", "unknown_resource", "invalid_key", "repeated", "repeated", "unknown_resource"];
    assert_eq!(codes, expected);
    let segments = Batch::segments([("e", "s"), ("f", "s")]);
    let report = project.link("v", segments).unwrap();
    assert_eq!((report.success_count(), report.failure_count()), (1, 1));
    assert_eq!(flags(&store, "v"), ["old", "older", "a"]);
    let report = project.unlink("v", Batch::flags(["old", "b"])).unwrap();
    assert_eq!(outcomes(&report)[0].1, "unlinked");
    assert_eq!(outcomes(&report)[1].1, "not_linked");
    assert_clean_and_replayed(&store);
}

#[test]
fn a_closed_store_never_has_a_link_of_a_resource_removed_at_the_same_time() {
    let store = Options::new().link_policy(LinkPolicy::Closed).open_in_memory().unwrap();
    let project = project(&store);
    create(&project, "v");
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..150 {
                    put(&project, [NewResource::flag("a")]);
                    drop(project.link("v", Batch::flags(["a"])).unwrap());
                }
            });
        }
        scope.spawn(|| {
            for _ in 0..300 {
                let removed = project.remove_resource(&flag("a")).unwrap();
                let snapshot = store.snapshot().unwrap();
                let reader = snapshot.project("p").unwrap();
                let known = reader.resource(&flag("a")).unwrap().is_some();
                assert!(known || !reader.is_linked("v", &flag("a")).unwrap(), "{removed:?}");
            }
        });
    });
    assert_clean(&store);
}
