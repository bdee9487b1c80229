//! A limit for the journal since the last checkpoint.

use std::io::ErrorKind;

use viewlink::testing::{CallKind, DiskFault, SimulatedDisk};
use viewlink::{Batch, Checkpoints, Error, Health, NewView, Options, Outcome, Store};

use crate::support::{
    assert_clean_and_replayed, assert_plain, content_of, copy, create, flags, journal, link, noise,
    project,
};

const LIMIT: u64 = 8 << 10;

fn options(mode: Checkpoints) -> Options {
    Options::new().checkpoints(mode).journal_limit(LIMIT)
}

fn key(number: usize) -> String {
    noise(number, 200)
}

/// Links flags until that is refused; returns the number of linked ones, and the error.
fn fill(store: &Store) -> (usize, Error) {
    project(store).ensure_view(NewView::new("v", "")).unwrap();
    for number in 0..1_000 {
        if let Err(error) = project(store).link("v", Batch::flags([key(number)])) {
            return (flags(store, "v").len(), error);
        }
    }
    panic!("nothing is refused: {:?}", store.stats());
}

#[test]
fn with_manual_checkpoints_a_full_journal_refuses_changes_until_the_next_one() {
    let store = options(Checkpoints::ByHand).open_in_memory().unwrap();
    let (linked, error) = fill(&store);
    let Error::JournalFull { bytes, limit: LIMIT, source: None } = error else { panic!("{error}") };
    assert_eq!(error.outcome(), Outcome::NotApplied);
    assert_plain(&error.to_string());
    // At most the change that reached the limit is beyond it.
    assert!((LIMIT..LIMIT + 512).contains(&bytes), "{bytes}");
    assert_eq!((bytes, store.stats().checkpoints), (store.stats().bytes_since_checkpoint, 0));
    let (before, changes) = (content_of(&store), journal(&store).len());
    assert_eq!((linked, changes), (flags(&store, "v").len(), linked + 1));
    for refused in [
        project(&store).link("v", Batch::flags(["b"])).map(drop),
        project(&store).unlink("v", Batch::flags([key(0)])).map(drop),
        project(&store).delete().map(drop),
    ] {
        assert!(matches!(refused, Err(Error::JournalFull { .. })), "{refused:?}");
    }
    assert_eq!((content_of(&store), journal(&store).len()), (before, changes));
    assert_eq!(store.health(), Health::Writable);
    assert_clean_and_replayed(&store);
    // It works repeatedly.
    for round in 0..3 {
        store.checkpoint().unwrap();
        assert_eq!(store.stats().bytes_since_checkpoint, 0);
        link(&project(&store), "v", &[&format!("after-{round}")]);
        assert!(matches!(fill(&store).1, Error::JournalFull { .. }));
        store.checkpoint().unwrap();
        let batch = Batch::flags((0..1_000).map(key)).ignore_missing();
        let _ = project(&store).unlink("v", batch).unwrap();
    }
    assert_clean_and_replayed(&store);
}

#[test]
fn with_automatic_checkpoints_a_full_journal_refuses_nothing() {
    for mode in [Checkpoints::Background, Checkpoints::Inline] {
        // Nothing else makes a checkpoint due.
        let store = options(mode).checkpoint_bytes(u64::MAX).open_in_memory().unwrap();
        create(&project(&store), "v");
        for number in 0..400 {
            link(&project(&store), "v", &[&key(number)]);
            let since = store.stats().bytes_since_checkpoint;
            assert!(since < LIMIT + 512, "{mode:?} {number}: {since}");
        }
        let stats = store.stats();
        assert!(stats.checkpoints >= 8 && stats.failed_checkpoints == 0, "{mode:?}: {stats:?}");
        assert_clean_and_replayed(&store);
    }
}

#[test]
fn the_error_of_a_failed_checkpoint_is_reported_and_changes_continue_after_it_succeeds() {
    for mode in [Checkpoints::Background, Checkpoints::Inline] {
        let disk = SimulatedDisk::new();
        let store = options(mode).checkpoint_bytes(u64::MAX).open_on(&disk).unwrap();
        create(&project(&store), "v");
        disk.fail(DiskFault::new(ErrorKind::Other).on(CallKind::Create).permanently());
        let (linked, error) = fill(&store);
        let Error::JournalFull { source: Some(source), .. } = &error else { panic!("{error}") };
        assert!(source.to_string().contains("checkpoint"), "{source}");
        assert_eq!((error.outcome(), flags(&store, "v").len()), (Outcome::NotApplied, linked));
        let stats = store.stats();
        assert!(stats.failed_checkpoints > 0 && stats.checkpoint_failure.is_some(), "{stats:?}");
        assert_eq!(store.health(), Health::Writable);
        disk.clear_fault();
        link(&project(&store), "v", &["after"]);
        let stats = store.stats();
        assert_eq!((stats.checkpoints, stats.checkpoint_failure), (1, None), "{mode:?}");
        assert_eq!(flags(&store, "v").len(), linked + 1);
        assert_clean_and_replayed(&store);
        let after = Options::new().open_on(&disk.power_lost(1)).unwrap();
        assert_eq!(content_of(&after), content_of(&store));
    }
}

#[test]
fn a_store_that_was_killed_with_a_full_journal_is_as_full_when_it_is_opened() {
    let (dir, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = Options::new().checkpoints(Checkpoints::ByHand).open(dir.path()).unwrap();
    create(&project(&store), "v");
    let keys = (0..200).map(key);
    project(&store).link("v", Batch::flags(keys)).unwrap().all_ok().unwrap();
    copy(dir.path(), killed.path());
    let again = options(Checkpoints::ByHand).open(killed.path()).unwrap();
    assert_eq!(content_of(&again), content_of(&store));
    let error = project(&again).link("v", Batch::flags(["a"])).unwrap_err();
    assert!(matches!(error, Error::JournalFull { source: None, .. }), "{error}");
    again.checkpoint().unwrap();
    link(&project(&again), "v", &["a"]);
    drop(again);
    // A store that makes its own checkpoints has room at once.
    copy(dir.path(), &killed.path().join("other"));
    let other = options(Checkpoints::Background).open(killed.path().join("other")).unwrap();
    link(&project(&other), "v", &["a"]);
    assert_eq!(other.stats().checkpoints, 1);
}
