//! Copies onto a disk that fails or loses power.

use super::*;
use crate::commit::backup::write_copy;
use crate::disk::simulated::Fault;
use crate::journal::Kept;

/// Copies what the store holds now onto a disk.
fn copy_to(engine: &Engine, disk: &SimulatedDisk) -> Result<()> {
    let (hold, segments) = engine.read(false)?;
    let disk: SharedDisk = Arc::new(disk.clone());
    write_copy(&hold, &Kept::new(segments), &disk, &engine.options)
}

/// A store with some history, a part of it gone, and a tail.
fn store() -> Arc<Engine> {
    let engine = start(&SimulatedDisk::default()).unwrap();
    let mut random = Random(first_seed() + 5);
    let is_fit = || {
        let open = engine.open();
        let open = open.as_ref().unwrap();
        open.segments.oldest().unwrap() > 1 && !open.state.tail().is_empty()
    };
    let fit = (0..1_000).any(|_| {
        run(&engine, &mut random, 1);
        is_fit()
    });
    assert!(fit);
    engine
}

fn assert_is_copy(copy: &SimulatedDisk, engine: &Arc<Engine>, case: &str) {
    let copy = start(copy).unwrap_or_else(|error| panic!("{case}: {error}"));
    assert_eq!(content(&copy), content(engine), "{case}");
    assert_clean(&copy);
    run(&copy, &mut Random(1), 5);
    assert_clean(&copy);
}

/// What is made must be on disk before the directory gets its name.
#[test]
fn a_copy_that_was_made_survives_a_loss_of_power() {
    let engine = store();
    let disk = SimulatedDisk::default();
    copy_to(&engine, &disk).unwrap();
    assert_is_copy(&disk, &engine, "whole");
    let disk = SimulatedDisk::default();
    copy_to(&engine, &disk).unwrap();
    for seed in 0..40 {
        assert_is_copy(&disk.power_lost(seed), &engine, &format!("seed {seed}"));
    }
}

/// Each call of the disk that is copied to fails, once or from then on: an error, unless the call
/// was one that does not matter, and the store goes on.
#[test]
fn a_copy_onto_a_failing_disk_is_an_error_or_whole() {
    use std::io::ErrorKind::{Other, StorageFull};
    let engine = store();
    let total = {
        let disk = SimulatedDisk::default();
        copy_to(&engine, &disk).unwrap();
        disk.calls()
    };
    let mut failed = 0;
    for (from, count) in (0..total).flat_map(|call| [(call, 1), (call, u64::MAX)]) {
        let disk = SimulatedDisk::default();
        let kind = if from % 2 == 0 { Other } else { StorageFull };
        disk.set_fault(Some(Fault { from, count, kind }));
        match contain(|| copy_to(&engine, &disk)) {
            Ok(()) => {
                disk.set_fault(None);
                assert_is_copy(&disk.power_lost(from), &engine, &format!("call {from}"));
            }
            Err(error) => {
                assert_eq!(error.outcome(), Outcome::NotApplied, "call {from}: {error}");
                failed += 1;
            }
        }
    }
    assert!(failed > total, "{failed} of {total} calls");
    assert_clean(&engine);
    let before = Snapshot::new(Arc::clone(&engine)).unwrap().revision();
    run(&engine, &mut Random(2), 10);
    assert!(Snapshot::new(Arc::clone(&engine)).unwrap().revision() > before);
    assert_clean(&engine);
}

/// A journal lets nothing go that is being copied, and does again afterwards.
#[test]
fn what_is_kept_for_a_copy_stays_until_it_is_made() {
    let engine = start(&SimulatedDisk::default()).unwrap();
    run(&engine, &mut Random(9), 20);
    let (_, segments) = engine.read(false).unwrap();
    let kept = [Kept::new(Arc::clone(&segments)), Kept::new(Arc::clone(&segments))];
    let oldest = kept[0].oldest();
    for kept in kept {
        run(&engine, &mut Random(9), 100);
        engine.checkpoint().unwrap();
        assert_eq!(segments.oldest(), Some(oldest));
        drop(kept);
    }
    engine.checkpoint().unwrap();
    assert!(segments.oldest().unwrap() > oldest);
}
