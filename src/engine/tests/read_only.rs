//! What a store that is only read holds in memory.

use super::*;
use crate::Batch;

fn link(engine: &Arc<Engine>, number: usize, keys: usize) {
    let project = Project::new(Arc::clone(engine), "p".parse().unwrap());
    let view = format!("view-{number}");
    project.ensure_view(NewView::new(&*view, "name")).unwrap();
    let batch = Batch::flags((0..keys).map(|key| format!("flag-{key}")));
    project.link(&view, batch).unwrap().all_ok().unwrap();
}

/// The bytes of writes that an opening to read only holds, and those of the state.
fn held(disk: &SimulatedDisk) -> (usize, u64) {
    let engine = start_with(disk.clone(), Options::new().read_only(true)).unwrap();
    let open = engine.open();
    let state = &open.as_ref().unwrap().state;
    (state.held_bytes(), state.file_len().unwrap())
}

#[test]
fn a_closed_store_costs_a_few_pages_and_a_killed_one_what_is_replayed() {
    let disk = SimulatedDisk::new();
    let engine = start_with(disk.clone(), Options::new()).unwrap();
    (0..20).for_each(|number| link(&engine, number, 2_000));
    engine.close().unwrap();
    let (bytes, state) = held(&disk);
    assert!(state > 1 << 20 && bytes < 64 << 10, "{bytes} of {state}");

    let engine = start_with(disk.clone(), Options::new()).unwrap();
    link(&engine, 0, 2_500);
    let (replayed, state) = held(&disk.killed());
    assert!(replayed > bytes && replayed < usize::try_from(state / 2).unwrap(), "{replayed}");
}

#[test]
fn what_a_replay_does_to_backlinks_waits_in_the_tail() {
    let disk = SimulatedDisk::new();
    let lazy = |tail| Options::new().checkpoint_interval(u64::MAX, u64::MAX).tail(tail, 1);
    let engine = start_with(disk.clone(), lazy(1 << 20)).unwrap();
    link(&engine, 0, 5_000);
    for tail in [0, 100] {
        let engine = start_with(disk.killed(), lazy(tail).read_only(true)).unwrap();
        assert_eq!(engine.open().as_ref().unwrap().state.shown().1, 5_000);
        assert_clean(&engine);
    }
}
