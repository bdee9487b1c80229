//! Statistics of a store.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use viewlink::{Batch, Error, FailureCode, Fault, LinkChange, NewResource, Options, Timestamp};

use crate::support::{create, link, memory, project, segments, stop_writes, two_views};

#[test]
fn the_statistics_of_an_empty_store_are_zero() {
    let stats = memory().stats();
    assert_eq!((stats.revision, stats.snapshots), (0, 0));
    assert_eq!((stats.groups.groups(), stats.groups.changes()), (0, 0));
    assert_eq!((stats.oldest_snapshot, stats.oldest_snapshot_revision), (None, None));
    assert_eq!((stats.checkpoint_revision, stats.bytes_since_checkpoint), (0, 0));
    assert_eq!((stats.checkpoints, stats.failed_checkpoints), (0, 0));
    assert_eq!(stats.checkpoint_failure, None);
}

#[test]
fn the_journal_since_the_last_checkpoint_is_counted_until_the_next_one() {
    let (store, project) = two_views();
    link(&project, "v", &["a", "b", "c"]);
    project.unlink("v", Batch::flags(["a"])).unwrap().all_ok().unwrap();
    let before = store.stats();
    assert_eq!((before.revision, before.checkpoint_revision), (4, 0));
    assert!(before.bytes_since_checkpoint > 100, "{before:?}");
    store.checkpoint().unwrap();
    let after = store.stats();
    assert_eq!((after.revision, after.checkpoint_revision), (4, 4));
    assert_eq!(after.bytes_since_checkpoint, 0);
    assert_eq!((before.checkpoints, after.checkpoints), (0, 1));
    assert_eq!(after.checkpoint_bytes, store.sizes().unwrap().checkpoint_bytes);
    // There is nothing to write.
    store.checkpoint().unwrap();
    assert_eq!(store.stats(), after);
}

#[test]
fn the_age_of_the_oldest_open_snapshot_is_reported() {
    let store = memory();
    create(&project(&store), "v");
    let first = store.snapshot().unwrap();
    thread::sleep(Duration::from_millis(5));
    let (between, since) = (Instant::now(), first.revision());
    create(&project(&store), "w");
    let second = store.snapshot().unwrap();
    let clones = [second.clone(), second.project("p").unwrap().snapshot().clone()];
    let oldest = |snapshots, revision| {
        let stats = store.stats();
        assert_eq!((stats.snapshots, stats.oldest_snapshot_revision), (snapshots, Some(revision)));
        stats.oldest_snapshot.unwrap()
    };
    // A clone is the same snapshot.
    assert!(oldest(2, since) >= between.elapsed() + Duration::from_millis(5));
    drop(first);
    assert!(oldest(1, 2) <= between.elapsed());
    drop(clones);
    oldest(1, 2);
    // A feed of changes has no snapshot.
    let changes = second.changes(1).unwrap();
    drop(second);
    assert_eq!((store.stats().snapshots, store.stats().oldest_snapshot), (0, None));
    assert_eq!(changes.count(), 2);
}

#[test]
fn snapshots_of_one_moment_are_counted_separately() {
    let store = memory();
    let mut held: Vec<_> = (0..5).map(|_| store.snapshot().unwrap()).collect();
    assert_eq!(store.stats().snapshots, 5);
    held.swap_remove(0);
    assert_eq!(store.stats().snapshots, 4);
}

#[test]
fn statistics_are_kept_over_a_failure_a_recovery_and_the_closing() {
    let (store, project) = two_views();
    store.checkpoint().unwrap();
    store.fail_next_change(Fault::Committed);
    project.link("v", Batch::flags(["a"])).unwrap_err();
    // Committed, and not shown yet.
    assert_eq!(store.stats().revision, 2);
    store.recover().unwrap();
    let stats = store.stats();
    assert_eq!((stats.revision, stats.checkpoint_revision, stats.checkpoints), (3, 2, 1));
    assert!(stats.bytes_since_checkpoint > 0, "{stats:?}");
    let other = store.clone();
    store.close().unwrap();
    let stats = other.stats();
    assert_eq!((stats.revision, stats.checkpoint_revision, stats.checkpoints), (3, 3, 2));
    assert_eq!(stats.bytes_since_checkpoint, 0);
}

/// They are not read any more, but keep their memory until they are dropped.
#[test]
fn snapshots_from_before_a_recovery_or_the_closing_count_until_they_are_dropped() {
    let (store, _) = two_views();
    let old = store.snapshot().unwrap();
    stop_writes(&store);
    assert_eq!(store.stats().snapshots, 1, "it can still be read");
    store.recover().unwrap();
    assert!(matches!(old.project("p"), Err(Error::Closed)));
    let new = store.snapshot().unwrap();
    assert_eq!((store.stats().snapshots, store.stats().oldest_snapshot_revision), (2, Some(2)));
    drop(old);
    assert_eq!(store.stats().snapshots, 1);
    let other = store.clone();
    store.close().unwrap();
    assert_eq!(other.stats().snapshots, 1);
    drop(new);
    assert_eq!((other.stats().snapshots, other.stats().oldest_snapshot), (0, None));
}

#[test]
fn an_opened_store_reports_the_content_of_its_files() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options::new();
    let store = options.clone().open(dir.path()).unwrap();
    create(&project(&store), "v");
    link(&project(&store), "v", &["a", "b"]);
    let written = store.stats().bytes_since_checkpoint;
    let killed = tempfile::tempdir().unwrap();
    crate::support::copy(dir.path(), killed.path());
    let opened = options.open(killed.path()).unwrap();
    let stats = opened.stats();
    assert_eq!((stats.revision, stats.checkpoint_revision, stats.checkpoints), (2, 0, 0));
    // Markers between changes in the journal are not counted during a replay.
    assert!((1..=written).contains(&stats.bytes_since_checkpoint), "{stats:?}");
}

#[test]
fn keys_are_counted_by_outcome_over_all_batches() {
    let (store, project) = two_views();
    let _ = project.put_resources([NewResource::flag("a"), NewResource::flag("a")]).unwrap();
    assert_eq!(store.stats().keys.total(), 0, "links of a registration are not counted");
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
fn keys_of_dry_runs_and_of_failed_calls_are_not_counted() {
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
    assert_eq!(store.stats().keys.total(), 1, "they are kept over a recovery");
}

#[test]
fn the_last_and_the_longest_commit_and_checkpoint_are_reported() {
    let (store, project) = two_views();
    let before = store.stats();
    assert!(before.last_commit > Some(Duration::ZERO), "{before:?}");
    assert!(before.longest_commit >= before.last_commit, "{before:?}");
    assert_eq!((before.last_checkpoint, before.longest_checkpoint), (None, None));
    // A call that changes nothing is not a commit, nor is a dry run.
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
    // Nor is a recovery.
    let (store, project) = two_views();
    store.fail_next_change(Fault::Committed);
    project.link("v", Batch::flags(["a"])).unwrap_err();
    let commit = store.stats().last_commit;
    store.recover().unwrap();
    assert_eq!(store.stats().last_checkpoint, None);
    assert_eq!(store.stats().last_commit, commit, "readers have seen no change since");
}

#[test]
fn commits_are_slow_from_the_time_in_the_options() {
    for (limit, slow) in [(Duration::ZERO, 2), (Duration::from_secs(1), 0), (Duration::MAX, 0)] {
        let store = Options::new().slow_commit(limit).open_in_memory().unwrap();
        create(&project(&store), "v");
        link(&project(&store), "v", &["a"]);
        let _ = project(&store).unlink("v", Batch::flags(["b"])).unwrap();
        assert_eq!(store.stats().slow_commits, slow, "{limit:?}");
    }
}

#[test]
fn the_time_of_a_commit_ends_when_readers_see_it() {
    let options = Options::new().slow_commit(Duration::from_millis(40));
    let waits = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&waits);
    let options = options.clock(move || {
        // The clock is read in the middle of a change.
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
    let reported = || (store.stats().journal_segments, store.stats().journal_bytes);
    let there = || {
        let files = segments(dir.path());
        let bytes = files.iter().map(|path| std::fs::metadata(path).unwrap().len());
        (files.len() as u64, bytes.sum::<u64>())
    };
    assert_eq!(reported(), there());
    create(&project(&store), "v");
    for number in 0..60 {
        link(&project(&store), "v", &[&format!("{number}{}", "x".repeat(200))]);
    }
    assert_eq!(reported(), there());
    assert!(reported().0 > 3, "{:?}", reported());
    store.checkpoint().unwrap();
    assert_eq!(reported(), there());
    assert_eq!(reported().0, 1);
    let other = store.clone();
    let stats = || (other.stats().journal_segments, other.stats().journal_bytes);
    store.close().unwrap();
    let files = segments(dir.path());
    assert_eq!(stats(), (1, std::fs::metadata(&files[0]).unwrap().len()));
}
