//! Compaction.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use viewlink::testing::{CallKind, DiskFault, SimulatedDisk};
use viewlink::{Batch, Checkpoints, Error, Fault, Health, Options, Outcome, Project, Store};

use crate::support::{
    assert_clean, assert_clean_and_replayed, checkpoint_file, content, content_of, copy, create,
    flag, flags, link, memory, project, replaying_nothing, revision, stop_writes, two_views,
    views_of,
};

fn size(dir: &Path) -> u64 {
    checkpoint_file(dir).metadata().unwrap().len()
}

/// Twenty views with a thousand flags each.
fn grow(project: &Project) {
    for view in 0..20 {
        let key = format!("v{view}");
        create(project, &key);
        let flags = (0..1_000).map(|number| format!("a-rather-long-name-{view}-{number}"));
        project.link(&key, Batch::flags(flags)).unwrap().all_ok().unwrap();
    }
}

/// One of them stays.
fn shrink(project: &Project) {
    for view in 0..19 {
        project.delete_view(&format!("v{view}")).unwrap();
    }
}

#[test]
fn compaction_shrinks_the_file_and_keeps_all_content() {
    let dir = tempfile::tempdir().unwrap();
    let options = || Options::new().checkpoints(Checkpoints::ByHand);
    let store = options().open(dir.path()).unwrap();
    let project = project(&store);
    grow(&project);
    store.checkpoint().unwrap();
    let before = size(dir.path());
    shrink(&project);
    let expected = content_of(&store);
    assert_eq!(size(dir.path()), before);
    store.compact().unwrap();
    let after = size(dir.path());
    assert!(after < before / 2, "{before} bytes, then {after}");
    assert_eq!(content_of(&store), expected);
    assert_clean_and_replayed(&store);
    link(&project, "v19", &["new"]);
    assert_eq!(views_of(&store, &flag("new")), ["v19"]);
    store.compact().unwrap();
    let expected = content_of(&store);
    // If it is killed now, it has nothing to replay.
    let killed = tempfile::tempdir().unwrap();
    copy(dir.path(), killed.path());
    drop(project);
    store.close().unwrap();
    for path in [dir.path(), killed.path()] {
        let store = replaying_nothing(options()).open(path).unwrap();
        assert_eq!(content_of(&store), expected);
        assert_clean_and_replayed(&store);
    }
}

#[test]
fn an_open_snapshot_neither_prevents_a_compaction_nor_keeps_disk_space() {
    let dir = tempfile::tempdir().unwrap();
    for store in [memory(), Store::open(dir.path()).unwrap()] {
        let project = project(&store);
        grow(&project);
        let snapshot = store.snapshot().unwrap();
        let seen = content(&snapshot);
        store.compact().unwrap();
        let large = store.stats().checkpoint_bytes;
        shrink(&project);
        for round in 0..3 {
            store.compact().unwrap();
            let small = store.stats();
            assert!(small.checkpoint_bytes < large / 2, "{} of {large}", small.checkpoint_bytes);
            assert_eq!(small.snapshots, 1);
            link(&project, "v19", &[&format!("new-{round}")]);
            assert_clean(&store);
        }
        assert_eq!(content(&snapshot), seen);
        let before = (revision(&store), content_of(&store));
        drop(snapshot);
        store.compact().unwrap();
        assert_eq!((revision(&store), content_of(&store)), before);
        assert_clean_and_replayed(&store);
    }
}

#[test]
fn an_open_feed_keeps_no_disk_space() {
    let (store, project) = two_views();
    link(&project, "v", &["a"]);
    let mut changes = store.snapshot().unwrap().changes(1).unwrap();
    assert_eq!(changes.next().unwrap().unwrap().revision, 1);
    store.compact().unwrap();
    let rest: Vec<u64> = changes.map(|change| change.unwrap().revision).collect();
    assert_eq!(rest, [2, 3]);
}

#[test]
fn an_empty_store_and_one_that_was_compacted_can_be_compacted() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    (0..3).for_each(|_| store.compact().unwrap());
    create(&project(&store), "v");
    (0..3).for_each(|_| store.compact().unwrap());
    assert_eq!(revision(&store), 1);
    assert_clean_and_replayed(&store);
}

#[test]
fn a_store_that_stopped_or_was_closed_is_not_compacted() {
    let (store, project) = two_views();
    link(&project, "v", &["a"]);
    stop_writes(&store);
    let error = store.compact().unwrap_err();
    assert!(matches!(error, Error::WritesStopped { .. }), "{error}");
    store.recover().unwrap();
    store.compact().unwrap();
    assert_eq!(flags(&store, "v"), ["a"]);
    store.fail_next_change(Fault::Committed);
    project.link("v", Batch::flags(["b"])).unwrap_err();
    store.recover().unwrap();
    store.compact().unwrap();
    assert_eq!(flags(&store, "v"), ["a", "b"]);
    let other = store.clone();
    store.close().unwrap();
    assert!(matches!(other.compact(), Err(Error::Closed)));
}

/// Whichever call fails, the store continues, and the next compaction succeeds.
#[test]
fn a_failed_compaction_is_an_error_and_the_store_continues() {
    let kinds = [
        CallKind::Create,
        CallKind::Write,
        CallKind::SetLen,
        CallKind::Sync,
        CallKind::Rename,
        CallKind::SyncDir,
    ];
    let mut failed = 0;
    for (kind, number) in kinds.iter().flat_map(|kind| (0..20).map(move |number| (*kind, number))) {
        let disk = SimulatedDisk::new();
        let store = Options::new().checkpoints(Checkpoints::ByHand).open_on(&disk).unwrap();
        let project = project(&store);
        create(&project, "v");
        link(&project, "v", &["a"]);
        disk.fail(DiskFault::new(ErrorKind::Other).on(kind).after(number));
        let compacted = store.compact();
        assert_eq!(store.health(), Health::Writable, "{kind:?} {number}");
        assert_eq!(flags(&store, "v"), ["a"]);
        if let Err(error) = compacted {
            failed += 1;
            assert_eq!(error.outcome(), Outcome::NotApplied, "{kind:?} {number}: {error}");
            assert!(!matches!(error, Error::Closed), "{kind:?} {number}");
        }
        disk.clear_fault();
        link(&project, "v", &["b"]);
        assert_clean_and_replayed(&store);
        store.compact().unwrap();
        assert_eq!(store.stats().checkpoint_revision, 3);
        let after = Options::new().open_on(&disk.power_lost(number)).unwrap();
        assert_eq!(flags(&after, "v"), ["a", "b"]);
    }
    assert!(failed > 8, "{failed}");
}

/// Compacts until it is stopped, and at least once; returns the number.
fn compact_until(store: &Store, done: &AtomicBool) -> usize {
    let mut compacted = 0;
    while !done.load(Ordering::SeqCst) || compacted == 0 {
        match store.compact() {
            Ok(()) => compacted += 1,
            Err(error) => panic!("{error}"),
        }
        thread::yield_now();
    }
    compacted
}

#[test]
fn writers_and_readers_lose_nothing_during_a_compaction() {
    let dir = tempfile::tempdir().unwrap();
    let store = Options::new().segment_size(8_192).open(dir.path()).unwrap();
    let project = project(&store);
    create(&project, "v");
    let done = AtomicBool::new(false);
    let write = |writer: usize| {
        for round in 0..40 {
            let keys: Vec<String> = (0..3).map(|n| format!("t{writer}-{round}-{n}")).collect();
            project.link("v", Batch::flags(&keys)).unwrap().all_ok().unwrap();
            project.unlink("v", Batch::flags(&keys[1..])).unwrap().all_ok().unwrap();
            assert_eq!(views_of(&store, &flag(&keys[0])), ["v"]);
        }
    };
    thread::scope(|scope| {
        let compacting = scope.spawn(|| compact_until(&store, &done));
        let writers: Vec<_> = (0..4).map(|number| scope.spawn(move || write(number))).collect();
        let results: Vec<_> = writers.into_iter().map(|writer| writer.join()).collect();
        done.store(true, Ordering::SeqCst);
        results.into_iter().for_each(Result::unwrap);
        assert!(compacting.join().unwrap() > 0);
    });
    let there: BTreeSet<String> = flags(&store, "v").into_iter().collect();
    let writers = (0..4).flat_map(|writer| (0..40).map(move |round| (writer, round)));
    assert_eq!(there, writers.map(|(writer, round)| format!("t{writer}-{round}-0")).collect());
    assert_clean_and_replayed(&store);
}
