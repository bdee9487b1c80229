//! Giving space back.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use viewlink::testing::{CallKind, DiskFault, SimulatedDisk};
use viewlink::{Batch, Error, Fault, Options, Outcome, Project, Store};

use crate::support::{
    assert_clean, assert_clean_and_replayed, content, content_of, copy, create, flag, flags, link,
    memory, project, revision, stop_writes, two_views, views_of,
};

fn size(dir: &Path) -> u64 {
    dir.join("state.redb").metadata().unwrap().len()
}

/// Twenty views with a thousand flags each, of which one stays.
fn grow_and_shrink(project: &Project) {
    for view in 0..20 {
        let key = format!("v{view}");
        create(project, &key);
        let flags = (0..1_000).map(|number| format!("a-rather-long-name-{view}-{number}"));
        project.link(&key, Batch::flags(flags)).unwrap().all_ok().unwrap();
    }
    for view in 0..19 {
        project.delete_view(&format!("v{view}")).unwrap();
    }
}

#[test]
fn the_file_shrinks_and_all_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    grow_and_shrink(&project(&store));
    store.checkpoint().unwrap();
    let (before, expected) = (size(dir.path()), content_of(&store));
    store.compact().unwrap();
    let after = size(dir.path());
    assert!(after < before / 2, "{before} bytes, then {after}");
    assert_eq!(content_of(&store), expected);
    assert_clean_and_replayed(&store);
    link(&project(&store), "v19", &["new"]);
    assert_eq!(views_of(&store, &flag("new")), ["v19"]);
    store.compact().unwrap();
    let expected = content_of(&store);
    // Killed now, it opens without a look at the whole file.
    let killed = tempfile::tempdir().unwrap();
    copy(dir.path(), killed.path());
    store.close().unwrap();
    for path in [dir.path(), killed.path()] {
        let options = Options::new().on_recovery(|progress| panic!("{progress:?}"));
        let store = options.open(path).unwrap();
        assert_eq!(content_of(&store), expected);
        assert_clean_and_replayed(&store);
    }
}

#[test]
fn a_snapshot_that_lives_keeps_the_space_and_nothing_else_from_going_on() {
    let dir = tempfile::tempdir().unwrap();
    for store in [memory(), Store::open(dir.path()).unwrap()] {
        let project = project(&store);
        grow_and_shrink(&project);
        let snapshot = store.snapshot().unwrap();
        let seen = content(&snapshot);
        for round in 0..3 {
            let error = store.compact().unwrap_err();
            assert!(matches!(error, Error::SnapshotsOpen), "{error}");
            assert_eq!(error.outcome(), Outcome::NotApplied);
            link(&project, "v19", &[&format!("new-{round}")]);
            assert_clean(&store);
        }
        assert_eq!(content(&snapshot), seen);
        let (revision, now) = (revision(&store), content_of(&store));
        drop(snapshot);
        store.compact().unwrap();
        assert_eq!((self::revision(&store), content_of(&store)), (revision, now));
        assert_clean_and_replayed(&store);
    }
}

#[test]
fn a_feed_of_changes_that_is_being_read_keeps_no_space() {
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

/// The database is closed and opened again in the middle. Where that fails, the store is neither
/// closed nor recovered, and must not say so.
#[test]
fn a_compaction_that_fails_can_be_recovered_from_and_nobody_is_told_that_the_store_is_closed() {
    let kinds = [CallKind::Len, CallKind::Read, CallKind::Write, CallKind::SetLen, CallKind::Sync];
    let (mut failed, mut unreadable) = (0, 0);
    for (kind, number) in kinds.iter().flat_map(|kind| (0..20).map(move |number| (*kind, number))) {
        let disk = SimulatedDisk::new();
        let store = Options::new().cache_size(0).open_on(&disk).unwrap();
        let project = project(&store);
        create(&project, "v");
        link(&project, "v", &["a"]);
        disk.fail(DiskFault::new(ErrorKind::Other).on(kind).after(number).for_good());
        let compacted = store.compact();
        failed += usize::from(compacted.is_err());
        let read = store.snapshot().and_then(|snapshot| snapshot.project("p").map(drop));
        unreadable += usize::from(read.is_err());
        let verified = store.verify().map(drop);
        for error in [compacted, read, verified].into_iter().filter_map(Result::err) {
            assert!(!matches!(error, Error::Closed), "{kind:?} {number}: {error}");
        }
        disk.heal();
        store.recover().unwrap();
        assert_eq!(flags(&store, "v"), ["a"]);
        assert_clean_and_replayed(&store);
    }
    assert!(failed > 20 && unreadable > 20, "{failed} {unreadable}");
}

#[test]
fn what_waits_to_be_folded_is_in_the_tables_afterwards() {
    let dir = tempfile::tempdir().unwrap();
    let store = Options::new().tail(1 << 20, 1).keep_changes(Some(1)).segment_size(4_096);
    let store = store.open(dir.path()).unwrap();
    let project = project(&store);
    create(&project, "v");
    for number in 0..100 {
        link(&project, "v", &[&format!("a-key-that-fills-the-journal-{number}")]);
    }
    assert_eq!(store.verify().unwrap().counts.oldest_kept, 1);
    store.compact().unwrap();
    // The journal lets go of it, since the posting lists have it.
    assert!(store.verify().unwrap().counts.oldest_kept > 50);
    assert_eq!(views_of(&store, &flag("a-key-that-fills-the-journal-7")), ["v"]);
    assert_clean(&store);
}

/// Compacts until it is told to stop, and once at least; tells how often.
fn compact_until(store: &Store, done: &AtomicBool) -> usize {
    let mut compacted = 0;
    while !done.load(Ordering::SeqCst) || compacted == 0 {
        match store.compact() {
            Ok(()) => compacted += 1,
            Err(Error::SnapshotsOpen) => {}
            Err(other) => panic!("{other}"),
        }
        thread::yield_now();
    }
    compacted
}

#[test]
fn writers_and_readers_beside_a_compaction_lose_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = Options::new().tail(60, 10).segment_size(8_192).open(dir.path()).unwrap();
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
