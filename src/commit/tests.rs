//! The whole store on a disk that loses power.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::disk::simulated::{Fault, Random, SimulatedDisk};
use crate::error::Outcome;
use crate::page::{LinkSort, Paging};
use crate::project::Project;
use crate::resource::{Resource, ResourceType};
use crate::snapshot::Snapshot;
use crate::time::Timestamp;
use crate::view::{NewView, ViewPatch};
use crate::{Batch, Result};

fn options() -> Options {
    // Small enough that a short run rotates segments, trims them and checkpoints.
    Options::new()
        .segment_size(4096)
        .checkpoint_interval(60, 8192)
        .keep_changes(Some(20))
        .cache_size(1 << 20)
        .clock(|| Timestamp::from_millis(1))
}

fn start(disk: &SimulatedDisk) -> Result<Arc<Engine>> {
    start_with(disk, options())
}

fn start_with(disk: &SimulatedDisk, options: Options) -> Result<Arc<Engine>> {
    let disk: SharedDisk = Arc::new(disk.clone());
    let directory = Directory::on_disk(disk, Path::new("simulated"), &options)?;
    Engine::start(directory, options).map(Arc::new)
}

/// All that a snapshot shows: for each view its version and links in both orders, for each
/// resource its views.
type Content = BTreeMap<String, Vec<String>>;

fn content(engine: &Arc<Engine>) -> Content {
    let snapshot = Snapshot::new(Arc::clone(engine)).unwrap();
    let mut content = Content::new();
    for project in snapshot.projects(Paging::first(100)).unwrap() {
        let reader = snapshot.project(project.key.as_str()).unwrap();
        for view in reader.views(Paging::first(100)).unwrap() {
            let name = format!("{}/{}", project.key, view.key);
            let lines = content.entry(format!("{name} v{}", view.version)).or_default();
            for resource_type in ResourceType::ALL {
                for sort in [LinkSort::Key, LinkSort::LinkTime] {
                    let all = Paging::first(10_000).sort(sort);
                    let page = reader.linked_resources(view.key.as_str(), resource_type, all);
                    lines.extend(page.unwrap().into_iter().map(|link| link.resource.to_string()));
                }
            }
        }
        for number in 0..KEYS {
            let flag = Resource::flag(&flag(number)).unwrap();
            let views = reader.linked_views(&flag, Paging::first(100)).unwrap();
            let views = views.into_iter().map(|view| view.key.to_string());
            content.insert(format!("{}:{flag}", project.key), views.collect());
        }
    }
    content
}

const KEYS: usize = 40;

/// Where the random histories begin: other ones with `VIEWLINK_SEED`.
fn first_seed() -> u64 {
    std::env::var("VIEWLINK_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0)
}

fn flag(number: usize) -> String {
    format!("flag-{number}")
}

/// One call that may change something; the outcome of a failed one.
fn step(engine: &Arc<Engine>, random: &mut Random) -> Result<(), Outcome> {
    let project = ["p", "q"][random.below(2)];
    let project = Project::new(Arc::clone(engine), project.parse().unwrap());
    let view = format!("view-{}", random.below(3));
    let count = random.below(12);
    let keys: Vec<String> = (0..count).map(|_| flag(random.below(KEYS))).collect();
    let comment = "c".repeat(random.below(600));
    let failed = match random.below(20) {
        0..=2 => project.ensure_view(NewView::new(view, "name")).err(),
        3..=9 => project.link(&view, Batch::flags(keys).comment(comment)).err(),
        10..=14 => project.unlink(&view, Batch::flags(keys).comment(comment)).err(),
        15 => project.link(&view, Batch::segments([("env", "a"), ("env", "b")])).err(),
        16 => {
            let name = format!("name {}", random.below(1000));
            project.update_view(&view, ViewPatch::new().name(name)).err()
        }
        17 => project.remove_resource(&Resource::flag(&flag(random.below(KEYS))).unwrap()).err(),
        // Large enough to extend the file of the state.
        18 if random.below(2) == 0 => {
            let first = random.below(1000);
            let keys = (first..first + 400).map(|number| format!("metric-{number}"));
            project.link(&view, Batch::metrics(keys)).err()
        }
        18 => match random.below(3) {
            0 => project.delete_view(&view).err(),
            1 => project.remove_environment(&"env".parse().unwrap()).err(),
            _ => project.delete().err(),
        },
        _ => engine.checkpoint().err(),
    };
    match failed {
        Some(error) if error.is_of_store() => Err(error.outcome()),
        Some(Error::WritesStopped { .. }) => Err(Outcome::NotApplied),
        _ => Ok(()),
    }
}

/// Runs calls until one fails for the disk's sake; the content each left behind, the last two
/// being before and after the failed one if that was not clear.
fn run(engine: &Arc<Engine>, random: &mut Random, calls: usize) -> (Vec<Content>, bool) {
    let mut seen = vec![content(engine)];
    for _ in 0..calls {
        if step(engine, random).is_err() {
            return (seen, true);
        }
        seen.push(content(engine));
    }
    (seen, false)
}

fn assert_clean(engine: &Engine) {
    let verification = engine.verify().unwrap();
    assert!(verification.is_clean(), "{verification}");
}

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

/// The same on the way to a first store.
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
