//! The feed as a stream: every change once, for tasks that are woken and may be dropped at any moment.

use std::io::ErrorKind;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

use futures_core::Stream;
use tokio::runtime::Builder;
use tokio::time::timeout;
use viewlink::testing::{DiskFault, SimulatedDisk};
use viewlink::{Batch, Change, Error, Fault, FeedStream, NewView, Options, Result, Store};

use crate::asynchronous::runtime;
use crate::replica::Replica;
use crate::support::{Random, create, link, memory, project, revision, stop_writes, two_views};

/// A time limit that no working call reaches.
const LONG: Duration = Duration::from_secs(30);
/// Long enough for expected events to happen.
const A_MOMENT: Duration = Duration::from_millis(30);

fn stream(store: &Store, after: u64) -> FeedStream {
    store.feed(after).unwrap().into_stream()
}

async fn next(feed: &mut FeedStream) -> Option<Result<Change>> {
    timeout(LONG, feed.next()).await.expect("it sleeps on")
}

/// The revisions of the next changes.
async fn revisions(feed: &mut FeedStream, count: usize) -> Vec<u64> {
    let mut revisions = Vec::new();
    for _ in 0..count {
        let change = next(feed).await.unwrap().unwrap();
        assert_eq!(feed.revision(), change.revision);
        revisions.push(change.revision);
    }
    revisions
}

#[test]
fn a_stream_returns_existing_and_new_changes() {
    let (store, project) = two_views();
    let store = store.into_async();
    // The thread also has other tasks.
    Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
        let mut feed = store.feed(1).await.unwrap();
        assert_eq!(revisions(&mut feed, 1).await, [2]);
        let follower = tokio::spawn(async move { revisions(&mut feed, 5).await });
        for round in 0..5 {
            tokio::time::sleep(Duration::from_millis(2)).await;
            let project = store.project(project.key().as_str()).unwrap();
            project.link("v", Batch::flags([round.to_string()])).await.unwrap().all_ok().unwrap();
        }
        assert_eq!(follower.await.unwrap(), [3, 4, 5, 6, 7]);
        let ahead = store.feed(8).await;
        assert!(matches!(ahead, Err(Error::FeedAhead { position: 8, revision: 7 })), "{ahead:?}");
    });
}

#[test]
fn a_stream_continues_after_the_end_of_a_page() {
    let store = Options::new().keep_changes(None).open_in_memory().unwrap();
    let project = project(&store);
    create(&project, "v");
    (2..=2_100).for_each(|number| link(&project, "v", &[&number.to_string()]));
    runtime(1).block_on(async {
        let one_by_one = store.feed(2_000).unwrap().page_bytes(1).into_stream();
        for (mut feed, first) in [(stream(&store, 0), 1), (one_by_one, 2_001)] {
            let expected: Vec<u64> = (first..=2_100).collect();
            assert_eq!(revisions(&mut feed, expected.len()).await, expected);
        }
    });
}

/// Yields to other tasks this number of times.
async fn turns(count: usize) {
    for _ in 0..count {
        tokio::task::yield_now().await;
    }
}

#[test]
fn law_no_change_is_lost_if_a_poll_is_abandoned() {
    let store = Options::new().segment_size(4_096).keep_changes(None).open_in_memory().unwrap();
    let project = project(&store);
    create(&project, "v");
    let (writers, rounds) = (3, 100);
    let changes = 1 + writers * rounds;
    let runtime = runtime(8);
    let followers: Vec<_> = (0..6)
        .map(|seed| {
            let mut feed = store.feed(0).unwrap().page_bytes(seed * 100).into_stream();
            runtime.spawn(async move {
                let (mut replica, mut random, mut given_up) =
                    (Replica::default(), Random(seed as u64), 0);
                let start = Instant::now();
                while replica.revision() < changes {
                    assert!(start.elapsed() < LONG, "it stops at {}", replica.revision());
                    let patience = random.below(4);
                    tokio::select! {
                        biased;
                        change = feed.next() => replica.take_in([change.unwrap().unwrap()]),
                        () = turns(patience) => given_up += 1,
                    }
                    assert_eq!(feed.revision(), replica.revision());
                }
                (replica, given_up)
            })
        })
        .collect();
    thread::scope(|scope| {
        for writer in 0..writers {
            let project = &project;
            scope.spawn(move || {
                (0..rounds).for_each(|round| link(project, "v", &[&format!("{writer}-{round}")]));
            });
        }
    });
    for follower in followers {
        let (replica, given_up) = runtime.block_on(follower).unwrap();
        assert!(given_up > 0);
        replica.assert_same(&store.snapshot().unwrap());
    }
}

#[test]
fn waiting_streams_block_no_thread() {
    let (store, _) = two_views();
    let runtime = runtime(1);
    let followers: Vec<_> = (0..8)
        .map(|_| {
            let mut feed = stream(&store, 2);
            runtime.spawn(async move { revisions(&mut feed, 1).await })
        })
        .collect();
    thread::sleep(A_MOMENT);
    let store = store.into_async();
    runtime.block_on(async {
        let project = store.project("p").unwrap();
        let created = project.create_view(NewView::new("x", "X"));
        timeout(LONG, created).await.expect("they block the only thread").unwrap();
        for follower in followers {
            assert_eq!(follower.await.unwrap(), [3]);
        }
    });
}

/// Counts how often it is woken.
#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Wakes {
    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    /// Polls whenever it is woken, until there is a change, or until it has not been woken for a moment.
    fn drive(self: &Arc<Self>, feed: &mut FeedStream) -> Option<u64> {
        let waker = Waker::from(Arc::clone(self));
        loop {
            let woken = self.count();
            match Pin::new(&mut *feed).poll_next(&mut Context::from_waker(&waker)) {
                Poll::Ready(change) => return Some(change.unwrap().unwrap().revision),
                Poll::Pending => {
                    let start = Instant::now();
                    while self.count() == woken {
                        if start.elapsed() > 10 * A_MOMENT {
                            return None;
                        }
                        thread::yield_now();
                    }
                }
            }
        }
    }
}

#[test]
fn a_waiting_stream_is_woken_once_by_a_change_and_by_nothing_else() {
    let (store, project) = two_views();
    let runtime = runtime(2);
    let _runtime = runtime.enter();
    let (mut feed, wakes) = (stream(&store, 2), Arc::new(Wakes::default()));
    for round in 0..3 {
        assert_eq!(wakes.drive(&mut feed), None);
        let before = wakes.count();
        thread::sleep(A_MOMENT);
        assert_eq!(wakes.count(), before, "the stream is polled again and again");
        link(&project, "v", &[&round.to_string()]);
        link(&project, "w", &[&round.to_string()]);
        assert_eq!(wakes.count(), before + 1);
        assert_eq!(wakes.drive(&mut feed), Some(3 + 2 * round));
        assert_eq!(wakes.drive(&mut feed), Some(4 + 2 * round));
    }
    // A dropped stream is not woken any more.
    assert_eq!(wakes.drive(&mut feed), None);
    drop(feed);
    assert_eq!(Arc::strong_count(&wakes), 1);
}

/// A task that passes its stream to another task.
#[test]
fn the_task_that_polled_last_is_woken() {
    let (store, project) = two_views();
    let runtime = runtime(2);
    let _runtime = runtime.enter();
    let (first, second) = (Arc::new(Wakes::default()), Arc::new(Wakes::default()));
    let mut feed = stream(&store, 2);
    assert_eq!(first.drive(&mut feed), None);
    assert_eq!(second.drive(&mut feed), None);
    let before = (first.count(), second.count());
    link(&project, "v", &["a"]);
    assert_eq!((first.count(), second.count()), (before.0, before.1 + 1));
    assert_eq!(second.drive(&mut feed), Some(3));
}

#[test]
fn closing_ends_a_stream_after_the_changes_it_read() {
    let (store, _) = two_views();
    runtime(2).block_on(async {
        let mut begun = stream(&store, 0);
        assert_eq!(revisions(&mut begun, 1).await, [1]);
        let mut waiting = stream(&store, 2);
        let waiting = tokio::spawn(async move {
            let last = next(&mut waiting).await;
            (last, next(&mut waiting).await)
        });
        tokio::time::sleep(A_MOMENT).await;
        store.into_async().close().await.unwrap();
        let (last, behind) = waiting.await.unwrap();
        assert!(matches!(last, Some(Err(Error::Closed))), "{last:?}");
        assert!(behind.is_none());
        assert_eq!(revisions(&mut begun, 1).await, [2]);
        assert!(matches!(next(&mut begun).await, Some(Err(Error::Closed))));
        assert!(next(&mut begun).await.is_none());
        assert_eq!(begun.revision(), 2);
    });
}

#[test]
fn a_stream_continues_after_a_failure_and_recovery() {
    let (store, project) = two_views();
    let mut feed = stream(&store, 2);
    runtime(2).block_on(async {
        for fault in [Fault::Unknown, Fault::Committed] {
            let before = feed.revision();
            let name = format!("{fault:?}");
            store.fail_next_change(fault);
            project.link("v", Batch::flags([&*name])).unwrap_err();
            assert!(timeout(A_MOMENT, feed.next()).await.is_err(), "nothing is visible");
            store.recover().unwrap();
            link(&project, "w", &[&name]);
            let expected: Vec<u64> = (before + 1..=revision(&store)).collect();
            assert_eq!(revisions(&mut feed, expected.len()).await, expected);
        }
    });
}

#[test]
fn a_failed_recovery_ends_a_stream_and_a_new_one_continues_from_its_position() {
    let disk = SimulatedDisk::new();
    let store = Options::new().open_on(&disk).unwrap();
    create(&project(&store), "v");
    let mut feed = stream(&store, 0);
    runtime(2).block_on(async {
        assert_eq!(revisions(&mut feed, 1).await, [1]);
        stop_writes(&store);
        disk.fail(DiskFault::new(ErrorKind::Other).permanently());
        store.recover().unwrap_err();
        let last = next(&mut feed).await;
        assert!(matches!(last, Some(Err(Error::WritesStopped { .. }))), "{last:?}");
        assert!(next(&mut feed).await.is_none());
        disk.clear_fault();
        store.recover().unwrap();
        assert!(next(&mut feed).await.is_none());
        link(&project(&store), "v", &["a"]);
        assert_eq!(revisions(&mut stream(&store, feed.revision()), 1).await, [2]);
    });
}

#[test]
fn a_stream_outside_of_a_runtime_returns_an_error_and_ends() {
    let store = memory();
    let mut feed = stream(&store, 0);
    let mut context = Context::from_waker(Waker::noop());
    let first = Pin::new(&mut feed).poll_next(&mut context);
    assert!(matches!(first, Poll::Ready(Some(Err(Error::NoRuntime)))), "{first:?}");
    assert!(matches!(Pin::new(&mut feed).poll_next(&mut context), Poll::Ready(None)));
}
