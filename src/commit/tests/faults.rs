//! Disk calls fail, and a disk is full.

use super::*;
use crate::disk::simulated::Fault;

/// Each changing disk call fails once, or from then on: no panic, the error tells what became of
/// the change, and after recovery in place all that was acknowledged is there.
#[test]
fn a_failing_disk_call_is_an_error_that_tells_the_outcome() {
    let total = {
        let disk = SimulatedDisk::default();
        let engine = start(&disk).unwrap();
        let before = disk.calls();
        run(&engine, &mut Random(first_seed() + 7), 30);
        disk.calls() - before
    };
    for (number, count) in
        (0..total).step_by(3).flat_map(|number| [(number, 1), (number, 1_000_000)])
    {
        let kinds = [std::io::ErrorKind::Other, std::io::ErrorKind::StorageFull];
        let kind = kinds[usize::try_from(number % 2).unwrap()];
        let disk = SimulatedDisk::default();
        let engine = start(&disk).unwrap();
        disk.set_fault(Some(Fault { from: disk.calls() + number, count, kind }));
        let mut random = Random(first_seed() + 7);
        let mut expected = content(&engine);
        let mut outcome = None;
        for _ in 0..30 {
            match step(&engine, &mut random) {
                Ok(()) => expected = content(&engine),
                Err(failed) => {
                    outcome = Some(failed);
                    break;
                }
            }
        }
        disk.set_fault(None);
        let before = Snapshot::new(Arc::clone(&engine)).map(|snapshot| snapshot.revision());
        engine.recover().unwrap();
        assert_clean(&engine);
        let after = Snapshot::new(Arc::clone(&engine)).unwrap().revision();
        match (outcome, before) {
            (None | Some(Outcome::NotApplied), _) => assert_eq!(content(&engine), expected),
            (Some(Outcome::Committed), Ok(before)) => assert_eq!(after, before + 1),
            (Some(_), Ok(before)) => assert!((before..=before + 1).contains(&after)),
            (Some(_), Err(_)) => {}
        }
        // The store is as good as new.
        run(&engine, &mut random, 5);
        assert_clean(&engine);
    }
}

/// A batch that extends the file of the state, with the disk failing for good from each of its
/// calls on: taking the change back fails then, too, and must not change what its error tells.
#[test]
fn a_change_that_cannot_be_taken_back_keeps_its_outcome() {
    let link = |engine: &Arc<Engine>| {
        let project = Project::new(Arc::clone(engine), "p".parse().unwrap());
        let keys = (0..3_000).map(|number| format!("metric-{number}"));
        project.link("v", Batch::metrics(keys)).map(drop)
    };
    let prepared = |disk: &SimulatedDisk| {
        let engine = start(disk).unwrap();
        let project = Project::new(Arc::clone(&engine), "p".parse().unwrap());
        project.ensure_view(NewView::new("v", "name")).unwrap();
        engine
    };
    let total = {
        let disk = SimulatedDisk::default();
        let engine = prepared(&disk);
        let before = disk.calls();
        link(&engine).unwrap();
        disk.calls() - before
    };
    let mut outcomes = BTreeMap::<String, u32>::new();
    for number in 0..total {
        let disk = SimulatedDisk::default();
        let engine = prepared(&disk);
        disk.set_fault(Some(Fault::power_lost(disk.calls() + number)));
        let outcome = link(&engine).err().map(|error| error.outcome());
        disk.set_fault(None);
        engine.recover().unwrap();
        let there = Snapshot::new(Arc::clone(&engine)).unwrap().revision() == 2;
        let right = match outcome {
            None | Some(Outcome::Committed) => there,
            Some(Outcome::NotApplied) => !there,
            Some(Outcome::Unknown) => true,
        };
        assert!(right, "{outcome:?} and yet {there} at call {number}");
        *outcomes.entry(format!("{outcome:?}")).or_default() += 1;
    }
    assert!(outcomes.len() >= 3, "{outcomes:?}");
}

/// On a full disk a store opens and reads, refuses changes that find no room, and goes on when
/// there is some.
#[test]
fn a_full_disk_can_be_read_and_loses_nothing() {
    let disk = SimulatedDisk::default();
    let engine = start(&disk).unwrap();
    run(&engine, &mut Random(3), 20);
    let expected = content(&engine);
    drop(engine);
    disk.set_room(Some(1_000));
    let engine = start(&disk).unwrap();
    assert_eq!(content(&engine), expected);
    let project = Project::new(Arc::clone(&engine), "full".parse().unwrap());
    let mut refused = None;
    for number in 0..100 {
        let view = NewView::new(format!("view-{number}"), "x".repeat(200));
        if let Err(error) = project.create_view(view) {
            refused = Some(error);
            break;
        }
    }
    let refused = refused.unwrap();
    assert_eq!(refused.outcome(), Outcome::NotApplied, "{refused}");
    let expected = content(&engine);
    disk.set_room(None);
    engine.recover().unwrap();
    assert_eq!(content(&engine), expected);
    project.create_view(NewView::new("there-is-room", "")).unwrap();
    assert_clean(&engine);
}
