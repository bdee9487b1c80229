//! The feed: which changes it returns, where it continues, and its errors.

use std::io::{Seek, SeekFrom, Write};
use std::time::Duration;

use proptest::prelude::*;
use viewlink::{
    Batch, Change, Checkpoints, Error, Fault, Feed, NewView, Options, Project, Store, Timestamp,
    ViewPatch,
};

use crate::laws::cases;
use crate::model::{Model, TIME, assert_same, calls};
use crate::replica::Replica;
use crate::support::{
    Clock, assert_clean, copy, create, link, memory, project, revision, stop_writes, two_views,
};

/// Segments so small that a dozen changes fill one.
fn small() -> Options {
    Options::new().segment_size(4_096)
}

/// Adds `count` changes of a known size: about ten fill a segment of 4 KiB.
fn add(store: &Store, count: usize) {
    let project = project(store);
    project.ensure_view(NewView::new("v", "")).unwrap();
    for _ in 0..count {
        let name = format!("{:0250}", revision(store));
        project.update_view("v", ViewPatch::new().name(name)).unwrap();
    }
}

fn revisions(page: &[Change]) -> Vec<u64> {
    page.iter().map(|change| change.revision).collect()
}

/// All available changes, in pages of `limit`.
fn rest(feed: &mut Feed, limit: usize) -> Vec<u64> {
    let mut seen = Vec::new();
    loop {
        let page = feed.next_page(limit).unwrap();
        if page.is_empty() {
            return seen;
        }
        seen.extend(revisions(&page));
    }
}

#[test]
fn a_feed_gives_each_change_once_in_order_over_many_segments() {
    for limit in [1, 2, 7, 1_000] {
        let store = small().open_in_memory().unwrap();
        let mut feed = store.feed(0).unwrap();
        assert!(feed.next_page(limit).unwrap().is_empty());
        let mut seen = Vec::new();
        for count in [1, 0, 30, 2, 0, 17] {
            add(&store, count);
            seen.extend(rest(&mut feed, limit));
            assert_eq!(seen, (1..=revision(&store)).collect::<Vec<u64>>());
            assert_eq!(feed.revision(), revision(&store));
        }
        for after in 0..=revision(&store) {
            let expected: Vec<u64> = (after + 1..=revision(&store)).collect();
            assert_eq!(rest(&mut store.feed(after).unwrap(), limit), expected);
        }
    }
}

#[test]
fn a_change_of_the_feed_has_all_its_fields() {
    let (store, project) = two_views();
    let project = project.actor("ann").comment("a reason").reverts(1);
    project.link("v", Batch::flags(["b", "a"])).unwrap().all_ok().unwrap();
    let page = store.feed(2).unwrap().next_page(10).unwrap();
    let from_snapshot = store.snapshot().unwrap().changes(3).unwrap();
    assert_eq!(page, from_snapshot.collect::<Result<Vec<_>, _>>().unwrap());
    assert_eq!(page[0].actor.as_deref(), Some("ann"));
    assert_eq!(page[0].comment.as_deref(), Some("a reason"));
    assert_eq!(page[0].reverts, Some(1));
}

#[test]
fn a_page_ends_at_its_count_or_size_and_has_at_least_one_change() {
    let store = memory();
    add(&store, 20);
    let sizes = |feed: Feed, limit| {
        let mut feed = feed;
        let mut sizes = Vec::new();
        while feed.revision() < 21 {
            sizes.push(feed.next_page(limit).unwrap().len());
        }
        sizes
    };
    let feed = || store.feed(0).unwrap();
    assert_eq!(sizes(feed(), 0), [1; 21]);
    assert_eq!(sizes(feed(), 8), [8, 8, 5]);
    assert_eq!(sizes(feed(), usize::MAX), [21]);
    assert_eq!(sizes(feed().page_bytes(0), 8), [1; 21]);
    // The first two are small; the others have about 540 bytes, with the previous name.
    assert_eq!(sizes(feed().page_bytes(1_000), 100), [4, 2, 2, 2, 2, 2, 2, 2, 2, 1]);
    assert_eq!(sizes(feed().page_bytes(2_000), 3), [3; 7]);
}

#[test]
fn a_follower_continues_from_its_position_after_a_reopening_and_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let mut seen = Vec::new();
    for round in 0..6 {
        let path = dir.path().join(round.to_string());
        let store = small().open(&path).unwrap();
        let id = store.id();
        let mut feed = store.feed(seen.len() as u64).unwrap();
        seen.extend(rest(&mut feed, 5));
        add(&store, 20);
        seen.extend(revisions(&feed.next_page(9).unwrap()));
        // The next round opens the store after a kill, or after it was closed.
        if round % 2 == 0 {
            drop(feed);
            store.close().unwrap();
        }
        let next = dir.path().join((round + 1).to_string());
        copy(&path, &next);
        assert_eq!(small().open(&next).unwrap().id(), id);
    }
    let store = small().open(dir.path().join("6")).unwrap();
    seen.extend(rest(&mut store.feed(seen.len() as u64).unwrap(), 5));
    assert_eq!(seen, (1..=121).collect::<Vec<u64>>());
}

#[test]
fn after_a_recovery_a_feed_returns_committed_changes_and_unknown_ones_that_exist() {
    for fault in [Fault::NotApplied, Fault::Panic, Fault::Unknown, Fault::Committed] {
        let (store, project) = two_views();
        let mut feed = store.feed(0).unwrap();
        let mut replica = Replica::default();
        for round in 0..5 {
            replica.catch_up(&mut feed, 2);
            store.fail_next_change(fault);
            project.link("v", Batch::flags([format!("k{round}")])).unwrap_err();
            assert!(feed.next_page(9).unwrap().is_empty(), "{fault:?} is not visible");
            store.recover().unwrap();
            replica.catch_up(&mut feed, 2);
            replica.assert_same(&store.snapshot().unwrap());
            link(&project, "w", &[&format!("k{round}")]);
        }
        replica.catch_up(&mut feed, 2);
        replica.assert_same(&store.snapshot().unwrap());
        let committed = if fault == Fault::Committed { 5 } else { 0 };
        assert!(replica.revision() >= 7 + committed, "{fault:?}");
    }
}

#[test]
fn the_error_of_a_late_feed_names_the_oldest_change_and_a_new_feed_continues_there() {
    let store = small().keep_changes(Some(20)).open_in_memory().unwrap();
    let mut feed = store.feed(0).unwrap();
    add(&store, 30);
    assert_eq!(revisions(&feed.next_page(2).unwrap()), [1, 2]);
    add(&store, 60);
    store.checkpoint().unwrap();
    let kept = store.verify().unwrap().counts.oldest_kept;
    assert!(kept > 31);
    for _ in 0..2 {
        let error = feed.next_page(9).unwrap_err();
        let Error::JournalTrimmed { requested: 3, oldest } = error else { panic!("{error}") };
        assert_eq!(oldest, kept);
        let error = feed.wait(Duration::from_secs(60), 9).unwrap_err();
        assert!(matches!(error, Error::JournalTrimmed { .. }), "{error}");
        assert_eq!(feed.revision(), 2);
    }
    for after in [0, 1, kept - 2] {
        let error = store.feed(after).unwrap_err();
        let Error::JournalTrimmed { requested, oldest } = error else { panic!("{error}") };
        assert_eq!((requested, oldest), (after + 1, kept));
    }
    let mut again = store.feed(kept - 1).unwrap();
    assert_eq!(rest(&mut again, 9), (kept..=revision(&store)).collect::<Vec<u64>>());
}

#[test]
fn a_page_does_not_read_earlier_pages_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    add(&store, 5);
    let mut feed = store.feed(0).unwrap();
    assert_eq!(rest(&mut feed, 3), [1, 2, 3, 4, 5, 6]);
    let segment = crate::support::segments(dir.path())[0].clone();
    let mut file = std::fs::OpenOptions::new().write(true).open(segment).unwrap();
    file.seek(SeekFrom::Start(100)).unwrap();
    file.write_all(&[0xff; 8]).unwrap();
    assert!(matches!(store.feed(0).unwrap().next_page(9), Err(Error::Damaged { .. })));
    add(&store, 2);
    assert_eq!(rest(&mut feed, 3), [7, 8]);
}

#[test]
fn readable_changes_are_returned_before_the_error() {
    let dir = tempfile::tempdir().unwrap();
    let store = small().keep_changes(None).open(dir.path()).unwrap();
    add(&store, 30);
    let second = crate::support::segments(dir.path())[1].clone();
    std::fs::remove_file(second).unwrap();
    let mut feed = store.feed(0).unwrap();
    let page = feed.next_page(100).unwrap();
    assert!(!page.is_empty() && page.len() < 31);
    for _ in 0..2 {
        let error = feed.next_page(100).unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{error}");
        assert_eq!(feed.revision(), page.len() as u64);
    }
}

#[test]
fn changes_beyond_the_maximum_age_are_not_in_a_feed() {
    let clock = Clock::default();
    let options = clock.options().segment_size(4_096).keep_changes(None);
    let store = options.keep_for(Some(Duration::from_millis(500))).open_in_memory().unwrap();
    let mut feed = store.feed(0).unwrap();
    clock.set(1_000);
    add(&store, 40);
    clock.pass(9_000, 100, |_| add(&store, 1));
    store.checkpoint().unwrap();
    let error = feed.next_page(9).unwrap_err();
    let Error::JournalTrimmed { requested: 1, oldest } = error else { panic!("{error}") };
    assert!(oldest > 20);
    let mut again = store.feed(oldest - 1).unwrap();
    assert_eq!(rest(&mut again, 9), (oldest..=revision(&store)).collect::<Vec<u64>>());
}

#[test]
fn a_position_that_the_store_has_not_reached_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let store = memory();
    add(&store, 2);
    let path = dir.path().join("copy");
    store.backup_to(&path).unwrap();
    add(&store, 5);
    for after in [revision(&store) + 1, u64::MAX] {
        let error = store.feed(after).unwrap_err();
        let Error::FeedAhead { position, revision: 8 } = error else { panic!("{error}") };
        assert_eq!(position, after);
    }
    // An older copy replaced the store.
    let restored = Store::open(&path).unwrap();
    assert!(matches!(restored.feed(8), Err(Error::FeedAhead { position: 8, revision: 3 })));
    assert_ne!(restored.id(), store.id());
    assert_eq!(store.id().len(), 16);
}

#[test]
fn a_feed_keeps_the_store_open_until_it_is_dropped_and_ends_when_it_is_closed() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    create(&project(&store), "v");
    let mut feed = store.feed(0).unwrap();
    drop(store);
    assert!(matches!(Store::open(dir.path()), Err(Error::AlreadyOpen { .. })));
    assert_eq!(feed.next_page(9).unwrap().len(), 1);
    drop(feed);
    let store = Store::open(dir.path()).unwrap();
    let (mut feed, other) = (store.feed(0).unwrap(), store.clone());
    store.close().unwrap();
    assert!(matches!(feed.next_page(9), Err(Error::Closed)));
    assert!(matches!(feed.wait(Duration::from_secs(60), 9), Err(Error::Closed)));
    assert!(matches!(other.feed(0), Err(Error::Closed)));
    drop(Store::open(dir.path()).unwrap());
}

#[test]
fn a_feed_keeps_neither_the_state_nor_changes_in_memory() {
    let store = small().keep_changes(Some(0)).open_in_memory().unwrap();
    let mut feed = store.feed(0).unwrap();
    add(&store, 20);
    feed.next_page(1).unwrap();
    assert_eq!(store.stats().snapshots, 0);
    store.compact().unwrap();
    assert!(store.verify().unwrap().counts.oldest_kept > 2);
    assert!(matches!(feed.next_page(1), Err(Error::JournalTrimmed { .. })));
    assert_clean(&store);
}

/// The actions of a test with a follower.
#[derive(Clone, Copy, Debug)]
enum Step {
    Read(usize),
    Page(usize, usize),
    Recover,
    Reopen,
    Kill,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1..8_usize).prop_map(Step::Read),
        2 => (1..8_usize, 0..300_usize).prop_map(|(limit, bytes)| Step::Page(limit, bytes)),
        1 => Just(Step::Recover),
        1 => Just(Step::Reopen),
        1 => Just(Step::Kill),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(48)))]

    #[test]
    fn replaying_the_feed_gives_the_content_of_the_store(
        parts in prop::collection::vec((calls(12), step()), 1..8),
    ) {
        let dir = tempfile::tempdir().unwrap();
        // The model is for stores whose clock stands still.
        let clock = || Timestamp::from_millis(TIME);
        let options =
            || small().keep_changes(None).checkpoints(Checkpoints::Inline).checkpoint_bytes(1 << 10).clock(clock);
        let mut path = dir.path().join("0");
        let mut store = options().open(&path).unwrap();
        let mut feed = store.feed(0).unwrap();
        let (mut model, mut replica) = (Model::default(), Replica::default());
        for (number, (calls, step)) in parts.iter().enumerate() {
            calls.iter().for_each(|call| model.call(&store, call));
            match *step {
                Step::Read(limit) => replica.catch_up(&mut feed, limit),
                Step::Page(limit, bytes) => {
                    feed = feed.page_bytes(bytes);
                    replica.take_in(feed.next_page(limit).unwrap());
                }
                Step::Recover => {
                    stop_writes(&store);
                    store.recover().unwrap();
                }
                Step::Reopen => {
                    store.close().unwrap();
                    store = options().open(&path).unwrap();
                    feed = store.feed(replica.revision()).unwrap();
                }
                Step::Kill => {
                    let next = dir.path().join((number + 1).to_string());
                    copy(&path, &next);
                    store = options().open(&next).unwrap();
                    feed = store.feed(replica.revision()).unwrap();
                    path = next;
                }
            }
        }
        replica.catch_up(&mut feed, 7);
        let snapshot = store.snapshot().unwrap();
        assert_same(&snapshot, &model);
        replica.assert_same(&snapshot);
    }
}

/// The feed does not depend on the handle that makes changes.
#[test]
fn a_feed_can_be_moved_to_a_thread_and_cloned() {
    fn is_send<T: Send + Clone + 'static>(_: &T) {}
    let (store, _): (Store, Project) = two_views();
    let mut feed = store.feed(0).unwrap();
    is_send(&feed);
    feed.next_page(1).unwrap();
    let mut other = feed.clone();
    assert_eq!(rest(&mut feed, 9), [2]);
    assert_eq!(rest(&mut other, 9), [2]);
}
