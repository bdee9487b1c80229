//! A read-only store.

use super::*;

/// The disk of a killed process: a checkpoint, and later changes in the journal.
fn killed() -> SimulatedDisk {
    let disk = SimulatedDisk::new();
    let options = Options::new().segment_size(4096).checkpoints(Checkpoints::ByHand);
    let engine = start_with(disk.clone(), options).unwrap();
    make_view(&engine);
    link(&engine, 0, 20).unwrap();
    engine.checkpoint().unwrap();
    (1..30).for_each(|number| link(&engine, number, 10).unwrap());
    disk.killed()
}

#[test]
fn a_read_only_opening_replays_in_memory_and_changes_no_file() {
    let disk = killed();
    let before = disk.contents();
    let engine = start_with(disk.clone(), Options::new().read_only(true)).unwrap();
    assert_eq!((links(&engine), engine.health()), (310, Health::ReadOnly));
    assert_clean(&engine);
    let refused = [link(&engine, 40, 1).err(), engine.checkpoint().err()];
    assert!(refused.iter().all(|error| matches!(error, Some(Error::ReadOnly))), "{refused:?}");
    engine.recover().unwrap();
    engine.close().unwrap();
    drop(engine);
    assert_eq!((disk.calls(), disk.contents()), (0, before));
}

/// The limit applies only to calls that append.
#[test]
fn a_dry_run_is_decided_with_any_length_of_the_journal() {
    for checkpoints in [Checkpoints::Background, Checkpoints::Inline, Checkpoints::ByHand] {
        let options = Options::new().read_only(true).journal_limit(1).checkpoints(checkpoints);
        let engine = start_with(killed(), options).unwrap();
        assert!(engine.stats().bytes_since_checkpoint > 1);
        let report = project(&engine).dry_run().link("v", Batch::flags(["new"])).unwrap();
        assert_eq!(report.success_count(), 1);
        assert_eq!(links(&engine), 310);
    }
}
