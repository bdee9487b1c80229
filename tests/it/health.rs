//! The health of a store while it is used.

use viewlink::{Batch, Fault, Health, NewView};

use crate::support::{create, memory, project};

#[test]
fn health_follows_a_failure_a_recovery_and_the_closing() {
    let store = memory();
    let project = project(&store);
    assert_eq!(store.health(), Health::Writable);

    store.fail_next_change(Fault::NotApplied);
    project.create_view(NewView::new("v", "V")).unwrap_err();
    assert_eq!(store.health(), Health::Writable, "a full disk does not stop the store");

    store.fail_next_change(Fault::Unknown);
    project.create_view(NewView::new("v", "V")).unwrap_err();
    match store.health() {
        Health::WritesStopped { reason } => assert!(reason.contains("asked for"), "{reason}"),
        other => panic!("{other:?}"),
    }
    store.recover().unwrap();
    assert_eq!(store.health(), Health::Writable);
    project.ensure_view(NewView::new("v", "V")).unwrap();

    let other = store.clone();
    store.close().unwrap();
    assert_eq!(other.health(), Health::Closed);
}

#[test]
fn group_sizes_count_only_durable_changes() {
    let store = memory();
    let project = project(&store);
    create(&project, "v");
    project.link("v", Batch::flags(["a"])).unwrap().all_ok().unwrap();
    // This changes nothing.
    project.link("v", Batch::flags(["a"])).unwrap().all_ok().unwrap();
    store.fail_next_change(Fault::NotApplied);
    project.link("v", Batch::flags(["b"])).unwrap_err();
    store.fail_next_change(Fault::Committed);
    project.link("v", Batch::flags(["b"])).unwrap_err();
    store.recover().unwrap();
    let sizes = store.stats().groups;
    assert_eq!((sizes.groups(), sizes.changes()), (3, 3), "the last one is durable");
    project.link("v", Batch::flags(["c"])).unwrap().all_ok().unwrap();
    assert_eq!(store.stats().groups.changes(), 4, "counting continues after a recovery");
}
