//! Copies to a disk that fails or loses power.

use std::io::ErrorKind;

use super::*;
use crate::catch_panic::catch_panic;
use crate::disk::simulated::{DiskFault, Syncs};
use crate::disk::{MARK, mark, unmark};
use crate::engine::backup::write_copy;
use crate::journal::{JournalOptions, Kept};
use crate::model::page::{LinkSort, Paging};
use crate::model::resource::{Resource, ResourceType};
use crate::snapshot::Snapshot;

/// Copies the current state of the store to a disk.
fn copy_to(engine: &Engine, disk: &SimulatedDisk) -> Result<()> {
    let (open, _guard) = engine.snapshot()?;
    let disk: SharedDisk = Arc::new(disk.clone());
    let kept = Kept::new(Arc::clone(&open.segments));
    write_copy(&open, &kept, &disk, JournalOptions::from(&engine.options))
}

const KEYS: usize = 30;

fn key(number: usize) -> String {
    format!("flag-{}", number % KEYS)
}

/// Makes changes of every kind, different ones for each number.
fn change(engine: &Arc<Engine>, numbers: impl IntoIterator<Item = usize>) {
    let project = project(engine);
    for number in numbers {
        let view = format!("view-{}", number % 3);
        project.ensure_view(NewView::new(&*view, "name")).unwrap();
        let batch = |from| Batch::flags((from..from + 8).map(key)).comment("c".repeat(200));
        let _ = project.link(&view, batch(number * 7)).unwrap();
        let _ = project.unlink(&view, batch(number * 11)).unwrap();
        if number % 10 == 9 {
            project.remove_resource(&Resource::flag(&key(number)).unwrap()).unwrap();
            project.delete_view(&view).unwrap();
        }
    }
}

/// All data of a snapshot: the views with their links in both orders, and the views of each flag.
fn content(engine: &Arc<Engine>) -> Vec<String> {
    let snapshot = Snapshot::new(Arc::clone(engine)).unwrap();
    let reader = snapshot.project("p").unwrap();
    let mut content = Vec::new();
    for view in reader.views(Paging::first(100)).unwrap() {
        content.push(format!("{view:?}"));
        for sort in [LinkSort::Key, LinkSort::LinkTime] {
            let all = Paging::first(100).sort(sort);
            let page = reader.linked_resources(view.key.as_str(), ResourceType::Flag, all);
            content.push(format!("{:?}", page.unwrap().items));
        }
    }
    for number in 0..KEYS {
        let flag = Resource::flag(&key(number)).unwrap();
        let views = reader.linked_view_keys(&flag, Paging::first(100)).unwrap();
        content.push(format!("{flag}: {:?}", views.items));
    }
    content
}

/// A store with some history, of which a part was removed.
fn store() -> Arc<Engine> {
    let engine = start_with(SimulatedDisk::new(), options()).unwrap();
    let has_trimmed = || engine.snapshot().unwrap().0.segments.oldest().unwrap() > 1;
    let fit = (0..400).any(|number| {
        change(&engine, [number]);
        has_trimmed()
    });
    assert!(fit, "{:?}", engine.stats());
    engine
}

fn assert_is_copy(copy: SimulatedDisk, engine: &Arc<Engine>, case: &str) {
    let copy = start_with(copy, options()).unwrap_or_else(|error| panic!("{case}: {error}"));
    assert_eq!(content(&copy), content(engine), "{case}");
    assert_clean(&copy);
    change(&copy, 0..3);
    assert_clean(&copy);
}

/// All data must be on the disk before the directory gets its name.
#[test]
fn a_copy_that_was_made_survives_a_loss_of_power() {
    let engine = store();
    let disk = SimulatedDisk::new();
    copy_to(&engine, &disk).unwrap();
    for seed in 0..40 {
        assert_is_copy(disk.power_lost(seed), &engine, &format!("seed {seed}"));
    }
    assert_is_copy(disk, &engine, "whole");
}

/// Copies to a disk that is an existing directory, as `backup_to` does.
fn fill(engine: &Engine, disk: &SimulatedDisk) {
    mark(disk).unwrap();
    copy_to(engine, disk).unwrap();
    unmark(disk).unwrap();
    disk.sync_dir("").unwrap();
}

/// The copy may stop at any call. The directory is then empty, or an unfinished copy that is marked as such, or a
/// complete copy. This also holds if directories cannot be synced, because the mark is older than everything that is
/// synced in files.
#[test]
fn a_directory_that_is_being_filled_is_not_a_store_before_it_is_complete() {
    let engine = store();
    for syncs in [Syncs::Honest, Syncs::FilesOnly] {
        let disk = SimulatedDisk::new();
        disk.set_syncs("", syncs);
        fill(&engine, &disk);
        let (mut empty, mut half, mut whole) = (0, 0, 0);
        for (number, stopped) in disk.stops().enumerate() {
            let after = (0..6).map(|seed| stopped.power_lost(seed)).chain([stopped.killed()]);
            for (case, left) in after.enumerate() {
                match what_is_left(
                    &left,
                    &engine,
                    &format!("{syncs:?}, call {number}, case {case}"),
                ) {
                    Left::Empty => empty += 1,
                    Left::Half => half += 1,
                    Left::Whole => whole += 1,
                }
            }
        }
        assert!(empty > 3 && half > 100 && whole > 2, "{syncs:?}: {empty} {half} {whole}");
    }
}

/// The state of a directory after a copy.
enum Left {
    Empty,
    Half,
    Whole,
}

fn what_is_left(left: &SimulatedDisk, engine: &Arc<Engine>, case: &str) -> Left {
    let names = left.contents();
    match start_with(left.clone(), options().create_if_missing(false)).err() {
        Some(Error::NotFound { .. }) => {
            assert!(names.is_empty(), "{case}: {names:?}");
            Left::Empty
        }
        Some(Error::NotAStore { reason, .. }) => {
            assert!(reason.contains("copy was not finished"), "{case}: {reason}");
            Left::Half
        }
        Some(error) => panic!("{case}: {error}"),
        None => {
            assert_is_copy(left.clone(), engine, case);
            Left::Whole
        }
    }
}

/// A store is made in a directory while a copy begins to fill it, in either order.
#[test]
fn a_copy_and_a_new_store_never_share_a_directory() {
    let disk = SimulatedDisk::new();
    mark(&disk).unwrap();
    assert!(
        (0..20).all(|seed| disk.power_lost(seed).contents().contains_key(MARK)),
        "it is durable"
    );
    assert_eq!(mark(&disk).unwrap_err().kind(), ErrorKind::AlreadyExists);
    let refused = start_with(disk.clone(), options());
    assert!(matches!(refused, Err(Error::NotAStore { .. })), "{:?}", refused.err());
    assert_eq!(disk.contents().into_keys().collect::<Vec<_>>(), [MARK]);

    let locked = SimulatedDisk::with_files([("lock".to_owned(), Vec::new())]);
    assert_eq!(mark(&locked).unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert_eq!(locked.contents().into_keys().collect::<Vec<_>>(), ["lock"]);
}

/// Each call that changes the target disk fails, once or from then on. The copy returns an error, unless the call does
/// not matter, and the store continues.
#[test]
fn a_copy_to_a_failing_disk_is_an_error_or_complete() {
    let engine = store();
    let (mut cases, mut failed) = (0, 0);
    for (number, for_good) in (0..).flat_map(|number| [(number, false), (number, true)]) {
        let kind = if number % 2 == 0 { ErrorKind::Other } else { ErrorKind::StorageFull };
        let fault = DiskFault::new(kind).after(number);
        let disk = SimulatedDisk::new();
        disk.fail(if for_good { fault.permanently() } else { fault });
        let copied = catch_panic(|| copy_to(&engine, &disk));
        if disk.failed() == 0 {
            break;
        }
        cases += 1;
        match copied {
            Ok(()) => {
                disk.clear_fault();
                assert_is_copy(disk.power_lost(number), &engine, &format!("call {number}"));
            }
            Err(error) => {
                assert_eq!(error.outcome(), Outcome::NotApplied, "call {number}: {error}");
                failed += 1;
            }
        }
    }
    assert!(cases > 60 && failed > cases / 2, "{failed} of {cases}");
    assert_clean(&engine);
    change(&engine, 0..5);
    assert_clean(&engine);
}

/// The journal keeps what a copy needs, even if the store is changed and trimmed meanwhile.
#[test]
fn a_copy_is_complete_although_the_journal_is_trimmed_meanwhile() {
    let options = options().keep_changes(Some(1)).checkpoint_bytes(1);
    let engine = start_with(SimulatedDisk::new(), options).unwrap();
    change(&engine, 0..20);
    let dir = tempfile::tempdir().unwrap();
    let writing = Arc::clone(&engine);
    let written = spawn(move || change(&writing, 20..400));
    for number in 0..20 {
        let path = dir.path().join(format!("copy-{number}"));
        let revision = engine.backup_to(&path).unwrap();
        let copy = crate::Store::open(&path).unwrap();
        assert_eq!(copy.snapshot().unwrap().revision(), revision);
        assert_clean(copy.engine());
    }
    written.recv_timeout(3 * LONG).unwrap();
    engine.checkpoint().unwrap();
    assert!(engine.snapshot().unwrap().0.segments.oldest().unwrap() > 20);
    assert_clean(&engine);
}

/// The journal removes nothing while it is copied, and trims again afterwards.
#[test]
fn the_journal_keeps_what_a_copy_needs_until_it_is_made() {
    let engine = start_with(SimulatedDisk::new(), options()).unwrap();
    change(&engine, 0..8);
    let segments = engine.snapshot().unwrap().0.segments;
    let kept = [Kept::new(Arc::clone(&segments)), Kept::new(Arc::clone(&segments))];
    let oldest = kept[0].oldest();
    for kept in kept {
        change(&engine, 0..40);
        engine.checkpoint().unwrap();
        assert_eq!(segments.oldest(), Some(oldest));
        drop(kept);
    }
    engine.checkpoint().unwrap();
    assert!(segments.oldest().unwrap() > oldest);
}

/// Earlier positions are valid in the copy; each store continues with its own id.
#[test]
fn a_copy_has_the_lineage_and_the_hash_of_the_store_and_another_id() {
    let engine = store();
    let disk = SimulatedDisk::new();
    copy_to(&engine, &disk).unwrap();
    let copy = start_with(disk, options()).unwrap();
    let position = |engine: &Engine| engine.snapshot().unwrap().0.position();
    assert_eq!(position(&copy), position(&engine));
    assert_ne!(copy.store_id(), engine.store_id());
    change(&engine, 0..1);
    change(&copy, 1..2);
    assert_ne!(position(&copy), position(&engine));
}
