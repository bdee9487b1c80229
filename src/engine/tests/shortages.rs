//! Temporary shortages: of disk space, quota or memory.

use std::io::ErrorKind;

use super::*;
use crate::disk::simulated::{CallKind, DiskFault};

const SHORTAGES: [ErrorKind; 3] =
    [ErrorKind::StorageFull, ErrorKind::QuotaExceeded, ErrorKind::OutOfMemory];

/// A store whose next change of 2,000 keys needs a new segment.
fn store(options: Options) -> (Arc<Engine>, SimulatedDisk) {
    let disk = SimulatedDisk::new();
    let engine = start_with(disk.clone(), options).unwrap();
    make_view(&engine);
    link(&engine, 0, 100).unwrap();
    (engine, disk)
}

/// The calls of a change that begins a segment, and how many of them come before the segment gets its name.
fn calls_of_rotation() -> (Vec<CallKind>, usize) {
    let (engine, disk) = store(options().checkpoints(Checkpoints::ByHand));
    let from = disk.calls();
    link(&engine, 1, 2_000).unwrap();
    let kinds: Vec<CallKind> = disk.log()[from..].iter().map(|call| call.kind).collect();
    let named =
        kinds.iter().position(|kind| *kind == CallKind::Rename).expect("a segment is begun");
    (kinds, named)
}

#[test]
fn a_shortage_while_a_segment_is_made_refuses_the_change_and_passes() {
    let (kinds, named) = calls_of_rotation();
    assert!(named > 2, "{kinds:?}");
    for kind in SHORTAGES {
        for (call, called) in kinds.iter().enumerate().take(named) {
            let case = format!("{kind:?} at call {call}, {called:?}");
            let (engine, disk) = store(options().checkpoints(Checkpoints::ByHand));
            disk.fail(DiskFault::new(kind).after(call as u64));
            let refused = link(&engine, 1, 2_000).unwrap_err();
            assert_eq!((refused.outcome(), disk.failed()), (Outcome::NotApplied, 1), "{case}");
            assert_eq!((links(&engine), engine.health()), (100, Health::Writable), "{case}");
            link(&engine, 1, 2_000).unwrap();
            assert_clean(&engine);
            let after = start_with(disk.power_lost(call as u64), options()).unwrap();
            assert_eq!(links(&after), 2_100, "{case}");
            assert_clean(&after);
        }
    }
}

/// All calls that create a file fail during the shortage; reads and small changes continue.
#[test]
fn while_no_file_can_be_created_changes_that_need_none_continue() {
    for kind in SHORTAGES {
        let (engine, disk) = store(options().checkpoints(Checkpoints::ByHand));
        disk.fail(DiskFault::new(kind).on(CallKind::Create).permanently());
        for number in 1..4 {
            let refused = link(&engine, number, 2_000).unwrap_err();
            assert_eq!(
                (refused.outcome(), engine.health()),
                (Outcome::NotApplied, Health::Writable)
            );
            link(&engine, 10 + number, 1).unwrap();
        }
        assert_eq!(links(&engine), 103);
        disk.clear_fault();
        (1..4).for_each(|number| link(&engine, number, 2_000).unwrap());
        assert_eq!(links(&engine), 6_103);
        assert_clean(&engine);
    }
}

#[test]
fn a_shortage_while_a_checkpoint_is_made_stops_nothing_and_passes() {
    for (kind, mode) in SHORTAGES
        .into_iter()
        .flat_map(|kind| [Checkpoints::Inline, Checkpoints::Background].map(|mode| (kind, mode)))
    {
        let options = options().segment_size(1 << 20).checkpoint_age(Some(Duration::ZERO));
        let (engine, disk) = store(options.checkpoints(mode));
        engine.checkpointer.wait();
        let made = engine.stats().checkpoints;
        // The segment has space, so only checkpoints create files.
        disk.fail(DiskFault::new(kind).on(CallKind::Create).permanently());
        (1..6).for_each(|number| link(&engine, number, 50).unwrap());
        engine.checkpointer.wait();
        let stats = engine.stats();
        assert!(stats.failed_checkpoints > 0 && stats.checkpoints == made, "{kind:?} {mode:?}");
        disk.clear_fault();
        engine.checkpoint().unwrap();
        let stats = engine.stats();
        assert_eq!((stats.checkpoint_failure, stats.checkpoint_revision), (None, stats.revision));
        assert_clean(&engine);
    }
}
