//! Positions: their owner learns whether the store continued from there, or has a different history.

use std::fs;
use std::path::Path;
use std::time::Duration;

use viewlink::{Batch, Error, NewView, Options, Position, Project, Store};

use crate::support::{
    assert_clean, assert_plain, copy, copy_of, create, flags, journal, link, memory, project,
    revision, stop_writes, two_views,
};

fn position(store: &Store) -> Position {
    store.snapshot().unwrap().position()
}

/// The revisions that a feed after a position returns.
fn after(store: &Store, position: Position) -> Vec<u64> {
    let page = store.feed_after(position).unwrap().next_page(usize::MAX).unwrap();
    page.iter().map(|change| change.revision).collect()
}

/// The store never had this position: a feed and every change return that error, and nothing changes.
#[track_caller]
fn assert_diverged(store: &Store, kept: Position) {
    let before = (revision(store), position(store));
    let project = project(store).if_store_at_position(kept);
    let errors = [
        store.feed_after(kept).map(drop),
        project.link("v", Batch::flags(["from-elsewhere"])).map(drop),
        project.ensure_view(NewView::new("from-elsewhere", "")).map(drop),
        project.dry_run().delete().map(drop),
    ];
    for error in errors.map(Result::unwrap_err) {
        let Error::Diverged { position, at } = error else { panic!("{error}") };
        assert_eq!((position, at), (kept, before.1));
        assert_plain(&error.to_string());
    }
    assert_eq!((revision(store), self::position(store)), before);
}

/// The store of a directory is replaced by a copy of it.
fn put_back(dir: &Path) -> Store {
    fs::rename(dir.join("store"), dir.join("old")).unwrap();
    fs::rename(dir.join("copy"), dir.join("store")).unwrap();
    Store::open(dir.join("store")).unwrap()
}

#[test]
fn a_position_from_before_a_restore_is_distinguished_from_those_after_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path().join("store")).unwrap();
    create(&project(&store), "v");
    link(&project(&store), "v", &["a"]);
    let at_two = position(&store);
    assert_eq!(store.backup_to(dir.path().join("copy")).unwrap(), 2);
    let mut feed = store.feed(0).unwrap();
    link(&project(&store), "v", &["b"]);
    link(&project(&store), "v", &["c"]);
    assert_eq!(feed.next_page(9).unwrap().len(), 4);
    let kept = feed.position().unwrap();
    assert_eq!((kept.revision(), kept), (4, position(&store)));
    drop(feed);
    store.close().unwrap();

    let store = put_back(dir.path());
    // It has not reached that revision again.
    assert_diverged(&store, kept);
    for (key, revision) in [("x", 3), ("y", 4), ("z", 5)] {
        link(&project(&store), "v", &[key]);
        // Below it, at it and above it.
        assert_eq!(position(&store).revision(), revision);
        assert_diverged(&store, kept);
    }
    assert_eq!(flags(&store, "v"), ["a", "x", "y", "z"]);
    // Changes from before the copy are still the same.
    assert_eq!(after(&store, at_two), [3, 4, 5]);
    let late = project(&store).if_store_at_position(at_two).delete().unwrap_err();
    assert!(matches!(late, Error::RevisionDiffers { expected: 2, actual: 5, .. }), "{late}");
    assert_clean(&store);
}

#[test]
fn a_copy_accepts_earlier_positions_as_far_as_its_journal_reaches() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options::new().segment_size(4_096).keep_changes(Some(30));
    let store = options.open_in_memory().unwrap();
    create(&project(&store), "v");
    let mut kept = vec![position(&memory()), position(&store)];
    for number in 0..100 {
        link(&project(&store), "v", &[&format!("{number:0200}")]);
        kept.push(position(&store));
    }
    store.checkpoint().unwrap();
    let copy = copy_of(&store, &dir.path().join("copy"));
    assert_ne!(copy.id(), store.id());
    let newest = revision(&store);
    let oldest = copy.verify().unwrap().counts.oldest_kept;
    assert!(oldest > 1);
    for store in [&store, &copy] {
        // The position before the oldest change is also known.
        for revision in oldest - 1..=newest {
            let position = kept[usize::try_from(revision).unwrap()];
            assert_eq!(position.revision(), revision);
            assert_eq!(after(store, position), (revision + 1..=newest).collect::<Vec<_>>());
            assert_eq!(store.feed(revision).unwrap().position().unwrap(), position);
        }
        for revision in 1..oldest - 1 {
            let position = kept[usize::try_from(revision).unwrap()];
            let error = store.feed_after(position).unwrap_err();
            let trimmed = matches!(error, Error::JournalTrimmed { requested, .. } if requested == revision + 1);
            assert!(trimmed, "{error}");
            // It is unknown whether it was of this store; it is not the store's current position.
            let error = project(store).if_store_at_position(position).delete().unwrap_err();
            assert!(matches!(error, Error::RevisionDiffers { .. }), "{error}");
        }
    }
    // From here on their histories are different.
    let common = position(&store);
    link(&project(&store), "v", &["in-the-store"]);
    link(&project(&copy), "v", &["in-the-copy"]);
    assert_eq!((after(&store, common), after(&copy, common)), (vec![102], vec![102]));
    assert_diverged(&store, position(&copy));
    assert_diverged(&copy, position(&store));
}

#[test]
fn a_position_of_another_store_diverges_even_without_changes() {
    let (one, _) = two_views();
    let (other, _) = two_views();
    assert_eq!(revision(&one), revision(&other));
    assert_diverged(&one, position(&other));
    // They were created in the same way; their lineages differ.
    assert_diverged(&one, position(&memory()));
    assert_diverged(&memory(), position(&one));
}

#[test]
fn every_change_has_the_position_of_the_store_after_it() {
    let (store, project) = two_views();
    let mut expected = vec![];
    for change in journal(&store) {
        assert_eq!(change.position.revision(), change.revision);
        expected.push(change.position);
    }
    assert_eq!(expected[1], position(&store));
    for number in 0..20 {
        link(&project, "v", &[&format!("k{number}")]);
        expected.push(position(&store));
    }
    let mut feed = store.feed(0).unwrap();
    let mut given = Vec::new();
    while feed.revision() < revision(&store) {
        given.extend(feed.next_page(3).unwrap().into_iter().map(|change| change.position));
        assert_eq!(feed.position().unwrap(), *given.last().unwrap());
    }
    assert_eq!(given, expected);
    let read: Vec<Position> = journal(&store).iter().map(|change| change.position).collect();
    assert_eq!(read, expected);
    for position in expected {
        assert_eq!(position.to_string().parse(), Ok(position));
    }
}

#[test]
fn a_change_at_the_position_of_the_store_is_made_and_a_later_one_is_not() {
    let (store, project) = two_views();
    let seen = position(&store);
    let here = project.if_store_at_position(seen);
    let rehearsed = here.dry_run().link("v", Batch::flags(["a"])).unwrap();
    assert_eq!(rehearsed.success_count(), 1);
    here.link("v", Batch::flags(["a"])).unwrap().all_ok().unwrap();
    for call in [
        |project: &Project| project.delete().map(drop),
        |project: &Project| project.unlink("v", Batch::flags(["a"])).map(drop),
    ] {
        let error = call(&here).unwrap_err();
        let Error::RevisionDiffers { what, expected, actual } = &error else { panic!("{error}") };
        assert_eq!((what.as_str(), *expected, *actual), ("the store", 2, 3));
    }
    assert_eq!(flags(&store, "v"), ["a"]);
}

#[test]
fn positions_are_valid_after_recovery_reopening_and_kills() {
    let dir = tempfile::tempdir().unwrap();
    let mut kept = Vec::new();
    for round in 0..6 {
        let path = dir.path().join(round.to_string());
        let store = Options::new().segment_size(4_096).open(&path).unwrap();
        create(&project(&store), &format!("view-{round}"));
        kept.push(position(&store));
        if round % 3 == 0 {
            stop_writes(&store);
            store.recover().unwrap();
        }
        for (place, position) in kept.iter().enumerate() {
            let expected: Vec<u64> = (place as u64 + 2..=revision(&store)).collect();
            assert_eq!(after(&store, *position), expected);
        }
        assert_eq!(position(&store), *kept.last().unwrap());
        if round % 2 == 0 {
            store.close().unwrap();
        }
        copy(&path, &dir.path().join((round + 1).to_string()));
    }
}

#[test]
fn waiting_for_a_position_returns_whether_the_store_has_its_changes() {
    let (store, project) = two_views();
    let dir = tempfile::tempdir().unwrap();
    let copy = copy_of(&store, &dir.path().join("copy"));
    assert!(copy.wait_for(position(&store), Duration::ZERO).unwrap());
    link(&project, "v", &["a"]);
    assert!(!copy.wait_for(position(&store), Duration::ZERO).unwrap());
    assert!(store.wait_for(position(&copy), Duration::ZERO).unwrap());
    assert_eq!(store.follow().unwrap(), 0, "a store by itself follows no order");
}
