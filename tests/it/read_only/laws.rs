//! Properties of every store that is opened read-only, whatever was done to it before.

use proptest::prelude::*;
use viewlink::testing::SimulatedDisk;
use viewlink::{Checkpoints, Options, Timestamp};

use super::told_by;
use crate::laws::cases;
use crate::model::{Call, Model, TIME, assert_same, calls};

/// Small enough that a short run rotates and trims segments, and makes checkpoints automatically.
fn options() -> Options {
    Options::new()
        .segment_size(4096)
        .checkpoints(Checkpoints::Inline)
        .checkpoint_bytes(1 << 10)
        .clock(|| Timestamp::from_millis(TIME))
}

/// A disk on which a store was used in several openings. It was closed after each except the last.
fn used(parts: &[Vec<Call>]) -> (SimulatedDisk, Model) {
    let (disk, mut model) = (SimulatedDisk::new(), Model::default());
    for (number, calls) in parts.iter().enumerate() {
        let store = options().open_on(&disk).unwrap();
        calls.iter().for_each(|call| model.call(&store, call));
        if number + 1 == parts.len() {
            return (disk.killed(), model);
        }
        store.close().unwrap();
    }
    (disk, model)
}

/// Reads a store, checks that the disk did not change, and that its content is that of a normal opening.
fn read(disk: &SimulatedDisk) -> String {
    let (calls, before) = (disk.calls(), disk.contents());
    let store = options().read_only(true).open_on(disk).unwrap();
    let reported = told_by(&store);
    store.close().unwrap();
    assert_eq!(disk.calls(), calls);
    assert!(disk.contents() == before);
    reported
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(48)))]

    #[test]
    fn a_read_only_store_has_the_content_of_its_history(
        parts in prop::collection::vec(calls(15), 1..4),
    ) {
        let (disk, model) = used(&parts);
        let store = options().read_only(true).open_on(&disk).unwrap();
        assert_same(&store.snapshot().unwrap(), &model);
        drop(store);
        let reported = read(&disk);
        prop_assert_eq!(reported, told_by(&options().open_on(&disk).unwrap()));
    }

    #[test]
    fn a_store_after_a_kill_or_power_loss_is_read_as_it_would_be_recovered(
        calls in calls(15),
        moments in prop::collection::vec((any::<prop::sample::Index>(), any::<u64>()), 6),
    ) {
        let disk = SimulatedDisk::new();
        let store = options().open_on(&disk).unwrap();
        let made = disk.calls();
        let mut model = Model::default();
        calls.iter().for_each(|call| model.call(&store, call));
        drop(store);
        let stops: Vec<SimulatedDisk> = disk.stops().skip(made).collect();
        for (moment, seed) in moments {
            let stopped = moment.get(&stops);
            let after = if seed % 3 == 0 { stopped.killed() } else { stopped.power_lost(seed) };
            let reported = read(&after);
            prop_assert_eq!(reported, told_by(&options().open_on(&after).unwrap()));
        }
    }
}
