//! Disk calls that fail, and a full disk.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::sync::OnceLock;

use viewlink::testing::{CallKind, DiskFault, SimulatedDisk};
use viewlink::{Checkpoints, Error, Options, Outcome, Store};

use crate::callers::Callers;
use crate::content;
use crate::images::print_line;
use crate::random::Random;
use crate::request::{Act, Keys, PROJECTS, Request, TOGETHER, VIEWS};
use crate::setup::{Clock, Setup, first_seed, number_from_environment};
use crate::watchdog::watched;

/// The first calls of each kind fail once each, and then one in a given number; with `VIEWLINK_FAULT_STRIDE=1` each of
/// them fails. The skipped calls are different for each kind, since the kinds interleave.
const EACH: u64 = 12;
const STRIDE: u64 = 5;

/// How a case begins and ends.
#[derive(Clone, Copy, Debug)]
struct Case {
    /// Whether a store exists already, whose process was killed.
    killed_before: bool,
    setup: Setup,
    /// Whether the disk supports direct writes.
    is_direct: bool,
    back: Return,
}

/// The ways to recover a store.
#[derive(Clone, Copy, Debug)]
enum Return {
    /// Recovered while the handles are in use.
    Recovered,
    /// Opened by the next process after this one was killed.
    Killed,
    /// Opened after a loss of power.
    PowerLost,
}

impl Case {
    fn number(number: u64, killed_before: bool) -> Self {
        let back = match number % 3 {
            0 => Return::Recovered,
            1 => Return::Killed,
            _ => Return::PowerLost,
        };
        let checkpoints = match number % 4 {
            3 => Checkpoints::Background,
            _ => Checkpoints::Inline,
        };
        let setup = Setup::forgetting(checkpoints, number.is_multiple_of(2));
        Self { killed_before, setup, is_direct: (number / 2).is_multiple_of(2), back }
    }

    fn options(self) -> Options {
        let clock = Clock::default();
        clock.set_slow(true);
        self.setup.options(&clock)
    }

    /// A disk, and the calls that were made on it.
    fn prepared(self) -> (SimulatedDisk, Callers) {
        let (disk, callers) = self.found();
        disk.set_direct(self.is_direct);
        (disk, callers)
    }

    fn found(self) -> (SimulatedDisk, Callers) {
        if !self.killed_before {
            return (SimulatedDisk::new(), Callers::default());
        }
        static PREPARED: OnceLock<Prepared> = OnceLock::new();
        let (disk, answers) = PREPARED.get_or_init(|| prepare(self.setup));
        (disk.killed(), Callers::answered(answers))
    }

    /// Runs the callers on a disk with a fault, and recovers the store on a healthy one; returns the disk, and the
    /// answers.
    fn run(
        self,
        break_disk: impl FnOnce(&SimulatedDisk),
        mend_disk: impl FnOnce(&SimulatedDisk),
        how: &str,
    ) -> (SimulatedDisk, Outcomes) {
        let (disk, mut callers) = self.prepared();
        break_disk(&disk);
        let opened = self.options().open_on(&disk);
        match &opened {
            Ok(store) => {
                callers.call_together(store, calls());
                // It may fail while the disk fails.
                assert_is_of_disk(store.recover().err().as_ref(), how);
                callers.call(store, request(31, Act::Create(VIEWS[0], 31)));
            }
            Err(error) => assert_is_of_disk(Some(error), how),
        }
        let back = match self.back {
            Return::Recovered => disk.clone(),
            Return::Killed => disk.killed(),
            Return::PowerLost => disk.power_lost(first_seed() + 3),
        };
        mend_disk(&back);
        let store = match (self.back, opened) {
            (Return::Recovered, Ok(store)) => store.recover().map(|()| store),
            _ => self.options().open_on(&back),
        };
        let store = store.unwrap_or_else(|error| panic!("{how}: {error:?}"));
        // No segment is removed while the changes are read, because the test waits for a thread that makes a
        // checkpoint.
        store.checkpoint().unwrap_or_else(|error| panic!("{how}: {error:?}"));
        callers.check(&store, self.setup, how);
        // It works as before, and stays so.
        callers.call(&store, request(40, Act::Create(VIEWS[2], 40)));
        callers.call(&store, request(41, Act::Update(VIEWS[2], 41)));
        store.checkpoint().unwrap();
        callers.check(&store, self.setup, how);
        store.close().unwrap();
        let again =
            self.options().open_on(&back).unwrap_or_else(|error| panic!("{how}: {error:?}"));
        let how = format!("{how}, opened again");
        callers.check(&again, self.setup, &how);
        if self.setup.archives {
            callers.check_archive(&back, &again, &how);
        }
        (disk, callers.outcomes())
    }
}

/// A failing disk is not reported as damaged files, which would make an operator restore an old copy.
fn assert_is_of_disk(error: Option<&Error>, how: &str) {
    let right = error.is_none_or(|error| matches!(error, Error::Io { .. } | Error::State { .. }));
    assert!(right, "{how}: {error:?}");
}

type Prepared = (SimulatedDisk, Vec<(Request, Option<u64>)>);

/// A store whose process was killed, with some segments, and the calls that were made on it.
fn prepare(setup: Setup) -> Prepared {
    let disk = SimulatedDisk::new();
    let store = setup.options(&Clock::default()).open_on(&disk).unwrap();
    let views = VIEWS.into_iter().zip(0..);
    let creations = views.map(|(view, number)| request(number, Act::Create(view, number)));
    let changes = (10..20).map(|number| {
        let keys = Keys::flags((0..4).map(|key| format!("key-{key}")));
        let act = if number % 2 == 0 { Act::Link } else { Act::Unlink };
        request(number, act(VIEWS[0], keys))
    });
    let answers = creations.chain(changes).map(|request| {
        let made = request.call(&store).unwrap();
        (request, made)
    });
    let answers = answers.collect();
    (disk.killed(), answers)
}

/// A call with a unique comment. Every second one is so long that a segment has room for only one such change, even if
/// few of the calls change anything. A short one may still fit after it.
fn request(number: u64, act: Act) -> Request {
    let length = if number.is_multiple_of(2) { 2_200 } else { 0 };
    Request { project: PROJECTS[0], comment: format!("{number}{}", "c".repeat(length)), act }
}

/// Three callers, and the calls of each; the last call of one is a checkpoint.
fn calls() -> Vec<Vec<Request>> {
    let mut random = Random(first_seed() + 7);
    let mut lists: Vec<Vec<Request>> = Vec::new();
    for first in [100, 200, 300] {
        let rest = (first + 1..first + 3).map(|number| {
            let Request { project, act, .. } =
                Request::random(&mut random, number, number % 10, TOGETHER);
            Request { project, act, ..request(number, Act::Checkpoint) }
        });
        let view = VIEWS[lists.len()];
        // Whatever the results of the others are, this one is a change, and a long one.
        let update = request(first + 6, Act::Update(view, first + 6));
        let mut list = vec![request(first, Act::Create(view, first)), update];
        list.extend(rest);
        lists.push(list);
    }
    lists[0].push(request(25, Act::Checkpoint));
    lists
}

/// The number of answers of each kind.
type Outcomes = BTreeMap<String, u64>;

fn add(outcomes: &mut Outcomes, more: Outcomes) {
    for (outcome, count) in more {
        *outcomes.entry(outcome).or_default() += count;
    }
}

/// Fails the first call of a kind, then the second one, and so on until none fails; returns the number of cases, and
/// the answers.
fn fail_each(fault: DiskFault, killed_before: bool, what: &str) -> (u64, Outcomes) {
    let mut outcomes = Outcomes::new();
    let (mut clean, mut tried, mut number) = (0, 0, 0);
    let stride = number_from_environment("VIEWLINK_FAULT_STRIDE", STRIDE).max(1);
    while clean < 2 {
        let case = Case::number(number, killed_before);
        let how = format!("{what} {number}, {case:?}");
        let (disk, reported) = watched(how.clone(), move || {
            case.run(|disk| disk.fail(fault.after(number)), SimulatedDisk::clear_fault, &how)
        });
        add(&mut outcomes, reported);
        // Concurrent callers do not make the same number of calls each time.
        clean = if disk.failed() == 0 { clean + 1 } else { 0 };
        tried += u64::from(disk.failed() > 0);
        number += if number < EACH { 1 } else { stride };
    }
    (tried, outcomes)
}

/// The errors of each kind of calls that a store may handle in different ways (no space, no memory, all others), each
/// with and without an existing store.
fn errors_of(kind: CallKind) -> Vec<(ErrorKind, bool)> {
    let shortage = match kind {
        CallKind::Write | CallKind::WriteSynced | CallKind::SetLen | CallKind::Sync => {
            Some((ErrorKind::StorageFull, true))
        }
        CallKind::Create | CallKind::Open => Some((ErrorKind::OutOfMemory, true)),
        _ => None,
    };
    [(ErrorKind::Other, false), (ErrorKind::Other, true)].into_iter().chain(shortage).collect()
}

fn fail_all(for_good: bool) {
    let (mut cases, mut outcomes) = (BTreeMap::<CallKind, u64>::new(), Outcomes::new());
    for kind in CallKind::ALL {
        for (error, killed_before) in errors_of(kind) {
            let fault = DiskFault::new(error).on(kind);
            let fault = if for_good { fault.permanently() } else { fault };
            let what = format!("{kind:?} {error:?}, permanent: {for_good},");
            let (count, reported) = fail_each(fault, killed_before, &what);
            *cases.entry(kind).or_default() += count;
            add(&mut outcomes, reported);
        }
    }
    let total: u64 = cases.values().sum();
    print_line(&format!(
        "{total} failing calls, permanent: {for_good}, by kind {cases:?}, {outcomes:?}"
    ));
    // A store can work without direct writes.
    let mut wanted = cases.iter().filter(|(kind, _)| **kind != CallKind::WriteSynced);
    assert!(wanted.all(|(_, count)| *count > 0), "{cases:?}");
    assert!(cases[&CallKind::Rename] > 4, "no segment was full: {cases:?}");
    // Durable changes are shown without a call to the disk, so no call ends as committed but not shown.
    let met: Vec<&str> = outcomes.keys().map(String::as_str).collect();
    assert_eq!(met, ["NotApplied", "Unknown", "answered"], "{outcomes:?}");
}

/// Each disk call of each kind fails once, under concurrent callers. There is no panic, and no call waits for ever. The
/// error has the true outcome of the change. When the disk works again, all acknowledged changes are there.
#[test]
fn a_disk_call_that_fails_once_is_an_error_with_the_true_outcome() {
    fail_all(false);
}

/// The same, when all calls of a kind fail from some call on.
#[test]
fn disk_calls_that_keep_failing_are_errors_with_the_true_outcome() {
    fail_all(true);
}

/// The disk has space for a number of bytes, which increases until it is enough.
#[test]
fn a_disk_that_becomes_full_loses_nothing() {
    let (mut room, mut clean, mut outcomes) = (0, 0, Outcomes::new());
    for number in 0.. {
        let case = Case::number(number, true);
        let how = format!("room for {room}, {case:?}");
        let (disk, reported) = watched(how.clone(), move || {
            case.run(|disk| disk.set_room(Some(room)), |disk| disk.set_room(None), &how)
        });
        clean = if reported.len() == 1 { clean + 1 } else { 0 };
        add(&mut outcomes, reported);
        assert_eq!(disk.failed(), 0);
        if clean == 6 {
            break;
        }
        room += 509;
    }
    assert!(outcomes["NotApplied"] > 10 && room > 5_000, "{room}: {outcomes:?}");
}

/// A batch that extends the file of the state, with a disk that fails permanently from each of its calls on. Then
/// undoing the change fails, too, which must not change the outcome in the error.
#[test]
fn a_change_that_cannot_be_undone_keeps_its_outcome() {
    let case = Case::number(0, true);
    let mut outcomes = BTreeMap::<String, u32>::new();
    for number in 0.. {
        let (disk, _) = case.prepared();
        let store = case.options().open_on(&disk).unwrap();
        disk.fail(DiskFault::new(ErrorKind::Other).after(number).permanently());
        let keys = Keys::flags((0..3_000).map(|number| format!("many-{number}")));
        let answer = request(50, Act::Link(VIEWS[0], keys)).call(&store);
        let failed = disk.failed();
        disk.clear_fault();
        store.recover().unwrap();
        let snapshot = store.snapshot().unwrap();
        let view = snapshot.project(PROJECTS[0]).unwrap().view(VIEWS[0]).unwrap();
        let there = view.links.total() >= 3_000;
        let outcome = answer.map_err(|error| error.outcome());
        let right = match outcome {
            Ok(_) | Err(Outcome::Committed) => there,
            Err(Outcome::NotApplied) => !there,
            Err(_) => true,
        };
        assert!(right, "{outcome:?} and yet {there} at call {number}");
        *outcomes.entry(format!("{:?}", outcome.err())).or_default() += 1;
        if failed == 0 {
            break;
        }
    }
    assert!(outcomes.len() >= 3, "{outcomes:?}");
}

/// On a full disk a store opens and reads, refuses changes for which there is no space, and continues when there is
/// space.
#[test]
fn a_full_disk_can_be_read() {
    let case = Case::number(0, true);
    let (disk, mut callers) = case.prepared();
    let lines = |store: &Store| content::lines(&store.snapshot().unwrap()).unwrap();
    let store = case.options().open_on(&disk).unwrap();
    let expected = lines(&store);
    store.close().unwrap();
    disk.set_room(Some(1_000));
    let store = case.options().open_on(&disk).unwrap();
    assert_eq!(lines(&store), expected);
    let refused = (60..).find(|number| {
        let request = request(*number, Act::Update(VIEWS[0], *number));
        let answer = request.call(&store);
        let refused = answer.as_ref().is_err_and(|error| error.outcome() == Outcome::NotApplied);
        assert!(answer.is_ok() || refused, "{answer:?}");
        callers.reported(request, answer);
        refused
    });
    assert!(refused.is_some());
    let before = lines(&store);
    disk.set_room(None);
    store.recover().unwrap();
    assert_eq!(lines(&store), before);
    callers.call(&store, request(50, Act::Update(VIEWS[1], 50)));
    callers.check(&store, case.setup, "a full disk");
}
