//! The journal as a feed: the changes it has, and how long it keeps them.

use std::time::Duration;

use viewlink::{
    Batch, Change, ChangeKind, Checkpoints, EnvironmentId, Error, NewView, Options, Result,
    Snapshot, Store, ViewPatch,
};

use crate::support::{
    Clock, assert_clean, create, first_revision, flag, journal, link, memory, project, revision,
    segments,
};

fn revisions(snapshot: &Snapshot, from: u64) -> Vec<u64> {
    let changes = snapshot.changes(from).unwrap();
    changes.map(|change| change.unwrap().revision).collect()
}

/// Adds `count` changes of a known size: about ten fill a segment of 4 KiB.
fn add(store: &Store, count: usize) {
    let project = project(store);
    for _ in 0..count {
        let name = format!("{:0250}", revision(store));
        project.ensure_view(NewView::new("v", "")).unwrap();
        project.update_view("v", ViewPatch::new().name(name)).unwrap();
    }
}

/// A store whose journal removes old changes.
fn forgetful() -> Options {
    Options::new().segment_size(4_096).keep_changes(Some(20))
}

fn oldest_kept(store: &Store) -> u64 {
    store.verify().unwrap().counts.oldest_kept
}

#[test]
fn changes_are_read_from_the_requested_revision_to_that_of_the_snapshot() {
    let store = memory();
    add(&store, 5);
    let snapshot = store.snapshot().unwrap();
    add(&store, 3);
    assert_eq!(snapshot.revision(), 6);
    assert_eq!(revisions(&snapshot, 1), [1, 2, 3, 4, 5, 6]);
    assert_eq!(revisions(&snapshot, 0), [1, 2, 3, 4, 5, 6]);
    assert_eq!(revisions(&snapshot, 4), [4, 5, 6]);
    assert_eq!(revisions(&snapshot, 6), [6]);
    for beyond in [7, 8, 100, u64::MAX] {
        assert!(revisions(&snapshot, beyond).is_empty(), "{beyond}");
    }
    assert_eq!(revisions(&store.snapshot().unwrap(), 7), [7, 8, 9]);
}

#[test]
fn a_feed_that_continues_from_its_last_revision_gets_every_change_once() {
    let store = Options::new().segment_size(4_096).open_in_memory().unwrap();
    let mut seen = Vec::new();
    for count in [1, 0, 30, 2, 0, 17] {
        add(&store, count);
        let next = seen.last().map_or(1, |last| last + 1);
        seen.extend(revisions(&store.snapshot().unwrap(), next));
    }
    let all: Vec<u64> = (1..=revision(&store)).collect();
    assert_eq!(seen, all);
}

#[test]
fn every_kind_of_change_is_read_back_from_the_journal() {
    let store = memory();
    let project = project(&store);
    create(&project, "v");
    project.update_view("v", ViewPatch::new().name("n")).unwrap();
    link(&project, "v", &["a", "b"]);
    project.unlink("v", Batch::flags(["b"])).unwrap().all_ok().unwrap();
    project.remove_resource(&flag("a")).unwrap();
    project.link("v", Batch::segments([("env", "s")])).unwrap().all_ok().unwrap();
    project.remove_environment(&EnvironmentId::parse("env").unwrap()).unwrap();
    project.delete_view("v").unwrap();
    project.delete().unwrap();
    let changes = journal(&store);
    let name = |change: &Change| match &change.kind {
        ChangeKind::ViewCreated { .. } => "created",
        ChangeKind::ViewUpdated { .. } => "updated",
        ChangeKind::LinksChanged { linked, .. } if linked.is_empty() => "unlinked",
        ChangeKind::LinksChanged { .. } => "linked",
        ChangeKind::ResourceRemoved { .. } => "resource",
        ChangeKind::EnvironmentRemoved { .. } => "environment",
        ChangeKind::ViewDeleted { .. } => "deleted",
        ChangeKind::ProjectPut { .. } => "put project",
        ChangeKind::ProjectDeleted { .. } => "project",
        other => panic!("{other:?}"),
    };
    let names: Vec<_> = changes.iter().map(name).collect();
    let expected = [
        "created",
        "updated",
        "linked",
        "unlinked",
        "resource",
        "linked",
        "environment",
        "deleted",
        "project",
    ];
    assert_eq!(names, expected);
    assert!(changes.iter().all(|change| change.project.as_str() == "p"));
}

#[test]
fn a_journal_keeps_the_requested_number_of_changes_and_removes_older_ones() {
    let dir = tempfile::tempdir().unwrap();
    let store = forgetful().open(dir.path()).unwrap();
    for _ in 0..10 {
        add(&store, 13);
        store.checkpoint().unwrap();
        let (newest, oldest) = (revision(&store), oldest_kept(&store));
        let kept = newest + 1 - oldest;
        assert!(kept >= 20.min(newest), "{kept} of {newest}");
        // Whole segments are removed. Without the oldest remaining one there would be too few.
        let firsts: Vec<u64> =
            segments(dir.path()).iter().map(|path| first_revision(path)).collect();
        assert_eq!(firsts[0], oldest);
        assert!(firsts.get(1).is_none_or(|next| newest + 1 - next < 20), "{firsts:?} {newest}");
        let expected: Vec<u64> = (oldest..=newest).collect();
        assert_eq!(revisions(&store.snapshot().unwrap(), oldest), expected);
    }
    assert!(oldest_kept(&store) > 80);
    assert!(segments(dir.path()).len() <= 6);
    assert_clean(&store);
}

#[test]
fn a_trimmed_revision_is_an_error_that_names_the_oldest_kept_one() {
    let dir = tempfile::tempdir().unwrap();
    let store = forgetful().open(dir.path()).unwrap();
    add(&store, 100);
    store.checkpoint().unwrap();
    let check = |store: &Store| {
        let (snapshot, oldest) = (store.snapshot().unwrap(), oldest_kept(store));
        assert!(oldest > 1);
        for (from, requested) in [(0, 1), (1, 1), (oldest - 1, oldest - 1)] {
            let error = snapshot.changes(from).unwrap_err();
            let Error::JournalTrimmed { requested: asked, oldest: kept } = error else {
                panic!("{error}")
            };
            assert_eq!((asked, kept), (requested, oldest));
        }
        assert_eq!(revisions(&snapshot, oldest).first(), Some(&oldest));
    };
    check(&store);
    store.close().unwrap();
    check(&forgetful().open(dir.path()).unwrap());
}

#[test]
fn nothing_is_removed_before_a_checkpoint() {
    let options = forgetful().checkpoints(Checkpoints::ByHand);
    let store = options.open_in_memory().unwrap();
    add(&store, 100);
    assert_eq!(oldest_kept(&store), 1);
    store.checkpoint().unwrap();
    assert!(oldest_kept(&store) > 1);
}

#[test]
fn a_journal_that_keeps_all_changes_is_replayed_from_the_first_one() {
    let options = forgetful()
        .keep_changes(None)
        .checkpoints(Checkpoints::Inline)
        .checkpoint_age(Some(Duration::ZERO));
    let store = options.open_in_memory().unwrap();
    add(&store, 100);
    store.checkpoint().unwrap();
    let counts = store.verify().unwrap().counts;
    assert_eq!((counts.oldest_kept, counts.revision), (1, 101));
    assert!(counts.replayed);
    assert_clean(&store);
}

#[test]
fn changes_are_removed_when_they_reach_the_maximum_age() {
    let clock = Clock::default();
    let options = clock.options().segment_size(4_096).keep_changes(None);
    let store = options.keep_for(Some(Duration::from_millis(500))).open_in_memory().unwrap();
    for time in [1_000, 1_200, 1_400] {
        clock.set(time);
        add(&store, 20);
    }
    let oldest_at = |time| {
        clock.pass(time, 100, |_| add(&store, 1));
        store.checkpoint().unwrap();
        let snapshot = store.snapshot().unwrap();
        let oldest = snapshot.changes(oldest_kept(&store)).unwrap().next().unwrap().unwrap();
        oldest.time.as_millis()
    };
    assert_eq!(oldest_at(1_450), 1_000);
    assert_eq!(oldest_at(1_500), 1_000);
    // A segment is removed when all its changes are too old, so a few more are kept.
    assert!([1_200, 1_400].contains(&oldest_at(1_899)));
    assert!(oldest_at(9_000) >= 1_400);
    // The passage of time alone removes nothing.
    clock.set(90_000);
    let before = oldest_kept(&store);
    store.checkpoint().unwrap();
    assert_eq!(oldest_kept(&store), before);
    assert_clean(&store);
}

#[test]
fn a_feed_whose_next_change_is_no_longer_in_the_journal_gets_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let store = forgetful().open(dir.path()).unwrap();
    add(&store, 60);
    let snapshot = store.snapshot().unwrap();
    let mut changes = snapshot.changes(1).unwrap();
    let first: Vec<Result<Change>> = changes.by_ref().take(2).collect();
    assert!(first.iter().all(Result::is_ok));
    add(&store, 60);
    store.checkpoint().unwrap();
    let oldest = oldest_kept(&store);
    assert!(oldest > 61, "everything the reader has not read yet is gone");
    // The open segment is read to its end; then the error names the oldest change.
    let mut expected = 3;
    let error = loop {
        match changes.next().expect("an error before the end") {
            Ok(change) => assert_eq!(change.revision, expected),
            Err(error) => break error,
        }
        expected += 1;
    };
    let Error::JournalTrimmed { requested, oldest: kept } = error else { panic!("{error}") };
    assert_eq!((requested, kept), (expected, oldest));
    assert!(changes.next().is_none());
}

#[test]
fn a_feed_continues_into_new_segments() {
    let store = Options::new().segment_size(4_096).open_in_memory().unwrap();
    add(&store, 30);
    let snapshot = store.snapshot().unwrap();
    let mut seen = Vec::new();
    for change in snapshot.changes(1).unwrap() {
        seen.push(change.unwrap().revision);
        add(&store, 2);
    }
    assert_eq!(seen, (1..=31).collect::<Vec<u64>>());
}
