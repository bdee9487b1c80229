//! A forked child can do nothing with the handles of its parent, and causes no damage.

use super::locks::Busy;
use super::*;
use crate::feed::Feed;

#[test]
fn every_call_of_a_forked_child_fails_and_dropping_the_store_there_keeps_lock_and_files() {
    let simulated = SimulatedDisk::new();
    // Its handles stay open, like those of the parent.
    let below: SharedDisk = Arc::new(simulated.clone());
    let disk = Arc::new(Busy::new(&below));
    let options = Options::new().segment_size(4096);
    let directory = Directory::on_disk(Arc::new(Arc::clone(&disk)), Path::new("memory"), &options);
    let mut engine = Engine::start(directory.unwrap(), options).unwrap();
    engine.process = Process::other();
    engine.directory.fork();
    let (engine, calls) = (Arc::new(engine), simulated.calls());

    let view = || NewView::new("v", "name");
    let refused: Vec<Option<Error>> = vec![
        project(&engine).create_view(view()).err(),
        project(&engine).dry_run().create_view(view()).err(),
        project(&engine).read().err(),
        engine.snapshot().err(),
        engine.checkpoint().err(),
        engine.recover().err(),
        engine.verify().err(),
        engine.sizes().err(),
        engine.backup_to(Path::new("/nowhere/at/all")).err(),
        Feed::new(Arc::clone(&engine), 0).err(),
        engine.close().err(),
    ];
    for (call, error) in refused.iter().enumerate() {
        assert!(matches!(error, Some(Error::Forked)), "call {call}: {error:?}");
    }
    assert!(matches!(engine.health(), Health::WritesStopped { .. }));
    drop(engine);
    assert_eq!(simulated.calls(), calls, "{:?}", &simulated.log()[calls..]);
    let other = start_with(simulated, Options::new()).err();
    assert!(matches!(other, Some(Error::AlreadyOpen { .. })), "{other:?}");
}
