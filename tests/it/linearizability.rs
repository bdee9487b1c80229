//! Histories of concurrent calls: there is one order in which they could have come one by one.
//!
//! A change has its revision, and a read the one it sees, so no search for the order is needed. The test checks that
//! the order explains every answer, and that a call that was answered comes before all calls that began later. A batch
//! that changed nothing has no revision. It may be at any place in between at which it would have changed nothing.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use viewlink::{
    Action, Batch, FailureReason, KeyOutcome, Options, Paging, Project, ResourceType, Store,
};

use crate::support::{Random, assert_clean, create, project};

/// The flags of the view, by number.
type Linked = BTreeSet<usize>;

/// A call and its answer.
#[derive(Clone, Debug)]
enum Event {
    Batch { action: Action, keys: Vec<usize>, outcomes: Vec<KeyOutcome>, revision: Option<u64> },
    Read { linked: Linked, revision: u64 },
}

/// A call with the times of its begin and end.
#[derive(Clone, Debug)]
struct Call {
    called: u64,
    answered: u64,
    event: Event,
}

/// The outcomes that a batch must have, and the content after it.
fn apply(action: Action, keys: &[usize], linked: &Linked) -> (Vec<KeyOutcome>, Linked) {
    let (mut after, mut seen) = (linked.clone(), BTreeSet::new());
    let outcome = |key: &usize| match action {
        _ if !seen.insert(*key) => KeyOutcome::Failed(FailureReason::Repeated),
        Action::Link if after.insert(*key) => KeyOutcome::Linked,
        Action::Link => KeyOutcome::AlreadyLinked,
        Action::Unlink if after.remove(key) => KeyOutcome::Unlinked,
        Action::Unlink => KeyOutcome::Failed(FailureReason::NotLinked),
        other => unreachable!("{other:?} is not of these histories"),
    };
    (keys.iter().map(outcome).collect(), after)
}

/// The content after each revision from `first` on, if the changes are consistent.
fn states(calls: &[Call], first: u64) -> Result<Vec<Linked>, String> {
    let mut changes: Vec<_> = calls
        .iter()
        .filter_map(|call| match &call.event {
            Event::Batch { action, keys, outcomes, revision: Some(revision) } => {
                Some((revision, action, keys, outcomes))
            }
            _ => None,
        })
        .collect();
    changes.sort_unstable_by_key(|(revision, ..)| **revision);
    let mut states = vec![Linked::new()];
    for (place, (revision, action, keys, outcomes)) in changes.into_iter().enumerate() {
        if *revision != first + 1 + place as u64 {
            return Err(format!("revision {revision} after {} changes", place));
        }
        let (expected, after) = apply(*action, keys, &states[place]);
        if expected != *outcomes || after == states[place] {
            return Err(format!("{action:?} {keys:?} at {revision}: {outcomes:?}"));
        }
        states.push(after);
    }
    Ok(states)
}

/// Whether one order explains all calls; `first` is the revision before them.
fn check(calls: &[Call], first: u64) -> Result<(), String> {
    let states = states(calls, first)?;
    let mut calls = calls.to_vec();
    calls.sort_unstable_by_key(|call| call.called);
    // The time of each answer, and the number of changes before its call.
    let mut placed: Vec<(u64, usize)> = Vec::new();
    for call in &calls {
        let before = placed.iter().filter(|(answered, _)| *answered < call.called);
        let least = before.map(|(_, place)| *place).max().unwrap_or(0);
        let behind = |revision: u64| usize::try_from(revision - first).unwrap();
        let place = match &call.event {
            Event::Batch { revision: Some(revision), .. } => {
                Some(behind(*revision)).filter(|place| *place > least)
            }
            Event::Batch { action, keys, outcomes, revision: None } => {
                (least..states.len()).find(|place| {
                    let unchanged = (outcomes.clone(), states[*place].clone());
                    apply(*action, keys, &states[*place]) == unchanged
                })
            }
            Event::Read { linked, revision } => {
                let place = behind(*revision);
                Some(place).filter(|place| *place >= least && states[*place] == *linked)
            }
        };
        placed.push((call.answered, place.ok_or_else(|| format!("after {least}: {call:?}"))?));
    }
    Ok(())
}

const KEYS: usize = 5;

fn key(number: usize) -> String {
    format!("flag-{number}")
}

fn batch(project: &Project, random: &mut Random) -> Event {
    let keys: Vec<usize> = (0..=random.below(3)).map(|_| random.below(KEYS)).collect();
    let flags = Batch::flags(keys.iter().map(|number| key(*number)));
    let (action, report) = match random.below(2) {
        0 => (Action::Link, project.link("v", flags).unwrap()),
        _ => (Action::Unlink, project.unlink("v", flags).unwrap()),
    };
    let outcomes = report.outcomes().map(|(_, outcome)| outcome.clone()).collect();
    Event::Batch { action, keys, outcomes, revision: report.revision() }
}

/// Reads the view in one direction or, flag by flag, in the other.
fn read(store: &Store, random: &mut Random) -> Event {
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("p").unwrap();
    let linked = if random.below(2) == 0 {
        let page = reader.linked_resources("v", ResourceType::Flag, Paging::first(100)).unwrap();
        let keys: BTreeSet<String> =
            page.items.iter().map(|linked| linked.resource.key().to_string()).collect();
        (0..KEYS).filter(|number| keys.contains(&key(*number))).collect()
    } else {
        let views_of = |number: &usize| {
            let flag = viewlink::Resource::flag(&key(*number)).unwrap();
            reader.linked_view_keys(&flag, Paging::first(0)).unwrap().total
        };
        (0..KEYS).filter(|number| views_of(number) > 0).collect()
    };
    Event::Read { linked, revision: snapshot.revision() }
}

/// Calls of several threads at once, with the revision before them.
fn history(store: &Store, threads: usize, calls: usize, seed: u64) -> (Vec<Call>, u64) {
    let project = project(store);
    create(&project, "v");
    let first = store.snapshot().unwrap().revision();
    let moments = AtomicU64::new(0);
    let now = || moments.fetch_add(1, Ordering::SeqCst);
    let one = |thread: usize| {
        let mut random = Random(seed * 100 + thread as u64);
        let mut done = Vec::new();
        for _ in 0..calls {
            let reads = random.below(3) == 0;
            let called = now();
            let event = if reads { read(store, &mut random) } else { batch(&project, &mut random) };
            done.push(Call { called, answered: now(), event });
        }
        done
    };
    let calls = thread::scope(|scope| {
        let started: Vec<_> = (0..threads).map(|thread| scope.spawn(move || one(thread))).collect();
        started.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    (calls, first)
}

/// Small enough that a history needs many segments and some checkpoints.
fn options() -> Options {
    Options::new().checkpoint_bytes(4_096).segment_size(4_096)
}

#[test]
fn concurrent_calls_are_linearizable() {
    for seed in 0..24 {
        let dir = tempfile::tempdir().unwrap();
        let store = match seed % 2 {
            0 => options().open_in_memory().unwrap(),
            _ => options().open(dir.path().join("store")).unwrap(),
        };
        let (calls, first) = history(&store, 6, 40, seed);
        check(&calls, first).unwrap();
        assert_clean(&store);
    }
}

/// Control: a history with one wrong answer is detected.
#[test]
fn an_answer_that_no_order_explains_is_detected() {
    let store = options().open_in_memory().unwrap();
    let (calls, first) = history(&store, 4, 60, 7);
    check(&calls, first).unwrap();
    let (mut stale, mut swapped, mut wrong) = (0, 0, 0);
    for place in 0..calls.len() {
        let mut doctored = calls.clone();
        match &mut doctored[place].event {
            // A reader sees a revision from before its call.
            Event::Read { linked, revision } if *revision > first + 20 => {
                *revision -= 20;
                *linked = states(&calls, first).unwrap()[(*revision - first) as usize].clone();
                stale += u32::from(check(&doctored, first).is_err());
            }
            Event::Read { linked, .. } => {
                *linked = (0..KEYS).filter(|number| !linked.contains(number)).collect();
                assert!(check(&doctored, first).is_err());
                wrong += 1;
            }
            // A change gets the revision of another one.
            Event::Batch { revision: Some(revision), .. } if *revision > first + 1 => {
                *revision -= 1;
                assert!(check(&doctored, first).is_err());
                swapped += 1;
            }
            Event::Batch { .. } => {}
        }
    }
    assert!(stale > 5 && swapped > 20 && wrong > 0, "{stale}, {swapped}, {wrong}");
}
