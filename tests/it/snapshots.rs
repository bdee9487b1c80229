//! Snapshots: each shows one revision, as long as it is open.

use std::time::Duration;

use viewlink::{Batch, NewView, Options, Project, Store, ViewPatch};

use crate::support::{
    Clock, Random, all, assert_clean, content, content_of, create, flag, flags, link, memory,
    project, revision, two_views,
};

/// Makes a random change.
fn change(store: &Store, random: &mut Random) {
    let project = store.project(["p", "q"][random.below(2)]).unwrap();
    let view = format!("v{}", random.below(3));
    project.ensure_view(NewView::new(&view, "")).unwrap();
    let keys = |random: &mut Random| -> Vec<String> {
        (0..random.below(9)).map(|_| format!("k{}", random.below(20))).collect()
    };
    match random.below(10) {
        0 => drop(project.delete_view(&view).unwrap()),
        1 => drop(project.delete().unwrap()),
        2 => drop(project.remove_resource(&flag(&format!("k{}", random.below(20)))).unwrap()),
        3 => {
            let patch = ViewPatch::new().name(format!("{}", random.below(99)));
            project.update_view(&view, patch).unwrap();
        }
        4 | 5 => drop(project.unlink(&view, Batch::flags(keys(random))).unwrap()),
        _ => drop(project.link(&view, Batch::flags(keys(random))).unwrap()),
    }
}

fn remove_everything(project: &Project) {
    project.remove_resource(&flag("a")).unwrap();
    project.update_view("v", ViewPatch::new().name("other")).unwrap();
    project.delete_view("w").unwrap();
    project.delete().unwrap();
}

#[test]
fn a_snapshot_does_not_see_later_changes() {
    let (store, project) = two_views();
    let empty = memory();
    let nothing = empty.snapshot().unwrap();
    create(&empty.project("p").unwrap(), "v");
    assert_eq!(nothing.revision(), 0);
    assert_eq!(nothing.projects(all()).unwrap().total, 0);
    assert!(nothing.changes(1).unwrap().next().is_none());

    link(&project, "v", &["a", "b"]);
    link(&project, "w", &["a"]);
    let before = store.snapshot().unwrap();
    let seen = content(&before);
    remove_everything(&project);
    create(&project, "v");
    link(&project, "v", &["c"]);
    assert_eq!(content(&before), seen);
    assert_eq!(before.changes(1).unwrap().count(), 4);
    assert_eq!(flags(&store, "v"), ["c"]);
    assert_ne!(content_of(&store), seen);
}

#[test]
fn a_snapshot_first_read_after_others_wrote_shows_its_own_revision() {
    let (store, project) = two_views();
    link(&project, "v", &["a", "b"]);
    link(&project, "w", &["a"]);
    let expected = content_of(&store);
    // This one is not read until everything is deleted.
    let unread = store.snapshot().unwrap();
    remove_everything(&project);
    store.checkpoint().unwrap();
    assert_eq!(content(&unread), expected);
}

#[test]
fn a_project_of_a_snapshot_stays_as_it_was_too() {
    let (store, project) = two_views();
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("p").unwrap();
    project.delete().unwrap();
    assert_eq!(reader.views(all()).unwrap().total, 2);
    assert_eq!(reader.view("v").unwrap().key.as_str(), "v");
    assert_eq!(reader.info().views, 2);
}

/// Takes a snapshot after every change and reads all of them again at the end.
fn every_snapshot_stays_exact(store: &Store, changes: usize) {
    let mut random = Random(11);
    let mut held = Vec::new();
    for number in 0..changes {
        change(store, &mut random);
        let snapshot = store.snapshot().unwrap();
        let seen = content(&snapshot);
        held.push((snapshot, seen));
        // Some are dropped early, so that parts of the middle are freed while older ones are open.
        if number % 3 == 2 {
            held.remove(random.below(held.len()));
        }
        if number % 20 == 19 {
            store.checkpoint().unwrap();
        }
    }
    assert!(revision(store) > changes as u64 / 2);
    for (snapshot, seen) in &held {
        assert_eq!(&content(snapshot), seen, "{snapshot:?}");
    }
    assert_clean(store);
}

#[test]
fn snapshots_held_over_many_changes_and_checkpoints_stay_exact_in_memory() {
    every_snapshot_stays_exact(&Options::new().open_in_memory().unwrap(), 120);
}

#[test]
fn snapshots_held_over_many_changes_and_checkpoints_stay_exact_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options::new().checkpoint_bytes(1 << 10).checkpoint_age(Some(Duration::ZERO));
    every_snapshot_stays_exact(&options.segment_size(4_096).open(dir.path()).unwrap(), 60);
}

#[test]
fn a_snapshot_keeps_the_store_open_when_all_handles_are_dropped() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    create(&project(&store), "v");
    link(&project(&store), "v", &["a"]);
    let seen = content_of(&store);
    let snapshot = store.snapshot().unwrap();
    drop(store);
    assert_eq!(content(&snapshot), seen);
    assert_eq!(snapshot.changes(1).unwrap().count(), 2);
    assert!(matches!(Store::open(dir.path()), Err(viewlink::Error::AlreadyOpen { .. })));
    drop(snapshot);
    assert_eq!(content_of(&Store::open(dir.path()).unwrap()), seen);
}

#[test]
fn two_snapshots_of_one_revision_show_the_same() {
    let (store, project) = two_views();
    link(&project, "v", &["a"]);
    let (one, other) = (store.snapshot().unwrap(), store.snapshot().unwrap());
    assert_eq!(one.revision(), other.revision());
    assert_eq!(content(&one), content(&other));
}

#[test]
fn a_clock_that_is_set_back_never_makes_times_run_backwards() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Clock::default();
    clock.set(1_000);
    let store = clock.options().open(dir.path()).unwrap();
    create(&project(&store), "v");
    link(&project(&store), "v", &["z"]);
    clock.set(10);
    link(&project(&store), "v", &["y"]);
    let crashed = tempfile::tempdir().unwrap();
    crate::support::copy(dir.path(), crashed.path());
    store.close().unwrap();
    // The time of the last change is known after both kinds of opening.
    for path in [dir.path(), crashed.path()] {
        clock.set(5);
        let store = clock.options().open(path).unwrap();
        link(&project(&store), "v", &["x"]);
        clock.set(2_000);
        link(&project(&store), "v", &["w"]);
        let changes = crate::support::journal(&store);
        let times: Vec<_> = changes.iter().map(|change| change.time.as_millis()).collect();
        assert_eq!(times, [1_000, 1_000, 1_000, 1_000, 2_000]);
        assert_eq!(flags(&store, "v"), ["z", "y", "x", "w"]);
        assert_clean(&store);
    }
}
