//! Crashes while a store is created or recovered.

use std::io::ErrorKind;
use std::thread;
use std::time::Duration;

use viewlink::testing::{DiskFault, SimulatedDisk, Syncs};
use viewlink::{Batch, Checkpoints, NewView, Options, Outcome, Store};

use crate::history::History;
use crate::random::Random;
use crate::request::{Act, Keys, PROJECTS, Request, VIEWS};
use crate::run::Running;
use crate::setup::{Clock, Setup};
use crate::verdict::judge;

fn open(disk: &SimulatedDisk) -> Store {
    Setup::keeping_all().options(&Clock::default()).open_on(disk).unwrap()
}

fn assert_right(store: &Store, history: &History, at_least: u64) -> u64 {
    judge(store, history, at_least, Setup::keeping_all()).unwrap().revision
}

/// The power is lost during the creation of a store.
#[test]
fn a_creation_interrupted_by_a_loss_of_power_can_be_repeated() {
    let disk = SimulatedDisk::new();
    drop(open(&disk));
    assert!(disk.calls() > 20);
    for (call, stopped) in disk.stops().enumerate() {
        for seed in 0..6 {
            let after = stopped.power_lost(call as u64 * 6 + seed);
            let store = open(&after);
            assert_right(&store, &History::new(), 0);
            let (clock, random) = (Clock::default(), Random(seed));
            let (setup, history) = (Setup::keeping_all(), History::new());
            let mut running = Running::new(setup, after, clock, store, history, random);
            (0..5).for_each(|_| running.alone());
            let run = running.end();
            assert_right(&open(&run.disk), &run.history, run.history.revision());
        }
    }
}

/// Directories cannot be synced, from the first store on: acknowledged changes were synced in a file of the store.
#[test]
fn without_syncs_of_directories_a_store_loses_no_acknowledged_change() {
    let disk = SimulatedDisk::new();
    disk.set_syncs("", Syncs::FilesOnly);
    let (store, mut history) = (open(&disk), History::new());
    let create = Request::new(PROJECTS[0], Act::Create(VIEWS[0], 0));
    assert_eq!(create.call(&store).unwrap(), history.apply(&create, 0));
    let acknowledged = disk.calls();
    drop(store);
    for (call, stopped) in disk.stops().enumerate() {
        for seed in 0..6 {
            let after = open(&stopped.power_lost(call as u64 * 6 + seed));
            assert_right(&after, &history, u64::from(call >= acknowledged));
        }
    }
}

/// The process that creates the store is killed, the next one continues with what it finds, and then the power is lost:
/// the changes that the second one acknowledged are there.
#[test]
fn a_store_whose_creator_was_killed_is_as_durable_as_others() {
    let making = SimulatedDisk::new();
    drop(open(&making));
    let create = Request::new(PROJECTS[0], Act::Create(VIEWS[0], 0));
    for (call, stopped) in making.stops().enumerate() {
        let disk = stopped.killed();
        let (store, mut history) = (open(&disk), History::new());
        assert_eq!(create.call(&store).unwrap(), history.apply(&create, 0));
        let acknowledged = disk.calls();
        drop(store);
        for (seed, after) in disk.stops().enumerate().skip(acknowledged) {
            let after = open(&after.power_lost((call * 1_000 + seed) as u64));
            assert_right(&after, &history, 1);
        }
    }
}

/// A process was killed between the write of a record and its sync. The next one replays the record, one of its disk
/// calls fails, and it ends. Then the power is lost: no checkpoint may be newer than the journal.
#[test]
fn a_failed_replay_makes_no_checkpoint_newer_than_the_journal() {
    let eager = || {
        let options = Setup::keeping_all().options(&Clock::default());
        options.checkpoint_age(Some(Duration::ZERO)).segment_size(1 << 16)
    };
    let killed = killed_before_a_sync(eager().checkpoints(Checkpoints::ByHand));
    let total = {
        let disk = killed.killed();
        drop(eager().open_on(&disk).unwrap());
        disk.calls() as u64
    };
    assert!(total > 20, "{total}");
    for number in 0..total {
        let disk = killed.killed();
        disk.fail(DiskFault::new(ErrorKind::StorageFull).after(number));
        drop(eager().open_on(&disk));
        for seed in 0..3 {
            let store = open(&disk.power_lost(seed));
            let verification = store.verify().unwrap();
            assert!(verification.is_clean(), "{verification}");
            let revision = store.snapshot().unwrap().revision();
            assert!((2..=3).contains(&revision), "{revision} after call {number} failed");
        }
    }
}

/// A store with two acknowledged changes, and a third one that is only in the page cache.
fn killed_before_a_sync(options: Options) -> SimulatedDisk {
    let disk = SimulatedDisk::new();
    let store = options.open_on(&disk).unwrap();
    let many = Keys::flags((0..1_000).map(|number| format!("many-{number}")));
    for act in [Act::Create(VIEWS[0], 0), Act::Link(VIEWS[0], many)] {
        assert!(Request::new(PROJECTS[0], act).call(&store).unwrap().is_some());
    }
    let unsynced = Keys::flags(["unsynced".to_owned()]);
    let unsynced = Request::new(PROJECTS[0], Act::Link(VIEWS[0], unsynced));
    disk.fail(DiskFault::new(ErrorKind::Other).after(1).permanently());
    let error = unsynced.call(&store).unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
    disk.killed()
}

/// A thread that was started for a checkpoint of an older state does not replace a newer one, up to which the journal
/// was trimmed.
#[test]
fn a_checkpoint_never_replaces_a_newer_one() {
    let (disk, clock) = (SimulatedDisk::new(), Clock::default());
    let setup = Setup::forgetting(Checkpoints::Background, true);
    let options = setup.options(&clock).keep_changes(Some(1)).segment_size(4 << 20);
    let store = options.open_on(&disk).unwrap();
    let project = store.project(PROJECTS[0]).unwrap();
    let _ = project.create_view(NewView::new(VIEWS[0], "V")).unwrap();
    thread::sleep(Duration::from_millis(100));
    // More than half of a segment: the thread first creates the next one, which takes some time.
    let many = (0..11_000).map(|number| format!("{number}-{}", "x".repeat(200)));
    project.link(VIEWS[0], Batch::flags(many)).unwrap().all_ok().unwrap();
    project.link(VIEWS[0], Batch::flags(["last"])).unwrap().all_ok().unwrap();
    store.checkpoint().unwrap();
    assert_eq!(store.stats().checkpoint_revision, 3);
    thread::sleep(Duration::from_millis(700));
    assert_eq!(store.stats().checkpoint_revision, 3, "the state on disk went back");
    let after = setup.options(&clock).open_on(&disk.power_lost(1)).unwrap();
    assert_eq!(after.snapshot().unwrap().revision(), 3);
}
