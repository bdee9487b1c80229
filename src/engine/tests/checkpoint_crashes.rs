//! Checkpoints on a disk that loses power or fails at any call.

use std::io::ErrorKind;
use std::sync::atomic::{AtomicBool, Ordering};

use super::hooked::Hooked;
use super::*;
use crate::disk::simulated::{CallKind, DiskFault};
use crate::engine::checkpoint_file::{NAME, UNFINISHED};

/// A store with a checkpoint, later changes in several segments, and segments that the next checkpoint removes.
fn store() -> (Arc<Engine>, SimulatedDisk) {
    let disk = SimulatedDisk::new();
    let options = options().checkpoints(Checkpoints::ByHand).keep_changes(Some(3));
    let engine = start_with(disk.clone(), options).unwrap();
    make_view(&engine);
    link(&engine, 0, 50).unwrap();
    engine.checkpoint().unwrap();
    (1..25).for_each(|number| link(&engine, number, 100).unwrap());
    (engine, disk)
}

fn digest(engine: &Engine) -> String {
    engine.snapshot().unwrap().0.state.digest().unwrap().to_string()
}

#[test]
fn a_crash_at_any_call_of_a_checkpoint_leaves_the_previous_or_the_new_one_complete() {
    let (engine, disk) = store();
    let before = engine.stats().checkpoint_revision;
    let expected = (digest(&engine), revision(&engine));
    let from = disk.calls();
    engine.checkpoint().unwrap();
    let calls = disk.calls() - from;
    let (mut old, mut new, mut images) = (0, 0, 0);
    for (call, stopped) in disk.stops().enumerate().skip(from) {
        let lost = (0..3).map(|seed| stopped.power_lost(seed * 1_000 + call as u64));
        for image in lost.chain([stopped.killed()]) {
            images += 1;
            let after =
                start_with(image, options()).unwrap_or_else(|error| panic!("{call}: {error}"));
            assert_eq!((digest(&after), revision(&after)), expected, "call {call}");
            match after.stats().checkpoint_revision {
                revision if revision == before => old += 1,
                revision if revision == expected.1 => new += 1,
                other => panic!("call {call}: a checkpoint at {other}"),
            }
            assert_clean(&after);
            link(&after, 9_000, 100).unwrap();
            after.checkpoint().unwrap();
            assert_clean(&after);
        }
    }
    println!("{images} images at {calls} calls: {old} with the one before, {new} with the new one");
    assert!(calls > 10 && old > 20 && new > 5, "{calls} {old} {new}");
}

/// The removed part of the journal is no longer needed only after the name of the new checkpoint is durable.
#[test]
fn the_journal_is_trimmed_only_after_the_directory_is_synced() {
    let (engine, disk) = store();
    let from = disk.calls();
    engine.checkpoint().unwrap();
    let log = disk.log();
    let find = |kind, name: &str| {
        let found =
            log[from..].iter().position(|call| call.kind == kind && call.name.starts_with(name));
        found.unwrap_or_else(|| panic!("no {kind:?} of {name} in {log:?}"))
    };
    let renamed = find(CallKind::Rename, NAME);
    let synced = log[from + renamed..].iter().position(|call| call.kind == CallKind::SyncDir);
    let removed = find(CallKind::Remove, "journal/");
    assert!(renamed + synced.unwrap() < removed, "{:?}", &log[from..]);

    let (engine, disk) = store();
    let journal = |disk: &SimulatedDisk| -> Vec<String> {
        disk.contents().into_keys().filter(|name| name.starts_with("journal/")).collect()
    };
    let before = journal(&disk);
    disk.fail(DiskFault::new(ErrorKind::Other).on(CallKind::SyncDir));
    engine.checkpoint().unwrap_err();
    assert_eq!(journal(&disk), before);
    engine.checkpoint().unwrap();
    assert!(journal(&disk).len() < before.len());
}

#[test]
fn a_checkpoint_that_fails_at_any_call_leaves_the_file_and_the_journal_as_they_were() {
    let (mut cases, mut failed) = (0, 0);
    for (call, kind) in (0..).zip([ErrorKind::Other, ErrorKind::StorageFull].into_iter().cycle()) {
        let (engine, disk) = store();
        let expected = (digest(&engine), disk.contents());
        disk.fail(DiskFault::new(kind).after(call));
        let made = engine.checkpoint();
        if disk.failed() == 0 {
            break;
        }
        cases += 1;
        disk.clear_fault();
        if let Err(error) = made {
            failed += 1;
            assert_eq!(error.outcome(), Outcome::NotApplied, "call {call}");
            let mut now = disk.contents();
            if now[NAME] == expected.1[NAME] {
                now.remove(UNFINISHED);
                assert_eq!(now, expected.1, "call {call}");
                assert_eq!(engine.stats().failed_checkpoints, 1);
            }
        }
        assert_eq!((engine.health(), digest(&engine)), (Health::Writable, expected.0));
        link(&engine, 9_000, 1).unwrap();
        assert_clean(&engine);
        engine.checkpoint().unwrap();
        assert_clean(&start_with(disk.power_lost(call), options()).unwrap());
    }
    println!("{failed} of {cases} calls failed the checkpoint");
    assert!(cases > 10 && failed > 5, "{failed} of {cases}");
}

/// If the disk changes the content of a file, this is noticed when the file is read back.
#[test]
fn a_checkpoint_that_the_disk_changes_is_not_used_if_the_option_to_read_it_back_is_set() {
    let simulated = SimulatedDisk::new();
    let (below, is_armed) = (simulated.clone(), Arc::new(AtomicBool::new(false)));
    let armed = Arc::clone(&is_armed);
    let disk = Hooked::new(simulated.clone(), move |call, name| {
        if (call, name) == ("read", UNFINISHED) && armed.swap(false, Ordering::Relaxed) {
            let bytes = below.contents()[UNFINISHED].clone();
            let used = (0..bytes.len()).filter(|at| bytes[*at] != 0).step_by(16);
            used.for_each(|at| below.flip(UNFINISHED, at, 1));
        }
        Ok(())
    });
    let options = options().checkpoints(Checkpoints::ByHand).check_checkpoints(true);
    let engine = start_with(disk, options).unwrap();
    make_view(&engine);
    engine.checkpoint().unwrap();
    let before = simulated.contents()[NAME].clone();
    link(&engine, 0, 10).unwrap();
    is_armed.store(true, Ordering::Relaxed);
    let error = engine.checkpoint().unwrap_err();
    assert!(matches!(error, Error::Damaged { .. }), "{error:?}");
    assert_eq!(simulated.contents()[NAME], before);
    assert_eq!((engine.stats().failed_checkpoints, engine.health()), (1, Health::Writable));
    engine.checkpoint().unwrap();
    assert_eq!(engine.stats().checkpoint_revision, 2);
    assert_clean(&engine);
}
