//! A store that is only read.

use super::*;

/// A disk that a killed process left: a checkpoint, and changes in the journal behind it.
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
fn what_is_replayed_stays_in_memory_and_no_file_is_touched() {
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

/// The limit is for those who append.
#[test]
fn a_dry_run_is_decided_however_long_the_journal_is() {
    for checkpoints in [Checkpoints::Background, Checkpoints::Inline, Checkpoints::ByHand] {
        let options = Options::new().read_only(true).journal_limit(1).checkpoints(checkpoints);
        let engine = start_with(killed(), options).unwrap();
        assert!(engine.stats().bytes_since_checkpoint > 1);
        let report = project(&engine).dry_run().link("v", Batch::flags(["new"])).unwrap();
        assert_eq!(report.success_count(), 1);
        assert_eq!(links(&engine), 310);
    }
}
