//! The errors of failed changes, and the state of the store after them.

use std::io::ErrorKind;

use super::*;
use crate::Fault;
use crate::disk::simulated::{CallKind, DiskFault};

fn store() -> (Arc<Engine>, SimulatedDisk) {
    let disk = SimulatedDisk::new();
    let engine = start_with(disk.clone(), options().checkpoints(Checkpoints::ByHand)).unwrap();
    make_view(&engine);
    (engine, disk)
}

/// Checks the outcome of a change that fails, and whether writes continue.
fn assert_outcome(engine: &Arc<Engine>, outcome: Outcome, goes_on: bool, case: &str) {
    let before = links(engine);
    let error = link(engine, 1, 10).unwrap_err();
    assert_eq!(error.outcome(), outcome, "{case}: {error}");
    assert_eq!(links(engine), before, "{case}: it is not visible");
    if goes_on {
        assert_eq!(engine.health(), Health::Writable, "{case}");
    } else {
        let Health::WritesStopped { reason } = engine.health() else { panic!("{case}") };
        assert!(!reason.is_empty());
        for late in [link(engine, 2, 1).err(), engine.checkpoint().err()] {
            assert!(matches!(late, Some(Error::WritesStopped { .. })), "{case}: {late:?}");
        }
    }
}

/// After the failure: a committed change is there, and one that was not applied is not.
fn assert_goes_on(engine: &Arc<Engine>, disk: &SimulatedDisk, outcome: Outcome, case: &str) {
    engine.recover().unwrap();
    assert_eq!(engine.health(), Health::Writable, "{case}");
    match (outcome, links(engine)) {
        (Outcome::NotApplied, 0) | (Outcome::Committed, 10) | (Outcome::Unknown, 0 | 10) => {}
        other => panic!("{case}: {other:?}"),
    }
    link(engine, 3, 5).unwrap();
    let expected = links(engine);
    assert_clean(engine);
    for seed in 0..8 {
        let after = start_with(disk.power_lost(seed), options()).unwrap();
        assert_eq!(links(&after), expected, "{case}");
        assert_clean(&after);
    }
}

#[test]
fn each_way_in_which_a_change_can_fail_has_its_outcome() {
    let faults = [
        (Fault::NotApplied, Outcome::NotApplied, true),
        (Fault::Unknown, Outcome::Unknown, false),
        (Fault::Committed, Outcome::Committed, false),
        (Fault::Panic, Outcome::NotApplied, true),
    ];
    for (fault, outcome, goes_on) in faults {
        let ((engine, disk), case) = (store(), format!("{fault:?}"));
        engine.set_fault(fault);
        assert_outcome(&engine, outcome, goes_on, &case);
        assert_goes_on(&engine, &disk, outcome, &case);
    }
}

#[test]
fn each_call_of_an_append_that_fails_has_its_outcome() {
    use Outcome::{NotApplied, Unknown};
    let cases = [
        (CallKind::Write, ErrorKind::StorageFull, NotApplied, true),
        (CallKind::Write, ErrorKind::Other, Unknown, false),
        (CallKind::Sync, ErrorKind::StorageFull, NotApplied, true),
        (CallKind::Sync, ErrorKind::Other, Unknown, false),
    ];
    for (call, kind, outcome, goes_on) in cases {
        let ((engine, disk), case) = (store(), format!("{call:?} with {kind:?}"));
        disk.fail(DiskFault::new(kind).on(call));
        assert_outcome(&engine, outcome, goes_on, &case);
        assert_eq!(disk.failed(), 1);
        assert_goes_on(&engine, &disk, outcome, &case);
    }
}

#[test]
fn a_recovery_that_fails_leaves_nothing_to_read_until_one_succeeds() {
    let (engine, disk) = store();
    link(&engine, 1, 10).unwrap();
    engine.set_fault(Fault::Unknown);
    link(&engine, 2, 10).unwrap_err();
    assert_eq!(links(&engine), 10, "reads continue");
    for kind in [CallKind::Open, CallKind::Read, CallKind::Create] {
        disk.fail(DiskFault::new(ErrorKind::Other).on(kind).permanently());
        engine.recover().unwrap_err();
        for error in [engine.snapshot().err(), link(&engine, 3, 1).err(), engine.verify().err()] {
            let Some(Error::WritesStopped { reason }) = error else { panic!("{error:?}") };
            assert!(reason.contains("recovery failed"), "{reason}");
        }
        disk.clear_fault();
    }
    engine.recover().unwrap();
    assert_eq!(links(&engine), 10);
    link(&engine, 3, 5).unwrap();
    assert_clean(&engine);
}

#[test]
fn snapshots_from_before_a_recovery_or_a_close_fail() {
    let (engine, _) = store();
    engine.recover().unwrap();
    let (open, _guard) = engine.snapshot().unwrap();
    assert!(open.segments.check_current().is_ok(), "there was nothing to recover");
    engine.set_fault(Fault::Committed);
    link(&engine, 2, 10).unwrap_err();
    engine.recover().unwrap();
    assert!(matches!(open.segments.check_current(), Err(Error::Closed)));
    assert_eq!(links(&engine), 10);
    let (open, _guard) = engine.snapshot().unwrap();
    engine.close().unwrap();
    assert!(matches!(open.segments.check_current(), Err(Error::Closed)));
    let late = [
        engine.snapshot().err(),
        link(&engine, 3, 1).err(),
        engine.recover().err(),
        engine.close().err(),
    ];
    assert!(late.iter().all(|error| matches!(error, Some(Error::Closed))), "{late:?}");
    assert_eq!(engine.health(), Health::Closed);
}

/// After this failure nothing can be made durable: closing returns an error, and no acknowledged change is lost.
#[test]
fn closing_a_store_whose_writes_have_stopped_returns_an_error_and_releases_the_lock() {
    let (engine, disk) = store();
    link(&engine, 1, 10).unwrap();
    engine.set_fault(Fault::Unknown);
    link(&engine, 2, 10).unwrap_err();
    assert!(matches!(engine.close(), Err(Error::WritesStopped { .. })));
    let next = start_with(disk, options()).unwrap();
    assert_eq!(links(&next), 10);
    assert_clean(&next);
}
