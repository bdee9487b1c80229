//! Many threads on one store.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use viewlink::{
    Batch, Change, Changes, Cursor, Error, Fault, KeyOutcome, NewView, Options, Outcome, Project,
    Report, ResourceType, Snapshot, Store, Timestamp,
};

use crate::support::{
    Random, all, assert_clean, assert_clean_and_replayed, create, flag, flags, journal, keys, link,
    memory, project, revision, two_views, view_keys,
};

#[test]
fn handles_can_be_sent_to_any_thread() {
    const fn shared<T: Send + Sync + 'static>() {}
    const fn handle<T: Clone + Send + Sync + 'static>() {}
    const {
        handle::<Store>();
        handle::<Project>();
        handle::<Options>();
        handle::<Cursor>();
        handle::<Report>();
        shared::<Snapshot>();
        shared::<Changes>();
        shared::<Change>();
        shared::<Error>();
    }
}

/// Links and unlinks its own random keys; returns the ones that are linked at the end. Checks every outcome against its
/// previous calls.
fn work(project: &Project, thread: usize, rounds: usize) -> BTreeSet<String> {
    let mut random = Random(thread as u64);
    let mut linked = BTreeSet::new();
    for _ in 0..rounds {
        let chosen = (0..1 + random.below(6)).map(|_| format!("t{thread}-{}", random.below(12)));
        let chosen: BTreeSet<String> = chosen.collect();
        let linking = random.below(2) == 0;
        let batch = Batch::flags(&chosen);
        let report = if linking { project.link("v", batch) } else { project.unlink("v", batch) };
        let report = report.unwrap();
        assert_eq!(report.len(), chosen.len());
        for ((resource, outcome), asked) in report.outcomes().zip(&chosen) {
            assert_eq!(resource.key(), asked);
            let was = linked.contains(asked);
            let as_expected = match outcome {
                KeyOutcome::Linked => linking && !was,
                KeyOutcome::AlreadyLinked => linking && was,
                KeyOutcome::Unlinked => !linking && was,
                KeyOutcome::Failed(_) => !linking && !was,
                _ => false,
            };
            assert!(as_expected, "{asked}: {outcome:?}");
        }
        match linking {
            true => linked.extend(chosen),
            false => linked.retain(|key| !chosen.contains(key)),
        }
    }
    linked
}

/// Every flag of the view is in the view when read by resource, and so are no other keys.
fn assert_same_both_ways(snapshot: &Snapshot, threads: usize) {
    let reader = snapshot.project("p").unwrap();
    let page = reader.linked_resources("v", ResourceType::Flag, all()).unwrap();
    assert_eq!(page.items.len() as u64, page.total);
    assert_eq!(reader.view("v").unwrap().links.get(ResourceType::Flag), page.total);
    let forward: BTreeSet<String> = keys(&page).into_iter().collect();
    for name in (0..threads).flat_map(|t| (0..12).map(move |number| format!("t{t}-{number}"))) {
        let there = forward.contains(&name);
        let views = view_keys(&reader, &flag(&name));
        assert_eq!(views.len(), usize::from(there), "{name} at {}", snapshot.revision());
        assert_eq!(reader.is_linked("v", &flag(&name)).unwrap(), there);
    }
}

#[test]
fn eight_writers_and_two_readers_agree_on_every_key() {
    let store = Options::new().segment_size(8_192).open_in_memory().unwrap();
    let project = project(&store);
    create(&project, "v");
    let (done, reads) = (AtomicBool::new(false), AtomicUsize::new(0));
    let linked: BTreeSet<String> = thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut newest = 0;
                while !done.load(Ordering::SeqCst) {
                    let snapshot = store.snapshot().unwrap();
                    assert!(snapshot.revision() >= newest, "time runs forward");
                    newest = snapshot.revision();
                    assert_same_both_ways(&snapshot, 8);
                    reads.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        let writers: Vec<_> = (0..8)
            .map(|number| {
                let project = project.clone();
                scope.spawn(move || work(&project, number, 60))
            })
            .collect();
        let results: Vec<_> = writers.into_iter().map(|writer| writer.join()).collect();
        // On a busy machine the readers may begin late.
        let begun = Instant::now();
        while reads.load(Ordering::SeqCst) < 3 && begun.elapsed() < Duration::from_secs(30) {
            thread::yield_now();
        }
        done.store(true, Ordering::SeqCst);
        results.into_iter().flat_map(Result::unwrap).collect()
    });
    assert!(reads.load(Ordering::SeqCst) > 2);
    let snapshot = store.snapshot().unwrap();
    assert_same_both_ways(&snapshot, 8);
    assert_eq!(flags(&store, "v").into_iter().collect::<BTreeSet<_>>(), linked);
    let revisions: Vec<u64> = journal(&store).iter().map(|change| change.revision).collect();
    assert_eq!(revisions, (1..=snapshot.revision()).collect::<Vec<u64>>());
    assert_clean_and_replayed(&store);
}

#[test]
fn one_of_many_concurrent_equal_calls_succeeds() {
    let (store, project) = two_views();
    for round in 0..20 {
        let key = format!("k{round}");
        for expected in [KeyOutcome::Linked, KeyOutcome::Unlinked] {
            let ask = || {
                let batch = Batch::flags([&key]);
                let report = match expected {
                    KeyOutcome::Linked => project.link("v", batch),
                    _ => project.unlink("v", batch),
                };
                report.unwrap().outcomes().filter(|(_, outcome)| **outcome == expected).count()
            };
            let done: usize = thread::scope(|scope| {
                let threads: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).sum()
            });
            assert_eq!(done, 1, "{expected:?}");
        }
        let create = || project.create_view(NewView::new(&key, "")).is_ok();
        let created: Vec<bool> = thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(create)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(created.iter().filter(|created| **created).count(), 1);
    }
    assert_eq!(revision(&store), 2 + 20 * 3);
    assert_clean_and_replayed(&store);
}

#[test]
fn a_reader_does_not_wait_for_a_change_in_progress() {
    // The clock is read in the middle of a change; here it answers when the test permits it.
    let (asked, is_asked) = mpsc::channel();
    let (answer, may_answer) = mpsc::channel();
    let (asked, may_answer) = (Mutex::new(asked), Mutex::new(may_answer));
    let clock = move || {
        asked.lock().unwrap().send(()).unwrap();
        may_answer.lock().unwrap().recv().unwrap();
        Timestamp::from_millis(1)
    };
    let store = Options::new().clock(clock).open_in_memory().unwrap();
    let project = project(&store);
    answer.send(()).unwrap();
    create(&project, "v");
    is_asked.recv().unwrap();

    let writer = thread::spawn(move || project.link("v", Batch::flags(["a"])).unwrap().revision());
    is_asked.recv().unwrap();
    let (read, is_read) = mpsc::channel();
    let reader = store.clone();
    thread::spawn(move || {
        for _ in 0..100 {
            let snapshot = reader.snapshot().unwrap();
            let count = flags(&reader, "v").len();
            read.send((snapshot.revision(), count)).unwrap();
        }
    });
    for _ in 0..100 {
        let seen = is_read.recv_timeout(Duration::from_secs(20)).expect("the reader waits");
        assert_eq!(seen, (1, 0), "nothing shows before it is done");
    }
    assert!(!writer.is_finished());
    answer.send(()).unwrap();
    assert_eq!(writer.join().unwrap(), Some(2));
    assert_eq!(flags(&store, "v"), ["a"]);
}

#[test]
fn a_reader_does_not_wait_for_a_batch_of_a_hundred_thousand_keys() {
    let store = memory();
    let project = project(&store);
    create(&project, "v");
    let batch = Batch::flags((0..100_000).map(|number| format!("flag-{number}")));
    let done = AtomicBool::new(false);
    let start = Instant::now();
    let (mut taken, mut longest) = (0, Duration::ZERO);
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let report = project.link("v", batch);
            done.store(true, Ordering::SeqCst);
            report.unwrap()
        });
        while !done.load(Ordering::SeqCst) {
            let before = Instant::now();
            let snapshot = store.snapshot().unwrap();
            let view = snapshot.project("p").unwrap().view("v").unwrap();
            longest = longest.max(before.elapsed());
            // All keys of the batch or none.
            let expected = if snapshot.revision() == 1 { 0 } else { 100_000 };
            assert_eq!(view.links.total(), expected);
            taken += 1;
        }
        assert_eq!(writer.join().unwrap().success_count(), 100_000);
    });
    let whole = start.elapsed();
    assert!(taken > 10, "{taken} snapshots");
    // A call that waited would have waited for nearly the whole time.
    assert!(longest < whole / 2, "{longest:?} of {whole:?}");
}

#[test]
fn verifications_and_checkpoints_run_during_writes() {
    let dir = tempfile::tempdir().unwrap();
    let store = Options::new().segment_size(8_192).open(dir.path()).unwrap();
    let project = project(&store);
    create(&project, "v");
    let done = AtomicBool::new(false);
    let linked: BTreeSet<String> = thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                assert_clean(&store);
                store.checkpoint().unwrap();
                store.recover().unwrap();
            }
        });
        let writers: Vec<_> = (0..4)
            .map(|number| {
                let project = project.clone();
                scope.spawn(move || work(&project, number, 25))
            })
            .collect();
        let results: Vec<_> = writers.into_iter().map(|writer| writer.join()).collect();
        done.store(true, Ordering::SeqCst);
        results.into_iter().flat_map(Result::unwrap).collect()
    });
    assert_eq!(flags(&store, "v").into_iter().collect::<BTreeSet<_>>(), linked);
    assert_same_both_ways(&store.snapshot().unwrap(), 4);
    assert_clean_and_replayed(&store);
}

#[test]
fn a_close_during_writes_loses_no_acknowledged_change_and_applies_no_refused_one() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    create(&project(&store), "v");
    let acknowledged = Arc::new(Mutex::new(BTreeSet::new()));
    let write = |number: usize| {
        let (project, acknowledged) = (project(&store), Arc::clone(&acknowledged));
        move || {
            for round in 0.. {
                let key = format!("t{number}-{round}");
                match project.link("v", Batch::flags([&key])) {
                    Ok(report) => assert!(report.all_ok().unwrap().is_some()),
                    Err(Error::Closed) => break,
                    Err(other) => panic!("{other}"),
                }
                acknowledged.lock().unwrap().insert(key);
            }
        }
    };
    let writers: Vec<_> = (0..4).map(|number| thread::spawn(write(number))).collect();
    while acknowledged.lock().unwrap().len() < 60 {
        thread::yield_now();
    }
    store.close().unwrap();
    writers.into_iter().for_each(|writer| writer.join().unwrap());
    let store = Store::open(dir.path()).unwrap();
    let there: BTreeSet<String> = flags(&store, "v").into_iter().collect();
    assert_eq!(there, *acknowledged.lock().unwrap());
    link(&project(&store), "v", &["new"]);
    assert_clean_and_replayed(&store);
}

/// Changes fail again and again, and the caller of a failed one recovers the store while the others use it. All calls
/// must complete, and readers must never see a part of a change.
#[test]
fn concurrent_writers_that_recover_the_store_all_complete() {
    let dir = tempfile::tempdir().unwrap();
    let store = Options::new().segment_size(8_192).open(dir.path()).unwrap();
    let project = project(&store);
    create(&project, "v");
    let insist = |writer: usize| {
        for number in 0..25 {
            let keys = [format!("{writer}-{number}-a"), format!("{writer}-{number}-b")];
            while let Err(error) = project.link("v", Batch::flags(keys.clone())) {
                let fault = error.outcome() != Outcome::NotApplied;
                let stopped = matches!(error, Error::WritesStopped { .. });
                assert!(fault || stopped, "{error}");
                store.recover().unwrap();
            }
        }
    };
    let insist = &insist;
    let mut faults = [Fault::Unknown, Fault::Committed].into_iter().cycle();
    thread::scope(|scope| {
        let writers: Vec<_> = (0..4).map(|writer| scope.spawn(move || insist(writer))).collect();
        while !writers.iter().all(|writer| writer.is_finished()) {
            store.fail_next_change(faults.next().unwrap());
            if let Ok(snapshot) = store.snapshot()
                && let Ok(reader) = snapshot.project("p")
            {
                let page = reader.linked_resources("v", ResourceType::Flag, all());
                assert!(page.is_err() || page.is_ok_and(|page| page.total % 2 == 0));
            }
            thread::sleep(Duration::from_millis(2));
        }
    });
    // A fault that no call met must not fail the last check.
    assert_eq!(flags(&store, "v").len(), 200);
    assert_clean(&store);
}
