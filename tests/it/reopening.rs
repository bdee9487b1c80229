//! Opening again: acknowledged changes are there, however the store was stopped.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use viewlink::testing::SimulatedDisk;
use viewlink::{
    Batch, Checkpoints, Error, NewView, Options, RecoveryProgress, ResourceType, Store, ViewPatch,
};

use crate::support::{
    Clock, Random, assert_clean, assert_clean_and_replayed, batch, checkpoint_file, content_of,
    copy, create, flag, flags, journal, link, noise, project, replaying_nothing, revision,
    segments, stop_writes,
};

/// Never writes checkpoints automatically.
fn lazy() -> Options {
    Options::new().checkpoints(Checkpoints::ByHand).segment_size(4_096)
}

/// Changes of every kind; none is the last of its kind.
fn fill(store: &Store) {
    let project = project(store).actor("ann").comment("why");
    for view in ["v", "w", "gone"] {
        create(&project, view);
        for resource_type in ResourceType::ALL {
            let batch = batch(resource_type, &["a", "b", "c", "d"]);
            project.link(view, batch).unwrap().all_ok().unwrap();
        }
    }
    project.unlink("v", Batch::flags(["a"])).unwrap().all_ok().unwrap();
    project.update_view("w", ViewPatch::new().name("renamed").tags(["t"])).unwrap();
    project.remove_resource(&flag("b")).unwrap();
    project.delete_view("gone").unwrap();
    project.create_view(NewView::new("gone", "back").description("again")).unwrap();
    let other = store.project("other").unwrap();
    create(&other, "v");
    other.delete().unwrap();
}

/// Opens the store and expects the previous content; returns the store.
fn same_again(dir: &Path, options: Options, before: &(Vec<String>, usize)) -> Store {
    let store = options.open(dir).unwrap();
    assert_eq!(content_of(&store), before.0);
    assert_eq!(journal(&store).len(), before.1);
    assert_clean_and_replayed(&store);
    store
}

#[test]
fn all_content_is_there_after_reopening_however_the_store_was_stopped() {
    for checkpoint in [false, true] {
        for close in [false, true] {
            let dir = tempfile::tempdir().unwrap();
            let store = lazy().open(dir.path()).unwrap();
            fill(&store);
            if checkpoint {
                store.checkpoint().unwrap();
                link(&project(&store), "v", &["late"]);
            }
            let before = (content_of(&store), journal(&store).len());
            if close {
                store.close().unwrap();
            } else {
                drop(store);
            }
            let store = same_again(dir.path(), lazy(), &before);
            // It continues, and all content is there after a third opening.
            link(&project(&store), "v", &["a"]);
            assert_eq!(revision(&store), before.1 as u64 + 1);
            let before = (content_of(&store), journal(&store).len());
            drop(store);
            drop(same_again(dir.path(), Options::new(), &before));
        }
    }
}

#[test]
fn a_killed_process_loses_no_acknowledged_change() {
    let dir = tempfile::tempdir().unwrap();
    let store = lazy().open(dir.path()).unwrap();
    create(&project(&store), "v");
    let mut random = Random(5);
    for round in 0..25 {
        let keys: Vec<String> = (0..9).map(|_| format!("k{}", random.below(30))).collect();
        let batch = Batch::flags(keys);
        let linking = random.below(3) > 0;
        let report = match linking {
            true => project(&store).link("v", batch),
            false => project(&store).unlink("v", batch),
        };
        assert_eq!(report.unwrap().len(), 9);
        if round == 10 {
            store.checkpoint().unwrap();
        }
        let killed = tempfile::tempdir().unwrap();
        copy(dir.path(), killed.path());
        let before = (content_of(&store), journal(&store).len());
        drop(same_again(killed.path(), lazy(), &before));
    }
}

#[test]
fn a_killed_recovery_can_be_repeated() {
    let dir = tempfile::tempdir().unwrap();
    let store = lazy().open(dir.path()).unwrap();
    fill(&store);
    let before = (content_of(&store), journal(&store).len());
    let mut image = tempfile::tempdir().unwrap();
    copy(dir.path(), image.path());
    for round in 0..4 {
        // It is killed right after it was opened again or, at the end, after a checkpoint.
        let store = same_again(image.path(), lazy(), &before);
        if round == 2 {
            store.checkpoint().unwrap();
        }
        if round == 3 {
            drop(store);
            drop(same_again(image.path(), replaying_nothing(lazy()), &before));
            break;
        }
        let next = tempfile::tempdir().unwrap();
        copy(image.path(), next.path());
        drop(store);
        image = next;
    }
}

/// Options that record the progress of an opening.
fn noting(reported: &Arc<Mutex<Vec<RecoveryProgress>>>) -> Options {
    let reported = Arc::clone(reported);
    lazy().on_recovery(move |progress| reported.lock().unwrap().push(progress))
}

#[test]
fn an_opening_reports_the_loaded_size_and_the_progress_of_the_replay() {
    let dir = tempfile::tempdir().unwrap();
    let reported = Arc::new(Mutex::new(Vec::new()));
    let store = noting(&reported).open(dir.path()).unwrap();
    create(&project(&store), "v");
    store.checkpoint().unwrap();
    reported.lock().unwrap().clear();
    for number in 0..7 {
        link(&project(&store), "v", &[&format!("k{number}")]);
    }
    let killed = tempfile::tempdir().unwrap();
    copy(dir.path(), killed.path());
    store.close().unwrap();
    // Twice: replayed changes are written to disk when the store is closed.
    for (path, replays) in [(dir.path(), false), (killed.path(), true), (killed.path(), false)] {
        let bytes = checkpoint_file(path).metadata().unwrap().len();
        let store = noting(&reported).open(path).unwrap();
        assert_eq!(flags(&store, "v").len(), 7);
        let mut expected = vec![RecoveryProgress::Loading { bytes }];
        expected.extend(replays.then_some(RecoveryProgress::Replaying { done: 7, total: 7 }));
        assert_eq!(std::mem::take(&mut *reported.lock().unwrap()), expected);
    }
}

#[test]
fn a_long_replay_reports_its_progress() {
    let disk = SimulatedDisk::new();
    let store = lazy().segment_size(4 << 20).open_on(&disk).unwrap();
    create(&project(&store), "v");
    for number in 0..10_500 {
        project(&store).update_view("v", ViewPatch::new().name(format!("{number}"))).unwrap();
    }
    let reported = Arc::new(Mutex::new(Vec::new()));
    let opened = noting(&reported).open_on(&disk.killed()).unwrap();
    assert_eq!(content_of(&opened), content_of(&store));
    let pieces = [10_000, 10_501].map(|done| RecoveryProgress::Replaying { done, total: 10_501 });
    assert_eq!(reported.lock().unwrap()[1..], pieces);
}

#[test]
fn a_checkpoint_leaves_the_next_opening_nothing_to_replay() {
    let dir = tempfile::tempdir().unwrap();
    let store = lazy().open(dir.path()).unwrap();
    fill(&store);
    store.checkpoint().unwrap();
    let before = (content_of(&store), journal(&store).len());
    let killed = tempfile::tempdir().unwrap();
    copy(dir.path(), killed.path());
    drop(same_again(killed.path(), replaying_nothing(lazy()), &before));
}

#[test]
fn enough_work_or_age_triggers_a_checkpoint() {
    let inline = || Options::new().checkpoints(Checkpoints::Inline);
    let by_age = inline().checkpoint_age(Some(Duration::ZERO));
    for options in [inline().checkpoint_bytes(1_000), inline().checkpoint_bytes(0), by_age] {
        let dir = tempfile::tempdir().unwrap();
        let store = options.open(dir.path()).unwrap();
        create(&project(&store), "v");
        // More than half of the length of their checkpoint.
        let keys: Vec<String> = (0..4_000).map(|number| noise(number, 60)).collect();
        project(&store).link("v", Batch::flags(keys)).unwrap().all_ok().unwrap();
        let killed = tempfile::tempdir().unwrap();
        copy(dir.path(), killed.path());
        let opened = replaying_nothing(lazy()).open(killed.path()).unwrap();
        assert_eq!(content_of(&opened), content_of(&store));
    }
}

#[test]
fn a_change_with_a_torn_record_is_completely_absent() {
    let dir = tempfile::tempdir().unwrap();
    let store = lazy().open(dir.path()).unwrap();
    create(&project(&store), "v");
    link(&project(&store), "v", &["a"]);
    let without = content_of(&store);
    let offset = used(&segments(dir.path())[0]);
    project(&store).link("v", Batch::flags(["b", "c", "d"])).unwrap().all_ok().unwrap();
    let end = used(&segments(dir.path())[0]);
    let with = content_of(&store);
    for kept in offset..=end {
        let killed = tempfile::tempdir().unwrap();
        copy(dir.path(), killed.path());
        let segment = &segments(killed.path())[0];
        let mut bytes = std::fs::read(segment).unwrap();
        bytes[kept..].fill(0);
        std::fs::write(segment, bytes).unwrap();
        let store = lazy().open(killed.path()).unwrap();
        let expected = if kept == end { &with } else { &without };
        assert_eq!(&content_of(&store), expected, "{kept} of {offset} to {end}");
        // The next change gets the same revision, and keeps it.
        link(&project(&store), "v", &["e"]);
        drop(store);
        let store = lazy().open(killed.path()).unwrap();
        assert_eq!(flags(&store, "v").last().map(String::as_str), Some("e"));
        assert_clean(&store);
    }
}

/// The end of the last record of a segment.
fn used(segment: &Path) -> usize {
    let bytes = std::fs::read(segment).unwrap();
    bytes.iter().rposition(|&byte| byte != 0).unwrap() + 1
}

#[test]
fn options_may_change_between_openings() {
    let dir = tempfile::tempdir().unwrap();
    let store = lazy().open(dir.path()).unwrap();
    fill(&store);
    let before = (content_of(&store), journal(&store).len());
    drop(store);
    for size in [1 << 20, 5_000, 0] {
        let store = same_again(dir.path(), lazy().segment_size(size), &before);
        let length = segments(dir.path()).pop().unwrap().metadata().unwrap().len();
        assert_eq!(length, size.max(4_096), "the segment is preallocated");
        drop(store);
    }
    let store = lazy().batch_limit(1).open(dir.path()).unwrap();
    assert!(project(&store).link("v", Batch::flags(["x", "y"])).is_err());
    assert_eq!(content_of(&store), before.0);
}

#[test]
fn the_id_of_a_deleted_view_or_project_is_never_given_again() {
    let dir = tempfile::tempdir().unwrap();
    let (mut views, mut projects) = (Vec::new(), Vec::new());
    for round in 0..9 {
        let store = lazy().open(dir.path()).unwrap();
        let project = project(&store);
        views.push(project.create_view(NewView::new("v", "")).unwrap().id);
        projects.push(store.snapshot().unwrap().project("p").unwrap().info().id);
        project.delete_view("v").unwrap();
        project.delete().unwrap();
        match round % 3 {
            0 => store.close().unwrap(),
            1 => {
                stop_writes(&store);
                store.recover().unwrap();
            }
            _ => drop(store),
        }
    }
    for ids in [views, projects] {
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]), "{ids:?}");
    }
}

#[test]
fn a_dropped_store_trims_its_journal_like_a_closed_one() {
    let dir = tempfile::tempdir().unwrap();
    for number in 0..30 {
        let store = Options::new().keep_changes(Some(3)).open(dir.path()).unwrap();
        create(&project(&store), &format!("view-{number}"));
    }
    let segments = segments(dir.path());
    assert!(segments.len() <= 6, "{segments:?}");
    let bytes: u64 = segments.iter().map(|path| path.metadata().unwrap().len()).sum();
    assert!(bytes < 4_096, "the zeros are removed: {bytes}");
    assert_clean(&Store::open(dir.path()).unwrap());
}

#[test]
fn changes_from_before_a_reopening_are_kept_as_long_as_others() {
    let clock = Clock::default();
    let age = Some(Duration::from_secs(500));
    let options = || clock.options().keep_changes(None).keep_for(age);
    clock.set(1_000_000);
    for close in [true, false] {
        let (dir, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let store = options().open(dir.path()).unwrap();
        for view in ["u", "v", "w"] {
            create(&project(&store), view);
        }
        let path = if close {
            store.close().unwrap();
            dir.path()
        } else {
            copy(dir.path(), killed.path());
            killed.path()
        };
        for (now, kept) in [(1_400_000, true), (1_600_000, false)] {
            let store = options().open(path).unwrap();
            clock.pass(now, 100_000, |now| create(&project(&store), &format!("at-{now}")));
            store.checkpoint().unwrap();
            let oldest = store.verify().unwrap().counts.oldest_kept;
            assert_eq!(oldest == 1, kept, "at {now}, closed: {close}");
        }
        clock.set(1_000_000);
    }
}

/// The state of one history and the journal of another one.
fn of_two_histories() -> SimulatedDisk {
    let start = SimulatedDisk::new();
    let store = lazy().open_on(&start).unwrap();
    create(&project(&store), "v");
    store.close().unwrap();
    let (one, other) = (start.killed(), start.killed());
    let store = lazy().open_on(&one).unwrap();
    link(&project(&store), "v", &["a"]);
    store.close().unwrap();
    let store = lazy().open_on(&other).unwrap();
    link(&project(&store), "v", &["b"]);
    link(&project(&store), "v", &["a"]);
    link(&project(&store), "v", &["c"]);
    let mut files = other.killed().contents();
    files.insert("checkpoint.redb".into(), one.contents()["checkpoint.redb"].clone());
    SimulatedDisk::with_files(files)
}

#[test]
fn a_journal_that_does_not_match_the_checkpoint_is_damage_and_both_are_not_changed() {
    let disk = of_two_histories();
    let before = disk.contents();
    let error = lazy().open_on(&disk).unwrap_err();
    assert!(matches!(error, Error::Damaged { .. }), "{error}");
    assert!(error.to_string().contains("different histories"), "{error}");
    assert!(disk.contents() == before, "the files changed");
}
