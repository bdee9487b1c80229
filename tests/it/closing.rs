//! Closing: calls on handles and snapshots afterwards.

use viewlink::{
    Batch, Checkpoints, EnvironmentId, Error, Fault, NewView, Options, Project, ResourceType,
    Result, Snapshot, Store, ViewPatch,
};

use crate::support::{
    all, assert_clean, content_of, create, flag, flags, link, memory, project, replaying_nothing,
    revision, stop_writes, two_views,
};

/// The error that a call after the end must return.
fn assert_closed<T>(call: &str, result: Result<T>) {
    match result {
        Err(Error::Closed) => {}
        Err(other) => panic!("{call}: {other}"),
        Ok(_) => panic!("{call} succeeded"),
    }
}

fn assert_no_write_succeeds(project: &Project) {
    let environment = EnvironmentId::parse("env").unwrap();
    assert_closed("create", project.create_view(NewView::new("x", "")));
    assert_closed("ensure", project.ensure_view(NewView::new("v", "")));
    assert_closed("update", project.update_view("v", ViewPatch::new().name("n")));
    assert_closed("link", project.link("v", Batch::flags(["b"])));
    assert_closed("unlink", project.unlink("v", Batch::flags(["a"])));
    assert_closed("link nothing", project.link("v", Batch::flags([""; 0])));
    assert_closed("resource", project.remove_resource(&flag("a")));
    assert_closed("environment", project.remove_environment(&environment));
    assert_closed("delete view", project.delete_view("v"));
    assert_closed("delete", project.delete());
}

/// Ends the store, so that snapshots can no longer be read, in one of two ways.
fn end(store: &Store, recover: bool) {
    if recover {
        stop_writes(store);
        store.recover().unwrap();
    } else {
        store.clone().close().unwrap();
    }
}

fn assert_no_read_succeeds(snapshot: &Snapshot) {
    assert_closed("project", snapshot.project("p").map(drop));
    assert_closed("projects", snapshot.projects(all()));
}

#[test]
fn after_a_close_every_call_on_every_handle_fails() {
    let dir = tempfile::tempdir().unwrap();
    for store in [memory(), Store::open(dir.path()).unwrap()] {
        let project = project(&store);
        create(&project, "v");
        link(&project, "v", &["a"]);
        let other = store.clone();
        store.close().unwrap();
        assert_no_write_succeeds(&project);
        assert_no_write_succeeds(&other.project("p").unwrap());
        assert_closed("snapshot", other.snapshot());
        assert_closed("checkpoint", other.checkpoint());
        assert_closed("recover", other.recover());
        assert_closed("verify", other.verify());
        assert_closed("close", other.clone().close());
        assert_closed("close", other.close());
    }
    let store = Store::open(dir.path()).unwrap();
    assert_eq!((revision(&store), flags(&store, "v").len()), (2, 1));
}

#[test]
fn a_snapshot_that_was_not_read_before_a_close_fails_after_it() {
    let dir = tempfile::tempdir().unwrap();
    for store in [memory(), Store::open(dir.path()).unwrap()] {
        create(&project(&store), "v");
        let snapshot = store.snapshot().unwrap();
        store.close().unwrap();
        assert_no_read_succeeds(&snapshot);
        assert_eq!(snapshot.revision(), 1);
    }
}

#[test]
fn a_snapshot_that_was_read_before_a_close_or_recovery_fails_after_it() {
    for recover in [false, true] {
        let (store, project) = two_views();
        link(&project, "v", &["a"]);
        let snapshot = store.snapshot().unwrap();
        let reader = snapshot.project("p").unwrap();
        let read = || {
            [
                ("project", snapshot.project("p").map(drop)),
                ("projects", snapshot.projects(all()).map(drop)),
                ("view", reader.view("v").map(drop)),
                ("views", reader.views(all()).map(drop)),
                ("is linked", reader.is_linked("v", &flag("a")).map(drop)),
                ("links", reader.linked_resources("v", ResourceType::Flag, all()).map(drop)),
                ("views of", reader.linked_views(&flag("a"), all()).map(drop)),
                ("changes", snapshot.changes(1).map(drop)),
                ("no changes", snapshot.changes(99).map(drop)),
            ]
        };
        assert!(read().iter().all(|(_, result)| result.is_ok()));
        end(&store, recover);
        for (call, result) in read() {
            assert_closed(call, result);
        }
    }
}

#[test]
fn a_feed_ends_with_a_close_and_with_a_recovery() {
    for recover in [false, true] {
        let (store, project) = two_views();
        link(&project, "v", &["a"]);
        let snapshot = store.snapshot().unwrap();
        let mut begun = snapshot.changes(1).unwrap();
        assert!(begun.next().is_some_and(|change| change.is_ok()));
        end(&store, recover);
        let again = snapshot.changes(1).and_then(Iterator::collect::<Result<Vec<_>>>);
        assert_closed("changes", again);
    }
}

#[test]
fn closing_writes_a_checkpoint() {
    let dir = tempfile::tempdir().unwrap();
    let options = || Options::new().checkpoints(Checkpoints::ByHand);
    let store = options().open(dir.path()).unwrap();
    create(&project(&store), "v");
    link(&project(&store), "v", &["a"]);
    let before = content_of(&store);
    store.close().unwrap();
    let store = replaying_nothing(options()).open(dir.path()).unwrap();
    assert_eq!(content_of(&store), before);
}

#[test]
fn closing_with_open_snapshots_and_handles_releases_the_store() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let project = project(&store);
    create(&project, "v");
    let (snapshot, clone) = (store.snapshot().unwrap(), store.clone());
    store.close().unwrap();
    let again = Store::open(dir.path()).unwrap();
    create(&crate::support::project(&again), "w");
    assert_no_read_succeeds(&snapshot);
    assert_no_write_succeeds(&project);
    drop((snapshot, clone, project));
    assert!(matches!(Store::open(dir.path()), Err(Error::AlreadyOpen { .. })));
    assert_clean(&again);
    assert_eq!(revision(&again), 2);
}

#[test]
fn a_close_after_a_failure_reports_unfinished_work_and_still_closes() {
    for fault in [Fault::Unknown, Fault::Committed] {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        create(&project(&store), "v");
        link(&project(&store), "v", &["a"]);
        store.fail_next_change(fault);
        project(&store).link("v", Batch::flags(["b"])).unwrap_err();
        let other = store.clone();
        let error = store.close().unwrap_err();
        assert!(matches!(error, Error::WritesStopped { .. }), "{error}");
        assert_closed("snapshot", other.snapshot());
        assert_closed("close", other.close());
        let store = Store::open(dir.path()).unwrap();
        let there = flags(&store, "v");
        let expected: &[&str] = if fault == Fault::Committed { &["a", "b"] } else { &["a"] };
        assert_eq!(there, expected, "{fault:?}");
        assert_clean(&store);
    }
}
