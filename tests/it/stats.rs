//! Figures of a store.

use std::time::Duration;

use viewlink::{Batch, Error, Fault, Options};

use crate::support::{Ages, create, flag, link, memory, project, stop_writes, two_views};

#[test]
fn an_empty_store_has_no_figures() {
    let stats = memory().stats();
    assert_eq!((stats.revision, stats.snapshots, stats.waiting_backlinks), (0, 0, 0));
    assert_eq!((stats.groups.groups(), stats.groups.changes()), (0, 0));
    assert_eq!((stats.oldest_snapshot, stats.oldest_snapshot_revision), (None, None));
    assert_eq!((stats.rows_since_checkpoint, stats.bytes_since_checkpoint), (0, 0));
    assert_eq!(stats.checkpoints, 0);
}

#[test]
fn what_waits_is_counted_until_a_checkpoint() {
    let (store, project) = two_views();
    link(&project, "v", &["a", "b", "c"]);
    project.unlink("v", Batch::flags(["a"])).unwrap().all_ok().unwrap();
    let before = store.stats();
    assert_eq!((before.revision, before.waiting_backlinks), (4, 3));
    assert!(before.rows_since_checkpoint >= 4, "{before:?}");
    assert!(before.bytes_since_checkpoint > 100, "{before:?}");
    store.checkpoint().unwrap();
    let after = store.stats();
    assert_eq!((after.revision, after.waiting_backlinks), (4, 0));
    assert_eq!((after.rows_since_checkpoint, after.bytes_since_checkpoint), (0, 0));
    assert_eq!((before.checkpoints, after.checkpoints), (0, 1));
    // There is nothing to bring to disk.
    store.checkpoint().unwrap();
    assert_eq!(store.stats(), after);
}

/// Rows are what a checkpoint is due by, so each that is written counts once: the head, a view, a
/// block of links, a block of posting lists.
#[test]
fn each_row_that_is_written_is_counted() {
    let store = Options::new().tail(0, 1).open_in_memory().unwrap();
    let project = project(&store);
    create(&project, "v");
    let rows = |act: &dyn Fn()| {
        let before = store.stats().rows_since_checkpoint;
        act();
        store.stats().rows_since_checkpoint - before
    };
    assert_eq!(rows(&|| link(&project, "v", &["a", "b", "c"])), 4);
    let unlink = || {
        project.unlink("v", Batch::flags(["a"])).unwrap().all_ok().unwrap();
    };
    assert_eq!(rows(&unlink), 4);
    let remove = || {
        project.remove_resource(&flag("b")).unwrap();
    };
    assert_eq!(rows(&remove), 4);
    // The fold that a checkpoint makes before it is a transaction of its own.
    let store = Options::new().open_in_memory().unwrap();
    let project = crate::support::project(&store);
    create(&project, "v");
    store.checkpoint().unwrap();
    link(&project, "v", &["a", "b", "c"]);
    assert_eq!(store.stats().rows_since_checkpoint, 3, "the lists wait");
}

#[test]
fn the_oldest_living_snapshot_is_told_with_its_age() {
    let ages = Ages::default();
    let store = ages.options().open_in_memory().unwrap();
    create(&project(&store), "v");
    let first = store.snapshot().unwrap();
    ages.pass(5);
    create(&project(&store), "w");
    let second = store.snapshot().unwrap();
    ages.pass(2);
    let oldest = |snapshots, seconds, revision| {
        let stats = store.stats();
        assert_eq!(stats.snapshots, snapshots);
        assert_eq!(stats.oldest_snapshot, Some(Duration::from_secs(seconds)));
        assert_eq!(stats.oldest_snapshot_revision, Some(revision));
    };
    oldest(2, 7, 1);
    drop(first);
    oldest(1, 2, 2);
    // A feed of changes holds none.
    let changes = second.changes(1).unwrap();
    drop(second);
    assert_eq!((store.stats().snapshots, store.stats().oldest_snapshot), (0, None));
    assert_eq!(changes.count(), 2);
}

#[test]
fn snapshots_taken_at_one_moment_are_counted_each() {
    let ages = Ages::default();
    let store = ages.options().open_in_memory().unwrap();
    let mut held: Vec<_> = (0..5).map(|_| store.snapshot().unwrap()).collect();
    assert_eq!(store.stats().snapshots, 5);
    held.swap_remove(0);
    assert_eq!(store.stats().snapshots, 4);
}

#[test]
fn figures_outlive_a_failure_a_recovery_and_the_closing() {
    let (store, project) = two_views();
    store.checkpoint().unwrap();
    store.fail_next_change(Fault::Committed);
    project.link("v", Batch::flags(["a"])).unwrap_err();
    // Committed, and not shown yet.
    assert_eq!(store.stats().revision, 2);
    store.recover().unwrap();
    let stats = store.stats();
    assert_eq!((stats.revision, stats.waiting_backlinks), (3, 1));
    assert_eq!(stats.checkpoints, 2, "that of the recovery is one");
    let other = store.clone();
    store.close().unwrap();
    assert_eq!((other.stats().revision, other.stats().waiting_backlinks), (3, 0));
}

/// Their database is gone, and nothing that is there now is kept for them.
#[test]
fn snapshots_from_before_a_recovery_or_the_closing_do_not_count() {
    let (store, _) = two_views();
    let old = store.snapshot().unwrap();
    stop_writes(&store);
    assert_eq!(store.stats().snapshots, 1, "it can be read from still");
    store.recover().unwrap();
    let stats = store.stats();
    assert_eq!((stats.snapshots, stats.oldest_snapshot), (0, None));
    assert_eq!(stats.oldest_snapshot_revision, None);
    assert!(matches!(old.project("p"), Err(Error::Closed)));
    let _new = store.snapshot().unwrap();
    drop(old);
    assert_eq!(store.stats().snapshots, 1);
    let other = store.clone();
    store.close().unwrap();
    assert_eq!((other.stats().snapshots, other.stats().oldest_snapshot), (0, None));
}

#[test]
fn an_opened_store_tells_what_it_found() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options::new().tail(1_000, 10);
    let store = options.clone().open(dir.path()).unwrap();
    create(&project(&store), "v");
    link(&project(&store), "v", &["a", "b"]);
    let killed = tempfile::tempdir().unwrap();
    crate::support::copy(dir.path(), killed.path());
    let opened = options.open(killed.path()).unwrap();
    let stats = opened.stats();
    assert_eq!((stats.revision, stats.waiting_backlinks, stats.checkpoints), (2, 2, 1));
}
