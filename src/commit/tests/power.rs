//! The power goes, at any disk call.

use super::*;
use crate::disk::simulated::Fault;

/// Power is lost at a random disk call; of what was not synced a random part survives, torn and
/// out of order. What was acknowledged is there and the rest whole or absent; sometimes the power
/// goes again while the store recovers.
#[test]
fn no_power_loss_loses_or_tears_a_change() {
    let mut images = 0;
    let mut lost_in_the_middle = 0;
    for seed in first_seed()..first_seed() + 60 {
        let calls_without_loss = {
            let disk = SimulatedDisk::default();
            let engine = start(&disk).unwrap();
            let before = disk.calls();
            run(&engine, &mut Random(seed), 40);
            (before, disk.calls())
        };
        let mut place = Random(seed ^ 0xabcd);
        for _ in 0..6 {
            let disk = SimulatedDisk::default();
            let engine = start(&disk).unwrap();
            let (from, to) = calls_without_loss;
            // A history in which nothing changed makes no call.
            let span = usize::try_from(to - from).unwrap().max(1);
            disk.set_fault(Some(Fault::power_lost(from + place.below(span) as u64)));
            let (seen, cut) = run(&engine, &mut Random(seed), 40);
            let revision = Snapshot::new(Arc::clone(&engine)).unwrap().revision();
            drop(engine);
            for image in 0..4 {
                let after = disk.power_lost(seed * 100 + image);
                let recovered = recover_with_interruption(&after, &mut place);
                assert_survived(&recovered, &seen, revision, cut);
                images += 1;
            }
            lost_in_the_middle += u32::from(cut);
        }
    }
    assert!(images == 1440 && lost_in_the_middle > 200, "{lost_in_the_middle}");
}

/// Opens a store, losing power once or twice while that goes on; sometimes without memory for
/// writes to be held back, so that they reach the file in the middle of the replay.
fn recover_with_interruption(disk: &SimulatedDisk, random: &mut Random) -> Arc<Engine> {
    let mut disk = disk.clone();
    let cache = [0, 1 << 20][random.below(2)];
    for _ in 0..random.below(3) {
        disk.set_fault(Some(Fault::power_lost(disk.calls() + random.below(20) as u64)));
        drop(start_with(&disk, options().cache_size(cache)));
        disk = disk.power_lost(random.next());
    }
    start_with(&disk, options().cache_size(cache)).unwrap()
}

fn assert_survived(engine: &Arc<Engine>, seen: &[Content], revision: u64, cut: bool) {
    assert_clean(engine);
    let survived = Snapshot::new(Arc::clone(engine)).unwrap().revision();
    let last = seen.last().unwrap();
    let now = content(engine);
    if survived == revision {
        assert_eq!(now, *last, "revision {revision}");
    } else {
        // The call under way when the power went was durable and not yet acknowledged.
        assert!(cut && survived == revision + 1, "{survived} after {revision}");
    }
}

/// A process was killed between the write of a record and its sync. The next one replays the record
/// without memory to hold writes back, one of its disk calls fails, and the database is dropped,
/// which makes durable what it has. Then the power goes: the state must not be ahead of the journal.
#[test]
fn a_replay_that_fails_does_not_put_the_state_ahead_of_the_journal() {
    let lazy = || options().checkpoint_interval(u64::MAX, u64::MAX).segment_size(1 << 16);
    let killed = || {
        let disk = SimulatedDisk::default();
        let engine = start_with(&disk, lazy()).unwrap();
        let project = Project::new(Arc::clone(&engine), "p".parse().unwrap());
        project.ensure_view(NewView::new("v", "name")).unwrap();
        let keys = (0..1_000).map(|number| format!("metric-{number}"));
        project.link("v", Batch::metrics(keys)).unwrap().all_ok().unwrap();
        disk.set_fault(Some(Fault::power_lost(disk.calls() + 1)));
        let error = project.link("v", Batch::flags(["unsynced"])).unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown);
        disk.killed()
    };
    let lazy = || lazy().cache_size(0);
    let killed = killed();
    let total = {
        let disk = killed.killed();
        start_with(&disk, lazy()).unwrap();
        disk.calls()
    };
    for number in 0..total {
        let disk = killed.killed();
        let kind = std::io::ErrorKind::StorageFull;
        disk.set_fault(Some(Fault { from: number, count: 1, kind }));
        drop(start_with(&disk, lazy()));
        for seed in 0..3 {
            let engine = start(&disk.power_lost(seed)).unwrap();
            assert_clean(&engine);
            let revision = Snapshot::new(engine).unwrap().revision();
            assert!((2..=3).contains(&revision), "{revision} after call {number} failed");
        }
    }
}

/// Power is lost on the way to a first store.
#[test]
fn a_creation_that_loses_power_can_be_done_again() {
    let total = {
        let disk = SimulatedDisk::default();
        drop(start(&disk).unwrap());
        disk.calls()
    };
    for lost_at in 0..total {
        let disk = SimulatedDisk::default();
        disk.set_fault(Some(Fault::power_lost(lost_at)));
        drop(start(&disk));
        for seed in 0..4 {
            let engine = start(&disk.power_lost(seed)).unwrap();
            run(&engine, &mut Random(seed), 5);
            assert_clean(&engine);
        }
    }
}

/// The process that makes the store is killed, the next one goes on with what it finds, and then
/// the power goes: what the second one acknowledged is there.
#[test]
fn a_store_whose_maker_was_killed_is_as_durable_as_any() {
    let total = {
        let disk = SimulatedDisk::default();
        drop(start(&disk).unwrap());
        disk.calls()
    };
    for killed_at in 0..total {
        let disk = SimulatedDisk::default();
        disk.set_fault(Some(Fault::power_lost(killed_at)));
        drop(start(&disk));
        let disk = disk.killed();
        let engine = start(&disk).unwrap();
        let project = Project::new(Arc::clone(&engine), "p".parse().unwrap());
        project.ensure_view(NewView::new("acknowledged", "name")).unwrap();
        for seed in 0..4 {
            let after = start(&disk.power_lost(seed)).unwrap();
            assert_eq!(content(&after), content(&engine), "killed at call {killed_at}");
        }
    }
}

/// Controls: the tests above must be able to notice.
#[test]
fn a_disk_that_lies_about_syncs_is_caught() {
    let mut caught = 0;
    for seed in 0..30 {
        let disk = SimulatedDisk::default();
        let engine = start(&disk).unwrap();
        disk.ignore_syncs();
        let (seen, _) = run(&engine, &mut Random(seed), 30);
        let revision = Snapshot::new(Arc::clone(&engine)).unwrap().revision();
        drop(engine);
        let after = disk.power_lost(seed);
        let same = start(&after).is_ok_and(|engine| {
            let survived = Snapshot::new(Arc::clone(&engine)).unwrap().revision();
            survived == revision && content(&engine) == *seen.last().unwrap()
        });
        caught += u32::from(!same);
    }
    assert!(caught >= 25, "only {caught} of 30 lying disks were noticed");
}

/// Power is lost at any disk call of the opening that brings an older format to the present one.
#[test]
fn an_upgrade_that_loses_power_can_be_done_again() {
    let formats = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats/1-killed");
    let files =
        ["state.redb", "journal/00000000000000000001.log", "journal/00000000000000000017.log"];
    let old = || {
        let disk = SimulatedDisk::default();
        disk.create_dir("journal").unwrap();
        for name in files {
            let bytes = std::fs::read(formats.join(name)).unwrap();
            let file = disk.create(name).unwrap();
            file.write_at(0, &bytes).unwrap();
            file.sync().unwrap();
        }
        disk.sync_dir("journal").unwrap();
        disk.sync_dir("").unwrap();
        disk
    };
    let (before, total) = (old().calls(), {
        let disk = old();
        drop(start(&disk).unwrap());
        disk.calls()
    });
    assert!(total > before + 10);
    for lost_at in before..total {
        let disk = old();
        disk.set_fault(Some(Fault::power_lost(lost_at)));
        drop(start(&disk));
        for seed in 0..3 {
            let engine = start(&disk.power_lost(seed)).unwrap();
            assert_clean(&engine);
            assert_eq!(Snapshot::new(engine).unwrap().revision(), 20, "lost at {lost_at}");
        }
    }
}
