//! The store from async code: the same calls, and futures that are dropped.

use std::future::Future;
use std::pin::pin;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use viewlink::{
    AsyncProject, AsyncStore, Batch, Checkpoints, EnvironmentId, Error, FeedStream, LinkChange,
    NewResource, NewView, Options, Outcome, Report, ResourceFilter, ResourceType, Result,
    Timestamp, Unfollow, ViewPatch,
};

use crate::laws::cases;
use crate::support::{
    Clock, Random, assert_clean_and_replayed, content_of, flag, flags, journal, memory, project,
    revision,
};

/// A time limit that no working call reaches.
const LONG: Duration = Duration::from_secs(30);

/// A runtime with a few threads for tasks, and a few for blocking work.
pub(crate) fn runtime(blocking: usize) -> Runtime {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(2).max_blocking_threads(blocking).enable_time().build().unwrap()
}

/// Polls a call once; it is not done at once.
fn begin(call: impl Future) {
    let mut call = pin!(call);
    assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
}

/// Blocks a thread of the pool until the sender is dropped.
fn block(runtime: &Runtime, store: &AsyncStore) -> Sender<()> {
    let (release, wait) = mpsc::channel::<()>();
    let (begun, has_begun) = mpsc::channel();
    let store = store.clone();
    runtime.spawn(async move {
        let read = store.read(move |_| {
            begun.send(()).unwrap();
            let _ = wait.recv();
            Ok(())
        });
        read.await.unwrap();
    });
    has_begun.recv_timeout(LONG).unwrap();
    release
}

/// A clock that waits in the middle of a change while the mutex is locked.
fn held_clock() -> (Options, Arc<Mutex<()>>, Receiver<()>) {
    let (asked, has_asked) = mpsc::channel();
    let gate = Arc::new(Mutex::new(()));
    let held = Arc::clone(&gate);
    let options = Options::new().clock(move || {
        let _ = asked.send(());
        drop(held.lock().unwrap());
        Timestamp::from_millis(1)
    });
    (options, gate, has_asked)
}

#[test]
fn every_call_does_what_its_blocking_twin_does() {
    let clock = Clock::default();
    let blocking = clock.options().open_in_memory().unwrap();
    let store = clock.options().open_in_memory().unwrap().into_async();
    let twin = project(&blocking);
    let environment = EnvironmentId::parse("env").unwrap();
    runtime(4).block_on(async {
        let project = store.project("p").unwrap();
        assert_eq!(project.key(), twin.key());
        macro_rules! both {
            ($method:ident ( $($argument:expr),* )) => {{
                clock.set(revision(&blocking) + 1);
                let (here, there) = (project.$method($($argument),*).await, twin.$method($($argument),*));
                assert_eq!(format!("{here:?}"), format!("{there:?}"));
                assert_eq!(content_of(store.blocking()), content_of(&blocking));
            }};
        }
        let resources = || [NewResource::flag("a").tags(["t"]), NewResource::metric("no key")];
        let segments = || Batch::segments([("env", "s"), ("other", "s")]);
        both!(put_resources(resources()));
        both!(create_view(NewView::new("v", "V")));
        both!(create_view(NewView::new("v", "V")));
        both!(ensure_view(NewView::new("w", "W")));
        both!(link("v", Batch::flags(["a", "b", "a", "no key"])));
        both!(link("nowhere", Batch::flags(["a"])));
        both!(link("w", segments()));
        both!(unlink("v", Batch::flags(["b", "c"])));
        both!(replace("v", Batch::flags(["c", "d"])));
        both!(change_links([
            LinkChange::link("w", Batch::flags(["d"])),
            LinkChange::unlink("v", Batch::flags(["d"])),
        ]));
        both!(move_links("w", "v", [Batch::flags(["d", "never"])]));
        both!(move_links("v", "w", [Batch::flags(["d"])]));
        both!(update_view("w", ViewPatch::new().name("new")));
        let filter = || ResourceFilter::parse(ResourceType::Flag, "tags:t").unwrap();
        both!(follow("w", ResourceType::Flag, filter()));
        both!(unlink("w", Batch::flags(["a"])));
        both!(unfollow("w", ResourceType::Flag, Unfollow::RemoveLinks));
        both!(remove_resource(&flag("d")));
        both!(remove_environment(&environment));
        both!(delete_view("v"));
        both!(delete());
        both!(delete());
    });
    assert_clean_and_replayed(&blocking);
    assert_clean_and_replayed(store.blocking());
}

#[test]
fn the_notes_of_a_handle_apply_to_its_calls() {
    let store = memory().into_async();
    runtime(1).block_on(async {
        let project = store.project("p").unwrap();
        let said = project.actor("ada").comment("why").reverts(7);
        said.create_view(NewView::new("v", "V")).await.unwrap();
        let link = |project: AsyncProject| async move {
            project.link("v", Batch::flags(["a"])).await.map(|report| report.revision())
        };
        assert_eq!(link(project.dry_run()).await.unwrap(), None);
        for late in [project.if_store_at(9), project.if_view_at(9)] {
            let late = link(late).await;
            assert!(matches!(late, Err(Error::RevisionDiffers { actual: 1, .. })), "{late:?}");
        }
        assert_eq!(link(project.if_store_at(1).if_view_at(1)).await.unwrap(), Some(2));
    });
    let changes = journal(store.blocking());
    assert_eq!(changes.len(), 2);
    let created = &changes[0];
    assert_eq!(
        (created.actor.as_deref(), created.comment.as_deref(), created.reverts),
        (Some("ada"), Some("why"), Some(7))
    );
}

#[test]
fn a_store_is_opened_checked_copied_and_closed() {
    let dir = tempfile::tempdir().unwrap();
    let (path, copy) = (dir.path().join("store"), dir.path().join("copy"));
    runtime(2).block_on(async {
        let options = Options::new().checkpoints(Checkpoints::ByHand);
        let store = AsyncStore::open(options, &path).await.unwrap();
        let project = store.project("p").unwrap();
        project.create_view(NewView::new("v", "V")).await.unwrap();
        assert!(store.blocking().stats().bytes_since_checkpoint > 0);
        store.checkpoint().await.unwrap();
        assert_eq!(store.blocking().stats().bytes_since_checkpoint, 0);
        store.compact().await.unwrap();
        store.recover().await.unwrap();
        assert!(store.verify().await.unwrap().is_clean());
        assert_eq!(store.sizes().await.unwrap(), store.blocking().sizes().unwrap());
        assert_eq!(store.backup_to(&copy).await.unwrap(), 1);
        let again = AsyncStore::open(Options::new(), &path).await;
        assert!(matches!(again, Err(Error::AlreadyOpen { .. })), "{again:?}");
        store.clone().close().await.unwrap();
        assert!(matches!(store.close().await, Err(Error::Closed)));
        let late = project.delete_view("v").await;
        assert!(matches!(late, Err(Error::Closed)), "{late:?}");
        for path in [&path, &copy] {
            let store = AsyncStore::open(Options::new(), path).await.unwrap();
            assert_eq!(store.read(|snapshot| Ok(snapshot.revision())).await.unwrap(), 1);
        }
    });
}

#[test]
fn a_call_that_is_dropped_before_it_begins_is_not_made() {
    let store = memory().into_async();
    let runtime = runtime(1);
    let release = block(&runtime, &store);
    let project = store.project("p").unwrap();
    {
        let _runtime = runtime.enter();
        begin(project.create_view(NewView::new("v", "V")));
        begin(store.clone().close());
        // This future is not even polled once.
        drop(project.create_view(NewView::new("w", "W")));
    }
    drop(release);
    // After them in the queue of the only thread.
    let read = store.read(|snapshot| Ok(snapshot.revision()));
    assert_eq!(runtime.block_on(read).unwrap(), 0);
}

#[test]
fn a_call_that_is_dropped_in_the_middle_of_its_change_is_completed() {
    let (options, gate, has_asked) = held_clock();
    let store = options.open_in_memory().unwrap().into_async();
    let project = store.project("p").unwrap();
    let runtime = runtime(4);
    runtime.block_on(project.create_view(NewView::new("v", "V"))).unwrap();
    has_asked.try_iter().for_each(drop);
    let held = gate.lock().unwrap();
    let aborted = runtime.spawn(async move { project.link("v", Batch::flags(["a", "b"])).await });
    has_asked.recv_timeout(LONG).unwrap();
    aborted.abort();
    assert!(runtime.block_on(aborted).unwrap_err().is_cancelled());
    assert_eq!(revision(store.blocking()), 1);
    drop(held);
    drop(runtime);
    assert_eq!(flags(store.blocking(), "v"), ["a", "b"]);
}

/// The states that a task may leave if it was dropped at some moment.
#[test]
fn law_a_dropped_call_is_complete_or_absent_and_an_answered_one_is_complete() {
    let (mut absent, mut unheard, mut heard) = (0, 0, 0);
    for seed in 0..cases(6) {
        // With few threads many calls wait, with many threads only few.
        let runtime = runtime(if seed % 2 == 0 { 2 } else { 16 });
        let dir = tempfile::tempdir().unwrap();
        let options = Options::new().segment_size(16 << 10).keep_changes(None);
        let store = options.open(dir.path()).unwrap().into_async();
        let project = store.project("p").unwrap();
        runtime.block_on(project.create_view(NewView::new("v", "V"))).unwrap();
        let mut random = Random(u64::from(seed));
        let answers: Vec<Option<Report>> = runtime.block_on(async {
            let tasks: Vec<_> = (0..80)
                .map(|number| {
                    let (project, patience) = (project.clone(), random.below(6_000));
                    tokio::spawn(async move {
                        let call = project.link("v", Batch::flags(keys(number)));
                        let stop = tokio::time::sleep(Duration::from_micros(patience as u64));
                        tokio::select! {
                            report = call => Some(report.unwrap()),
                            () = stop => None,
                        }
                    })
                })
                .collect();
            let mut answers = Vec::new();
            for (number, task) in tasks.into_iter().enumerate() {
                if number % 3 == 0 {
                    task.abort();
                }
                answers.push(task.await.unwrap_or_default());
            }
            answers
        });
        // Waits for the calls that have a thread.
        drop(runtime);
        let there = flags(store.blocking(), "v");
        for (number, answer) in answers.into_iter().enumerate() {
            let links = keys(number).iter().filter(|&key| there.contains(key)).count();
            match answer {
                Some(report) => {
                    assert_eq!((report.success_count(), report.len(), links), (5, 5, 5));
                    assert!(report.revision().is_some());
                    heard += 1;
                }
                None if links == 0 => absent += 1,
                None => {
                    assert_eq!(links, 5, "call {number} of seed {seed} is partly there");
                    unheard += 1;
                }
            }
        }
        assert_clean_and_replayed(store.blocking());
    }
    assert!(absent > 0 && unheard > 0 && heard > 0, "{absent} absent, {unheard}, {heard} heard");
}

/// The flags of a call; no other call has them.
fn keys(call: usize) -> Vec<String> {
    (0..5).map(|key| format!("flag.{call}-{key}")).collect()
}

#[test]
fn a_read_that_panics_is_an_error_and_no_thread_is_lost() {
    let store = memory().into_async();
    runtime(1).block_on(async {
        for _ in 0..3 {
            let read: Result<()> = store.read(|_| panic!("no such thing")).await;
            let Err(Error::Panicked { message }) = read else { panic!("{read:?}") };
            assert_eq!(message, "no such thing");
        }
        assert_eq!(store.read(|snapshot| Ok(snapshot.revision())).await.unwrap(), 0);
    });
}

#[test]
fn a_call_without_a_runtime_or_in_one_that_ended_is_an_error_that_changed_nothing() {
    let store = memory().into_async();
    let project = store.project("p").unwrap();
    let call = pin!(project.create_view(NewView::new("v", "V")));
    let Poll::Ready(Err(error)) = call.poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("it found a runtime")
    };
    assert!(matches!(error, Error::NoRuntime), "{error}");
    assert_eq!(error.outcome(), Outcome::NotApplied);
    let runtime = runtime(1);
    let handle = runtime.handle().clone();
    runtime.shutdown_background();
    let created = handle.block_on(project.create_view(NewView::new("v", "V")));
    assert!(matches!(created, Err(Error::NoRuntime)), "{created:?}");
    assert_eq!(revision(store.blocking()), 0);
}

/// The runtime makes the call in the available thread, or refuses it.
#[test]
fn a_call_that_waits_as_its_runtime_ends_says_whether_it_was_made() {
    let store = memory().into_async();
    let pool = runtime(1);
    let release = block(&pool, &store);
    let project = store.project("p").unwrap();
    let mut call = pin!(project.create_view(NewView::new("v", "V")));
    {
        let _runtime = pool.enter();
        let mut context = Context::from_waker(Waker::noop());
        assert!(call.as_mut().poll(&mut context).is_pending());
    }
    pool.shutdown_background();
    drop(release);
    match runtime(1).block_on(call) {
        Ok(_) => assert_eq!(revision(store.blocking()), 1),
        Err(Error::NoRuntime) => assert_eq!(revision(store.blocking()), 0),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn handles_and_the_futures_of_their_calls_can_be_sent() {
    fn is_send_and_sync<T: Send + Sync + Unpin + 'static>() {}
    fn is_send<T: Send>(_: T) {}
    is_send_and_sync::<AsyncStore>();
    is_send_and_sync::<AsyncProject>();
    is_send_and_sync::<FeedStream>();
    let store = memory().into_async();
    let project = store.project("p").unwrap();
    is_send(project.link("v", Batch::flags(["a"])));
    is_send(project.change_links([LinkChange::link("v", Batch::flags(["a"]))]));
    is_send(store.read(|snapshot| Ok(snapshot.revision())));
    is_send(store.feed(0));
    is_send(store.close());
}

#[test]
fn changes_are_reverted_and_the_past_is_read() {
    let store = memory();
    project(&store).create_view(NewView::new("v", "V")).unwrap();
    let async_store = store.clone().into_async();
    runtime(1).block_on(async {
        let project = async_store.project("p").unwrap();
        let linked = project.link("v", Batch::flags(["a", "b"])).await.unwrap().all_ok().unwrap();
        let undone = project.revert(linked.unwrap()).await.unwrap();
        assert_eq!((undone.success_count, undone.failures), (2, vec![]));
        let links =
            |snapshot: &viewlink::Snapshot| Ok(snapshot.project("p")?.view("v")?.links.total());
        assert_eq!(async_store.read_at(linked.unwrap(), links).await.unwrap(), 2);
        assert_eq!(async_store.read(links).await.unwrap(), 0);
        project.revert_to("v", linked.unwrap()).await.unwrap().change.unwrap();
        assert_eq!(async_store.read(links).await.unwrap(), 2);
    });
}

#[test]
fn async_code_waits_for_a_position_and_changes_only_at_it() {
    let store = memory().into_async();
    runtime(1).block_on(async {
        let project = store.project("p").unwrap();
        let before = store.read(|snapshot| Ok(snapshot.position())).await.unwrap();
        project.create_view(NewView::new("v", "V")).await.unwrap();
        let now = store.read(|snapshot| Ok(snapshot.position())).await.unwrap();
        assert!(store.wait_for(now, Duration::ZERO).await.unwrap());
        let late = project.if_store_at_position(before).link("v", Batch::flags(["a"])).await;
        assert!(matches!(late, Err(Error::RevisionDiffers { .. })), "{late:?}");
        let report = project.if_store_at_position(now).link("v", Batch::flags(["a"])).await;
        assert_eq!(report.unwrap().all_ok().unwrap(), Some(2));
    });
}
