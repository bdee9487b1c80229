//! Figures of a store.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use viewlink::{Batch, Error, FailureCode, Fault, LinkChange, NewResource, Options, Timestamp};

use crate::support::{Ages, create, flag, link, memory, project, segments, stop_writes, two_views};

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

#[test]
fn keys_are_counted_by_what_became_of_them_over_all_batches() {
    let (store, project) = two_views();
    let _ = project.put_resources([NewResource::flag("a"), NewResource::flag("a")]).unwrap();
    assert_eq!(store.stats().keys.total(), 0, "those of a registration are not of links");
    let _ = project.link("v", Batch::flags(["a", "b", "c", "a", "?"])).unwrap();
    let _ = project.link("v", Batch::flags(["a"]).failures_only()).unwrap();
    let _ = project.unlink("v", Batch::flags(["c", "x"])).unwrap();
    let _ = project.unlink("v", Batch::flags(["y"]).ignore_missing()).unwrap();
    // `b` stays in its last view.
    let _ = project.replace("v", Batch::flags(["a", "d"]).keep_last_view()).unwrap();
    let _ = project
        .change_links([
            LinkChange::link("w", Batch::flags(["a"]).refuse_existing()),
            LinkChange::link("v", Batch::flags(["a"]).refuse_existing()),
            LinkChange::link("w", Batch::segment_ids(["none"])),
        ])
        .unwrap();
    let keys = store.stats().keys;
    let done = [keys.linked(), keys.already_linked(), keys.unlinked(), keys.not_linked()];
    assert_eq!(done, [5, 2, 1, 1], "{keys:?}");
    let failures: Vec<_> = keys.failures().collect();
    let one_each = [
        (FailureCode::InvalidKey, 1),
        (FailureCode::Repeated, 1),
        (FailureCode::UnknownResource, 1),
        (FailureCode::NotLinked, 1),
        (FailureCode::AlreadyLinked, 1),
        (FailureCode::LastView, 1),
    ];
    assert_eq!(failures, one_each);
    assert_eq!((keys.failed(), keys.total()), (6, 15));
}

#[test]
fn keys_of_dry_runs_and_of_calls_that_failed_are_not_counted() {
    let (store, project) = two_views();
    let _ = project.dry_run().link("v", Batch::flags(["a", "?"])).unwrap();
    project.link("none", Batch::flags(["a"])).unwrap_err();
    project.if_store_at(0).link("v", Batch::flags(["a"])).unwrap_err();
    for fault in [Fault::NotApplied, Fault::Panic, Fault::Committed] {
        store.fail_next_change(fault);
        project.link("v", Batch::flags(["a"])).unwrap_err();
    }
    assert_eq!(store.stats().keys.total(), 0);
    store.recover().unwrap();
    let _ = project.unlink("v", Batch::flags(["a"])).unwrap();
    assert_eq!((store.stats().keys.unlinked(), store.stats().keys.total()), (1, 1));
    stop_writes(&store);
    store.recover().unwrap();
    assert_eq!(store.stats().keys.total(), 1, "they outlive a recovery");
}

#[test]
fn the_last_and_the_longest_commit_and_checkpoint_are_told() {
    let (store, project) = two_views();
    let before = store.stats();
    assert!(before.last_commit > Some(Duration::ZERO), "{before:?}");
    assert!(before.longest_commit >= before.last_commit, "{before:?}");
    assert_eq!((before.last_checkpoint, before.longest_checkpoint), (None, None));
    // What changes nothing is no commit, and a dry run is none.
    let _ = project.unlink("v", Batch::flags(["a"])).unwrap();
    let _ = project.dry_run().link("v", Batch::flags(["a"])).unwrap();
    assert_eq!(store.stats().last_commit, before.last_commit);
    store.checkpoint().unwrap();
    let after = store.stats();
    assert!(after.last_checkpoint > Some(Duration::ZERO), "{after:?}");
    assert_eq!(after.longest_checkpoint, after.last_checkpoint);
    link(&project, "v", &["a"]);
    store.checkpoint().unwrap();
    assert!(store.stats().longest_checkpoint >= after.last_checkpoint);
    assert_eq!((after.checkpoint_revision, store.stats().checkpoint_revision), (2, 3));
    // That of a recovery is one, too.
    let (store, project) = two_views();
    store.fail_next_change(Fault::Committed);
    project.link("v", Batch::flags(["a"])).unwrap_err();
    let commit = store.stats().last_commit;
    store.recover().unwrap();
    assert!(store.stats().last_checkpoint.is_some());
    assert_eq!(store.stats().last_commit, commit, "readers saw none since");
}

#[test]
fn commits_are_slow_from_the_time_that_the_options_say() {
    for (limit, slow) in [(Duration::ZERO, 2), (Duration::from_secs(1), 0), (Duration::MAX, 0)] {
        let store = Options::new().slow_commit(limit).open_in_memory().unwrap();
        create(&project(&store), "v");
        link(&project(&store), "v", &["a"]);
        let _ = project(&store).unlink("v", Batch::flags(["b"])).unwrap();
        assert_eq!(store.stats().slow_commits, slow, "{limit:?}");
    }
}

#[test]
fn the_time_of_a_commit_is_that_until_readers_see_it() {
    let options = Options::new().slow_commit(Duration::from_millis(40));
    let waits = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&waits);
    let options = options.clock(move || {
        // The clock is asked in the middle of a change.
        if asked.swap(false, Ordering::SeqCst) {
            thread::sleep(Duration::from_millis(50));
        }
        Timestamp::from_millis(1)
    });
    let store = options.open_in_memory().unwrap();
    create(&project(&store), "v");
    let quick = store.stats();
    waits.store(true, Ordering::SeqCst);
    create(&project(&store), "w");
    let slow = store.stats();
    assert!(slow.last_commit >= Some(Duration::from_millis(50)), "{slow:?}");
    assert_eq!(slow.slow_commits, quick.slow_commits + 1);
    link(&project(&store), "v", &["a"]);
    assert_eq!(store.stats().longest_commit, slow.last_commit);
}

#[test]
fn the_length_of_the_journal_is_that_of_its_files() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options::new().segment_size(4096).keep_changes(Some(1));
    let store = options.open(dir.path()).unwrap();
    let told = || (store.stats().journal_segments, store.stats().journal_bytes);
    let there = || {
        let files = segments(dir.path());
        let bytes = files.iter().map(|path| std::fs::metadata(path).unwrap().len());
        (files.len() as u64, bytes.sum::<u64>())
    };
    assert_eq!(told(), there());
    create(&project(&store), "v");
    for number in 0..60 {
        link(&project(&store), "v", &[&format!("{number}{}", "x".repeat(200))]);
    }
    assert_eq!(told(), there());
    assert!(told().0 > 3, "{:?}", told());
    store.checkpoint().unwrap();
    assert_eq!(told(), there());
    assert_eq!(told().0, 1);
    let other = store.clone();
    let stats = || (other.stats().journal_segments, other.stats().journal_bytes);
    store.close().unwrap();
    let files = segments(dir.path());
    assert_eq!(stats(), (1, std::fs::metadata(&files[0]).unwrap().len()));
}
