//! Backups of a store that is in use.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use viewlink::{Batch, Error, NewView, Options, Store};

use crate::support::{
    Clock, Random, all, assert_clean, assert_clean_and_replayed, content, content_of, copy_of,
    create, flag, flags, journal, link, names, project, revision, segments, stop_writes, two_views,
};

#[test]
fn a_copy_has_all_content_and_continues_on_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let (store, project) = two_views();
    link(&project, "v", &["a", "b", "c"]);
    link(&project, "w", &["b"]);
    project.unlink("v", Batch::flags(["c"])).unwrap().all_ok().unwrap();
    project.delete_view("w").unwrap();
    let copy = copy_of(&store, &dir.path().join("copy"));
    assert_eq!(content_of(&copy), content_of(&store));
    assert_eq!(journal(&copy), journal(&store));
    assert_clean_and_replayed(&copy);
    // From here on they are two stores.
    let other = copy.project("p").unwrap();
    create(&other, "x");
    link(&other, "v", &["in-the-copy"]);
    link(&project, "v", &["in-the-store"]);
    assert_eq!(flags(&copy, "v"), ["a", "b", "in-the-copy"]);
    assert_eq!(flags(&store, "v"), ["a", "b", "in-the-store"]);
    assert_clean_and_replayed(&copy);
    copy.close().unwrap();
    let copy = Store::open(dir.path().join("copy")).unwrap();
    assert_eq!(flags(&copy, "v"), ["a", "b", "in-the-copy"]);
    assert_clean_and_replayed(&copy);
    assert_eq!(names(dir.path()), ["copy"]);
}

#[test]
fn an_empty_store_and_a_copy_can_be_copied() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path().join("0")).unwrap();
    let first = copy_of(&store, &dir.path().join("1"));
    assert_eq!(revision(&first), 0);
    create(&project(&first), "v");
    link(&project(&first), "v", &["a"]);
    let second = copy_of(&first, &dir.path().join("2"));
    assert_eq!((content_of(&second), journal(&second)), (content_of(&first), journal(&first)));
    assert_clean_and_replayed(&second);
}

#[test]
fn a_copy_has_the_kept_history() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options::new().segment_size(4_096).keep_changes(Some(30));
    let store = options.open_in_memory().unwrap();
    let project = project(&store);
    create(&project, "v");
    for number in 0..120 {
        let batch = Batch::flags([format!("{number:0200}")]).comment("why");
        project.link("v", batch).unwrap().all_ok().unwrap();
    }
    store.checkpoint().unwrap();
    let oldest = store.verify().unwrap().counts.oldest_kept;
    assert!(oldest > 1);
    let copy = copy_of(&store, &dir.path().join("copy"));
    assert_eq!(copy.verify().unwrap().counts.oldest_kept, oldest);
    let history = |store: &Store| -> Vec<_> {
        let changes = store.snapshot().unwrap().changes(oldest).unwrap();
        changes.map(Result::unwrap).collect()
    };
    assert_eq!(history(&copy), history(&store));
    let error = copy.snapshot().unwrap().changes(oldest - 1).unwrap_err();
    assert!(matches!(error, Error::JournalTrimmed { .. }), "{error}");
    assert!(segments(&dir.path().join("copy")).len() > 2, "it is in segments of the same size");
}

#[test]
fn changes_are_as_old_in_a_copy_as_in_the_store() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Clock::default();
    let age = |seconds| Some(Duration::from_secs(seconds));
    let options = || clock.options().segment_size(4_096).keep_changes(None).keep_for(age(500));
    let store = options().open_in_memory().unwrap();
    clock.set(1_000_000);
    create(&project(&store), "v");
    for number in 0..60 {
        link(&project(&store), "v", &[&format!("{number:0200}")]);
    }
    store.backup_to(dir.path().join("copy")).unwrap();
    let copy = options().open(dir.path().join("copy")).unwrap();
    for (now, kept) in [(1_400_000, true), (1_600_000, false)] {
        clock.pass(now, 100_000, |now| create(&project(&copy), &format!("at-{now}")));
        copy.checkpoint().unwrap();
        assert_eq!(copy.verify().unwrap().counts.oldest_kept == 1, kept, "at {now}");
    }
}

#[test]
fn a_store_that_accepts_no_changes_can_be_copied_but_a_closed_one_cannot() {
    let dir = tempfile::tempdir().unwrap();
    let (store, project) = two_views();
    link(&project, "v", &["a"]);
    stop_writes(&store);
    let copy = copy_of(&store, &dir.path().join("copy"));
    assert_eq!(content_of(&copy), content_of(&store));
    let other = store.clone();
    store.close().unwrap_err();
    assert!(matches!(other.backup_to(dir.path().join("late")), Err(Error::Closed)));
    assert_eq!(names(dir.path()), ["copy"]);
}

/// Segments of a copy and of its original look alike and must not be mixed.
#[test]
fn a_segment_of_a_copy_is_not_accepted_by_the_store() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path().join("store")).unwrap();
    create(&project(&store), "v");
    let copy = copy_of(&store, &dir.path().join("copy"));
    for store in [&store, &copy] {
        link(&project(store), "v", &["a"]);
    }
    store.close().unwrap();
    copy.close().unwrap();
    for segment in segments(&dir.path().join("copy")) {
        let name = segment.file_name().unwrap();
        fs::copy(&segment, dir.path().join("store/journal").join(name)).unwrap();
    }
    let error = Store::open(dir.path().join("store")).unwrap_err();
    assert!(error.to_string().contains("another store"), "{error}");
}

/// Makes copies until it is stopped, and at least three.
fn copy_until(store: &Store, dir: &Path, done: &AtomicBool) {
    let mut copies = 0;
    while !done.load(Ordering::SeqCst) || copies < 3 {
        let path = dir.join(format!("copy-{copies}"));
        let before = store.snapshot().unwrap();
        let made = store.backup_to(&path).unwrap();
        let after = store.snapshot().unwrap();
        assert!((before.revision()..=after.revision()).contains(&made));
        let copy = Store::open(&path).unwrap();
        assert_eq!(revision(&copy), made);
        assert_clean(&copy);
        if before.revision() == made {
            assert_eq!(content_of(&copy), content(&before));
        }
        assert_whole_batches(&copy);
        create(&copy.project("p").unwrap(), "of-the-copy");
        drop(copy);
        fs::remove_dir_all(&path).unwrap();
        copies += 1;
    }
}

/// Each batch linked three keys and unlinked two of them in the next change.
fn assert_whole_batches(store: &Store) {
    let there = flags(store, "v");
    for key in there.iter().filter(|key| key.ends_with("-1")) {
        let other = format!("{}-2", key.strip_suffix("-1").unwrap());
        assert!(there.contains(&other), "{key} without {other}");
    }
    let snapshot = store.snapshot().unwrap();
    let reader = snapshot.project("p").unwrap();
    for key in &there {
        assert_eq!(reader.linked_view_keys(&flag(key), all()).unwrap().total, 1);
    }
}

#[test]
fn a_copy_made_during_writes_has_one_revision() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options::new().segment_size(4_096).keep_changes(Some(25));
    let options = options.checkpoint_bytes(1 << 10);
    let store = options.open(dir.path().join("store")).unwrap();
    let project = project(&store);
    create(&project, "v");
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let copying = scope.spawn(|| copy_until(&store, dir.path(), &done));
        let writers: Vec<_> = (0..3)
            .map(|writer| {
                let project = &project;
                scope.spawn(move || {
                    let mut random = Random(writer);
                    for round in 0..80 {
                        let keys: Vec<_> =
                            (0..3).map(|n| format!("t{writer}-{round}-{n}")).collect();
                        project.link("v", Batch::flags(&keys)).unwrap().all_ok().unwrap();
                        project.unlink("v", Batch::flags(&keys[1..])).unwrap().all_ok().unwrap();
                        if random.below(9) == 0 {
                            project.ensure_view(NewView::new("other", "")).unwrap();
                            project.delete_view("other").ok();
                        }
                    }
                })
            })
            .collect();
        let results: Vec<_> = writers.into_iter().map(|writer| writer.join()).collect();
        done.store(true, Ordering::SeqCst);
        results.into_iter().for_each(Result::unwrap);
        copying.join().unwrap();
    });
    assert_eq!(flags(&store, "v").len(), 240);
    store.checkpoint().unwrap();
    let oldest = store.verify().unwrap().counts.oldest_kept;
    assert!(oldest > 300, "the journal is trimmed again: {oldest}");
    assert_clean(&store);
}
