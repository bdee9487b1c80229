//! Groups of calls, and the answer to each call.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::*;
use crate::engine::group::{Group, refused};
use crate::engine::request::Answered;
use crate::journal::Reader;
use crate::model::chain_hash::ChainHash;
use crate::model::resource::ResourceType;
use crate::model::{ChangeRecord, Command, Decision, LinkOp};
use crate::state::tests::commands::{batch, change_links, create, links as links_of};
use crate::state::{Pending, State};

/// A call that links flags.
pub(super) fn request(numbers: &[u16]) -> Arc<Request> {
    let project = "p".parse().unwrap();
    let mut links = links_of(0, LinkOp::Link, batch(ResourceType::Flag, numbers));
    links.view = "v".parse().unwrap();
    call(Command { project, ..change_links(0, vec![links]) })
}

fn call(command: Command) -> Arc<Request> {
    Arc::new(Request { command, keys: 3, position: None, dry_run: false })
}

/// An answered call, and the revisions that readers saw just before and after it.
struct Called {
    command: Command,
    answered: Answered,
    before: u64,
    after: u64,
}

/// Makes calls that affect each other: few keys in few views, with failures.
fn call_many(engine: &Engine, caller: u16) -> Vec<Called> {
    let ops = [LinkOp::Link, LinkOp::Unlink, LinkOp::Link];
    let calls = (0..60_u16).map(|number| {
        let step = caller * 7 + number;
        let part = |at: u16| {
            let numbers: Vec<u16> = (0..3).map(|key| (step * at + key * 5) % 9).collect();
            links_of(
                (step % 2) as u8,
                ops[usize::from((step + at) % 3)],
                batch(ResourceType::Flag, &numbers),
            )
        };
        let command = change_links(0, (1..2 + step % 3).map(part).collect());
        let before = revision(engine);
        let answered = engine.execute(&call(command.clone()));
        Called { command, answered, before, after: revision(engine) }
    });
    calls.collect()
}

/// The states after each change, from a replay of the journal, with the changes.
fn replayed(engine: &Engine) -> (Vec<State>, Vec<ChangeRecord>) {
    let (open, _guard) = engine.snapshot().unwrap();
    let (mut states, mut changes) = (vec![State::default()], Vec::new());
    let mut hash = ChainHash::default();
    for change in Reader::new(open.segments, 1, open.state.head().revision).unwrap() {
        let payload = change.unwrap().1;
        hash = hash.after(&payload);
        let change = ChangeRecord::decode(&payload).unwrap();
        let mut state = states.last().unwrap().clone();
        state.apply_chained(&change, hash).unwrap();
        states.push(state);
        changes.push(change);
    }
    (states, changes)
}

/// Each call gets the answer that it would get if all changes were made one after another.
#[test]
fn concurrent_calls_get_the_answers_of_one_call_after_another() {
    let options =
        Options::new().segment_size(4096).checkpoints(Checkpoints::Inline).keep_changes(None);
    // Slow enough that other calls arrive meanwhile.
    let options = options.clock(|| {
        std::thread::sleep(Duration::from_micros(100));
        Timestamp::from_millis(1)
    });
    let engine = start_with(SimulatedDisk::new(), options.checkpoint_bytes(1 << 16)).unwrap();
    for view in 0..2 {
        engine.execute(&call(create(0, view))).unwrap();
    }
    let callers: Vec<_> = (0..8)
        .map(|caller| {
            let engine = Arc::clone(&engine);
            spawn(move || call_many(&engine, caller))
        })
        .collect();
    let called: Vec<Called> =
        callers.into_iter().flat_map(|caller| caller.recv_timeout(3 * LONG).unwrap()).collect();
    let (states, changes) = replayed(&engine);
    let shared = engine.stats().groups.counts.iter().skip(1).sum::<u64>();
    assert!(shared > 5, "too few calls shared a group: {:?}", engine.stats().groups);
    let mut made = 0;
    for Called { command, answered, before, after } in called {
        let (answer, change) = answered.unwrap();
        let revision = change.map(|change| change.revision());
        let decide =
            |state: &State, stamp| command.decide(state, &Pending::default(), stamp).unwrap();
        if let Some(revision) = revision {
            let (at, change) = (revision as usize - 1, &changes[revision as usize - 1]);
            let expected = Decision { answer, change: Some(change.clone()) };
            assert_eq!(decide(&states[at], change.stamp), expected, "change {revision}");
            assert!(before < revision && revision <= after);
            made += 1;
        } else {
            let unchanged = Decision { answer, change: None };
            let found = (before..=after).any(|revision| {
                let state = &states[revision as usize];
                let stamp = Pending::default().next_stamp(state, state.head().time);
                decide(state, stamp) == unchanged
            });
            assert!(found, "no state between {before} and {after} gives {unchanged:?}");
        }
    }
    assert_eq!(made + 2, changes.len());
    assert_clean(&engine);
}

/// A refused call gets its own error, also when the group fails.
#[test]
fn a_failure_is_the_answer_to_calls_that_were_not_refused_before() {
    let group = || {
        let mut group = Group::default();
        let engine = start_with(MemoryDisk::default(), Options::new()).unwrap();
        make_view(&engine);
        let fine = || engine.execute(&request(&[1]));
        group.results = vec![fine(), Err(Error::Closed), fine()];
        group
    };
    let io =
        || Error::io("append", std::io::ErrorKind::Other.into()).with_outcome(Outcome::Unknown);
    let heard: Vec<Error> =
        group().into_failure(io()).into_iter().map(Result::unwrap_err).collect();
    let outcomes = |heard: &[Error]| heard.iter().map(Error::outcome).collect::<Vec<_>>();
    assert_eq!(outcomes(&heard), [Outcome::Unknown, Outcome::NotApplied, Outcome::Unknown]);
    assert!(matches!(heard[1], Error::Closed));
    assert!(heard.iter().step_by(2).all(|error| matches!(error, Error::Io { .. })));

    let shown = group().into_not_shown(Error::Panicked { message: "why".into() });
    let shown: Vec<Error> = shown.into_iter().map(Result::unwrap_err).collect();
    assert_eq!(outcomes(&shown), [Outcome::Committed, Outcome::NotApplied, Outcome::Committed]);
    assert!(refused(3, Error::Closed).into_iter().all(|one| matches!(one, Err(Error::Closed))));
}

/// A caller that panics in the middle of a group is answered alone.
#[test]
fn a_call_that_panics_while_it_is_decided_does_not_affect_its_group() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let clock = move || {
        assert!(count.fetch_add(1, Ordering::Relaxed) != 2, "by a test");
        Timestamp::from_millis(1)
    };
    let engine = start_with(SimulatedDisk::new(), Options::new().clock(clock)).unwrap();
    make_view(&engine);
    let requests = (1..4).map(|number| request(&[number])).collect();
    let mut answers = Vec::new();
    engine.writer().commit(&engine.live, &engine.options, requests, |all| answers = all);
    assert!(matches!(answers[1], Err(Error::Panicked { .. })), "{:?}", answers[1]);
    let made = [0, 2].map(|at: usize| answers[at].as_ref().unwrap().1.unwrap().revision());
    assert_eq!(made, [2, 3]);
    assert_eq!((links(&engine), engine.health()), (2, Health::Writable));
    assert_clean(&engine);
}
