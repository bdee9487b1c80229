//! Waiting for the next change: who is woken, by what, and its cost for other callers.

use std::io::ErrorKind;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use viewlink::testing::{DiskFault, SimulatedDisk};
use viewlink::{Batch, Change, Error, Fault, Feed, NewView, Options, Result, Store, ViewPatch};

use crate::replica::Replica;
use crate::support::{
    Random, assert_clean_and_replayed, create, link, memory, project, revision, stop_writes,
    two_views,
};

/// A time limit that no working call reaches.
const LONG: Duration = Duration::from_secs(30);
/// Long enough for a thread to begin to wait, even on a busy machine. If it is not enough, the test checks less and
/// does not fail.
const A_MOMENT: Duration = Duration::from_millis(30);

type Page = Result<Vec<Change>>;

/// Waits in a thread for one page, without a time limit.
fn waiting(mut feed: Feed) -> Receiver<(Page, Feed)> {
    let (done, result) = mpsc::channel();
    thread::spawn(move || {
        let page = feed.wait(Duration::MAX, 100);
        let _ = done.send((page, feed));
    });
    thread::sleep(A_MOMENT);
    result
}

fn revisions(page: Page) -> Vec<u64> {
    page.unwrap().iter().map(|change| change.revision).collect()
}

#[test]
fn a_waiter_is_woken_by_each_change_and_gets_it() {
    let (store, project) = two_views();
    let mut feed = store.feed(2).unwrap();
    for round in 0..5 {
        let woken = waiting(feed);
        link(&project, "v", &[&format!("k{round}")]);
        let (page, back) = woken.recv_timeout(LONG).expect("it sleeps on");
        assert_eq!(revisions(page), [3 + round]);
        feed = back;
    }
    // Available changes are returned without waiting.
    assert_eq!(revisions(store.feed(0).unwrap().wait(Duration::ZERO, 3)), [1, 2, 3]);
}

#[test]
fn a_wait_without_a_change_ends_at_its_timeout_with_an_empty_page() {
    let (store, project) = two_views();
    let mut feed = store.feed(2).unwrap();
    for millis in [0, 1, 50] {
        let (start, timeout) = (Instant::now(), Duration::from_millis(millis));
        assert!(feed.wait(timeout, 9).unwrap().is_empty());
        assert!(start.elapsed() >= timeout && start.elapsed() < LONG);
        assert_eq!(feed.revision(), 2);
    }
    link(&project, "v", &["a"]);
    assert_eq!(revisions(feed.wait(Duration::MAX, 9)), [3]);
}

/// Calls, recoveries and failures that make no change visible.
#[test]
fn nothing_but_a_visible_change_ends_a_wait() {
    let (store, project) = two_views();
    let mut feed = store.feed(2).unwrap();
    let (begun, busy) = mpsc::channel();
    let waiter = thread::spawn(move || {
        begun.send(()).unwrap();
        let page = feed.wait(Duration::from_millis(400), 9).unwrap();
        (page.is_empty(), feed.revision())
    });
    busy.recv_timeout(LONG).unwrap();
    for fault in [Fault::NotApplied, Fault::Panic, Fault::Unknown] {
        let report = project.unlink("v", Batch::flags(["not there"])).unwrap();
        assert_eq!(report.revision(), None);
        store.checkpoint().unwrap();
        store.fail_next_change(fault);
        project.create_view(NewView::new("x", "")).unwrap_err();
        thread::sleep(A_MOMENT);
    }
    assert_eq!(waiter.join().unwrap(), (true, 2));
}

#[test]
fn closing_wakes_all_waiters_and_waits_for_none() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let waiters: Vec<_> = (0..8).map(|_| waiting(store.feed(0).unwrap())).collect();
    store.close().unwrap();
    for waiter in waiters {
        let (page, _) = waiter.recv_timeout(LONG).expect("it sleeps on");
        assert!(matches!(page, Err(Error::Closed)), "{page:?}");
    }
    drop(Store::open(dir.path()).unwrap());
}

#[test]
fn a_waiter_continues_after_a_failure_and_recovery() {
    for fault in [Fault::Unknown, Fault::Committed] {
        let (store, project) = two_views();
        let woken = waiting(store.feed(2).unwrap());
        store.fail_next_change(fault);
        project.link("v", Batch::flags(["a"])).unwrap_err();
        thread::sleep(A_MOMENT);
        assert!(woken.try_recv().is_err(), "nothing is visible");
        store.recover().unwrap();
        if revision(&store) == 2 {
            link(&project, "v", &["a"]);
        }
        let (page, _) = woken.recv_timeout(LONG).expect("it sleeps on");
        assert_eq!(revisions(page), [3]);
    }
}

#[test]
fn a_failed_recovery_wakes_waiters_with_the_reason_and_a_later_one_continues_the_feed() {
    let disk = SimulatedDisk::new();
    let store = Options::new().open_on(&disk).unwrap();
    create(&project(&store), "v");
    let woken = waiting(store.feed(1).unwrap());
    stop_writes(&store);
    disk.fail(DiskFault::new(ErrorKind::Other).permanently());
    store.recover().unwrap_err();
    let (page, mut feed) = woken.recv_timeout(LONG).expect("it sleeps on");
    let Err(Error::WritesStopped { reason }) = page else { panic!("{page:?}") };
    assert!(reason.contains("recovery failed"), "{reason}");
    assert!(matches!(feed.next_page(9), Err(Error::WritesStopped { .. })));
    assert!(matches!(store.feed(1), Err(Error::WritesStopped { .. })));
    disk.clear_fault();
    store.recover().unwrap();
    assert!(feed.next_page(9).unwrap().is_empty());
    let woken = waiting(feed);
    link(&project(&store), "v", &["a"]);
    assert_eq!(revisions(woken.recv_timeout(LONG).expect("it sleeps on").0), [2]);
}

/// Reads until the revision is there, and waits if there is nothing to read.
fn follow(feed: &mut Feed, replica: &mut Replica, until: u64, limit: usize) {
    let start = Instant::now();
    while replica.revision() < until {
        replica.take_in(feed.wait(LONG, limit).unwrap());
        assert!(start.elapsed() < 2 * LONG, "it stops at {}", replica.revision());
    }
}

#[test]
fn many_followers_of_many_writers_each_get_every_change_once_in_order() {
    let options = Options::new().segment_size(4_096).keep_changes(None);
    let store = options.checkpoint_bytes(16 << 10).open_in_memory().unwrap();
    let project = project(&store);
    (0..3).for_each(|view| create(&project, &format!("v{view}")));
    let (writers, rounds) = (4, 60);
    let changes = 3 + writers * rounds;
    thread::scope(|scope| {
        for follower in 0..12 {
            let mut feed = store.feed(0).unwrap();
            let store = &store;
            scope.spawn(move || {
                let mut replica = Replica::default();
                follow(&mut feed, &mut replica, changes, 1 + follower * 3);
                replica.assert_same(&store.snapshot().unwrap());
            });
        }
        for writer in 0..writers {
            let project = &project;
            scope.spawn(move || {
                let mut random = Random(writer);
                for round in 0..rounds {
                    let view = format!("v{}", random.below(3));
                    let keys = (0..4).map(|_| format!("w{writer}-{}", random.below(12)));
                    let keys: Vec<String> = keys.collect();
                    let made = match random.below(3) {
                        0 => project.unlink(&view, Batch::flags(&keys)).unwrap(),
                        _ => project.link(&view, Batch::flags(&keys)).unwrap(),
                    };
                    // So that the number of changes is known.
                    if made.revision().is_none() {
                        let name = format!("{writer}-{round}");
                        project.update_view(&view, ViewPatch::new().name(name)).unwrap();
                    }
                }
            });
        }
    });
    assert_eq!(revision(&store), changes);
    assert_clean_and_replayed(&store);
}

#[test]
fn a_feed_that_is_read_while_the_store_fails_and_recovers_gets_every_change_once() {
    let store = Options::new().segment_size(4_096).keep_changes(None).open_in_memory().unwrap();
    let project = project(&store);
    create(&project, "v");
    let (done, last) = mpsc::channel();
    let mut feed = store.feed(0).unwrap();
    let follower = thread::spawn(move || {
        let mut replica = Replica::default();
        let mut until = None;
        while until != Some(replica.revision()) {
            replica.take_in(feed.wait(Duration::from_millis(20), 3).unwrap());
            until = until.or_else(|| last.try_recv().ok());
        }
        replica
    });
    for round in 0..60 {
        link(&project, "v", &[&format!("{round:0200}")]);
        if round % 3 == 0 {
            store.fail_next_change([Fault::Unknown, Fault::Committed][round % 2]);
            project.link("v", Batch::flags([format!("lost-{round}")])).unwrap_err();
            store.recover().unwrap();
        }
    }
    done.send(revision(&store)).unwrap();
    follower.join().unwrap().assert_same(&store.snapshot().unwrap());
}

#[test]
fn a_page_interrupted_by_a_recovery_has_the_recovered_changes() {
    let store = Options::new().segment_size(4_096).keep_changes(None).open_in_memory().unwrap();
    let project = project(&store);
    create(&project, "v");
    (0..30).for_each(|round| link(&project, "v", &[&format!("{round:0200}")]));
    let (done, last) = mpsc::channel::<()>();
    let reader = store.clone();
    let follower = thread::spawn(move || {
        while matches!(last.try_recv(), Err(mpsc::TryRecvError::Empty)) {
            Replica::default().catch_up(&mut reader.feed(0).unwrap(), 1);
        }
    });
    for _ in 0..60 {
        stop_writes(&store);
        store.recover().unwrap();
    }
    drop(done);
    follower.join().unwrap();
}

/// A change may come at any moment between the check for changes and the wait.
#[test]
fn a_change_at_the_moment_when_a_wait_begins_is_not_missed() {
    let (store, project) = two_views();
    let mut feed = store.feed(2).unwrap();
    let (ready, go_on) = mpsc::channel();
    let rounds = 3_000;
    let follower = thread::spawn(move || {
        for _ in 0..rounds {
            ready.send(()).unwrap();
            let start = Instant::now();
            assert_eq!(feed.wait(LONG, 1).unwrap().len(), 1);
            assert!(start.elapsed() < LONG);
        }
    });
    let mut random = Random(1);
    for round in 0..rounds {
        go_on.recv_timeout(LONG).expect("it sleeps on");
        (0..random.below(3_000)).for_each(|_| std::hint::spin_loop());
        project.update_view("v", ViewPatch::new().name(round.to_string())).unwrap();
    }
    follower.join().unwrap();
}

/// Invariant 8 for a feed: at whatever moment the power is lost, the store has all changes that the feed returned
/// before.
#[test]
fn no_loss_of_power_undoes_a_change_that_a_feed_returned() {
    let disk = SimulatedDisk::new();
    let options = || Options::new().segment_size(4_096).keep_changes(None);
    let store = options().open_on(&disk).unwrap();
    let project = project(&store);
    create(&project, "v");
    let mut feed = store.feed(0).unwrap();
    let changes = 1 + 3 * 12;
    let mut given = vec![(disk.calls(), 0)];
    thread::scope(|scope| {
        for writer in 0..3 {
            let project = &project;
            scope.spawn(move || {
                (0..12).for_each(|round| link(project, "v", &[&format!("{writer}-{round:0200}")]));
            });
        }
        while feed.revision() < changes {
            assert!(!feed.wait(LONG, 5).unwrap().is_empty());
            given.push((disk.calls(), feed.revision()));
        }
    });
    let first = given[0].0;
    for (call, stopped) in disk.stops().enumerate().skip(first) {
        let (_, position) = given.iter().rfind(|(calls, _)| *calls <= call).unwrap();
        let after = options().open_on(&stopped.power_lost(call as u64)).unwrap();
        let found = revision(&after);
        assert!(found >= *position, "{found} at call {call}, and {position} was given");
        after.feed(*position).unwrap();
    }
}

#[test]
fn a_waiter_holds_no_lock_that_a_change_needs() {
    let store = memory();
    let waiters: Vec<_> = (0..4).map(|_| waiting(store.feed(0).unwrap())).collect();
    // Operations that need the store exclusively.
    store.compact().unwrap();
    stop_writes(&store);
    store.recover().unwrap();
    assert!(store.verify().unwrap().is_clean());
    create(&project(&store), "v");
    for waiter in waiters {
        let (page, _) = waiter.recv_timeout(LONG).expect("it sleeps on");
        assert_eq!(revisions(page), [1]);
    }
}
