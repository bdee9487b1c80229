//! Folds come about, and what they let go of goes.

use super::*;
use crate::Batch;

fn numbered(from: usize, count: usize) -> Batch {
    Batch::flags((from..from + count).map(|number| format!("numbered-{number:06}")))
}

/// Where each group makes a checkpoint due, slices are folded all the same.
#[test]
fn a_tail_stays_bounded_however_often_the_state_goes_to_disk() {
    let often = options().checkpoint_interval(10, u64::MAX).tail(25, 6).keep_changes(Some(5));
    let engine = start_with(MemoryDisk::default(), often).unwrap();
    let project = Project::new(Arc::clone(&engine), "p".parse().unwrap());
    project.ensure_view(NewView::new("v", "name")).unwrap();
    for round in 0..200 {
        project.link("v", numbered(round * 10, 10)).unwrap().all_ok().unwrap();
        let open = engine.open();
        let waiting = open.as_ref().unwrap().state.tail().len();
        assert!(waiting <= 70, "{waiting} changes wait after round {round}");
    }
    let oldest = engine.open().as_ref().unwrap().segments.oldest().unwrap();
    assert!(oldest > 100, "the journal begins at {oldest}");
    assert_clean(&engine);
}

/// So are they with the defaults, for batches that are larger than a checkpoint interval.
#[test]
fn a_tail_stays_bounded_with_batches_of_any_size() {
    let engine = start_with(MemoryDisk::default(), Options::new().segment_size(1 << 20)).unwrap();
    let project = Project::new(Arc::clone(&engine), "p".parse().unwrap());
    project.ensure_view(NewView::new("v", "name")).unwrap();
    for round in 0..12 {
        project.link("v", numbered(round * 20_000, 20_000)).unwrap().all_ok().unwrap();
        let waiting = engine.open().as_ref().unwrap().state.tail().len();
        assert!(waiting < 160_000, "{waiting} changes wait after round {round}");
    }
}

/// A record that holds more than may wait is folded by the replay that meets it.
#[test]
fn a_replay_of_large_batches_leaves_a_bounded_tail() {
    let disk = SimulatedDisk::default();
    let lazy = || options().checkpoint_interval(u64::MAX, u64::MAX).segment_size(1 << 20);
    let engine = start_with(disk.clone(), lazy().tail(1 << 20, 1)).unwrap();
    let project = Project::new(Arc::clone(&engine), "p".parse().unwrap());
    project.ensure_view(NewView::new("v", "name")).unwrap();
    for round in 0..5 {
        project.link("v", numbered(round * 2_000, 2_000)).unwrap().all_ok().unwrap();
    }
    let engine = start_with(disk.killed(), lazy().tail(100, 1)).unwrap();
    let waiting = engine.open().as_ref().unwrap().state.tail().len();
    assert!(waiting <= 2_000, "{waiting} changes wait");
    assert_clean(&engine);
}
