//! Checkpoints: who makes them and when, what they remove, and what happens after a failed one.

use std::io::ErrorKind;
use std::thread;
use std::time::Duration;

use viewlink::testing::{CallKind, DiskFault, SimulatedDisk};
use viewlink::{Batch, Checkpoints, Health, Options, Outcome, Project, Stats, Store};

use crate::support::{
    Clock, assert_clean, assert_clean_and_replayed, checkpoint_file, content, content_of, create,
    link, names, noise, project, until,
};

/// A checkpoint is due as soon as the journal is longer than half of the checkpoint's file.
fn options(mode: Checkpoints) -> Options {
    Options::new().checkpoints(mode).checkpoint_bytes(1).segment_size(4_096).keep_changes(Some(10))
}

/// A change of about ten kilobytes.
fn change(project: &Project, number: usize) {
    let keys = (0..50).map(|place| noise(number * 50 + place, 200));
    project.link("v", Batch::flags(keys)).unwrap().all_ok().unwrap();
}

/// The journal since the last checkpoint is long enough for a checkpoint.
fn is_due(stats: &Stats) -> bool {
    stats.bytes_since_checkpoint >= stats.checkpoint_bytes / 2
}

#[test]
fn checkpoints_in_the_background_are_made_and_trim_the_journal() {
    let dir = tempfile::tempdir().unwrap();
    let store = options(Checkpoints::Background).open(dir.path()).unwrap();
    create(&project(&store), "v");
    let mut made = 0;
    for number in 0..60 {
        change(&project(&store), number);
        if is_due(&store.stats()) {
            // The checkpoint starts automatically. If the thread is still creating a segment, or trimming, it takes no
            // second task; then the next change starts it.
            let attempts = std::cell::Cell::new(0);
            until("a checkpoint", || {
                attempts.set(attempts.get() + 1);
                if attempts.get() % 100 == 0 {
                    link(
                        &project(&store),
                        "v",
                        &[&format!("one-more-{number}-{}", attempts.get())],
                    );
                }
                !is_due(&store.stats())
            });
            made += 1;
        }
    }
    assert!(made > 2, "{made}");
    let stats = store.stats();
    assert!(stats.checkpoints >= made && stats.failed_checkpoints == 0, "{stats:?}");
    assert_eq!(stats.checkpoint_bytes, checkpoint_file(dir.path()).metadata().unwrap().len());
    until("an old change that is gone", || store.sizes().unwrap().journal.oldest > 10);
    assert_clean(&store);
    store.close().unwrap();
    assert_eq!(names(dir.path()), ["checkpoint.redb", "journal", "lock"]);
}

/// The file is written by a thread that changes do not wait for.
#[test]
fn changes_and_snapshots_continue_during_a_checkpoint_in_the_background() {
    let store = Options::new().checkpoint_age(Some(Duration::ZERO)).open_in_memory().unwrap();
    create(&project(&store), "v");
    // Large enough to take some time.
    for part in 0..4 {
        let keys = (0..50_000).map(|number| format!("flag-{part}-{number}"));
        project(&store).link("v", Batch::flags(keys)).unwrap().all_ok().unwrap();
    }
    let before = store.stats().checkpoints;
    for number in 0..400 {
        link(&project(&store), "v", &[&format!("small-{number}")]);
        let snapshot = store.snapshot().unwrap();
        assert_eq!(snapshot.revision(), 6 + number);
    }
    // Each of them made a checkpoint due. If there was none, another one was being made at the same time.
    let made = store.stats().checkpoints - before;
    assert!(made < 200, "{made}");
    until("a checkpoint", || store.stats().checkpoints > before);
    assert_clean_and_replayed(&store);
}

#[test]
fn an_inline_checkpoint_is_made_by_the_change_that_makes_it_due() {
    let store = options(Checkpoints::Inline).open_in_memory().unwrap();
    create(&project(&store), "v");
    let mut last = 0;
    for number in 0..40 {
        change(&project(&store), number);
        let stats = store.stats();
        assert!(!is_due(&stats), "{stats:?}");
        if stats.checkpoints > last {
            assert_eq!((stats.checkpoint_revision, stats.checkpoints), (stats.revision, last + 1));
            last = stats.checkpoints;
        }
    }
    assert!(last > 2, "{last}");
    assert!(store.sizes().unwrap().journal.oldest > 10);
    assert_clean(&store);
}

#[test]
fn a_manual_checkpoint_is_made_only_on_request() {
    let dir = tempfile::tempdir().unwrap();
    let options = || options(Checkpoints::ByHand).checkpoint_age(Some(Duration::ZERO));
    let store = options().open(dir.path()).unwrap();
    create(&project(&store), "v");
    (0..20).for_each(|number| change(&project(&store), number));
    let stats = store.stats();
    assert!(is_due(&stats), "{stats:?}");
    assert_eq!((stats.checkpoints, stats.checkpoint_revision), (0, 0));
    assert_eq!(store.sizes().unwrap().journal.oldest, 1);
    // From a thread of the host, during changes.
    let other = store.clone();
    thread::spawn(move || other.checkpoint().unwrap()).join().unwrap();
    let stats = store.stats();
    assert_eq!((stats.checkpoints, stats.checkpoint_revision), (1, 21));
    assert!(store.sizes().unwrap().journal.oldest > 10);
    change(&project(&store), 20);
    let other = store.clone();
    store.close().unwrap();
    assert_eq!((other.stats().checkpoints, other.stats().checkpoint_revision), (2, 22));
    assert_eq!(options().open(dir.path()).unwrap().stats().bytes_since_checkpoint, 0);
}

#[test]
fn a_checkpoint_by_age_is_due_after_the_first_later_change() {
    for mode in [Checkpoints::Background, Checkpoints::Inline] {
        let age = Some(Duration::from_millis(5));
        let store = Options::new().checkpoints(mode).checkpoint_age(age).open_in_memory().unwrap();
        create(&project(&store), "v");
        assert!(store.stats().checkpoints <= 1);
        for number in 0..3 {
            let before = store.stats().checkpoints;
            thread::sleep(Duration::from_millis(6));
            link(&project(&store), "v", &[&format!("k{number}")]);
            until("a checkpoint", || store.stats().checkpoints > before);
        }
        // If nothing changed, there is nothing to write.
        until("the last one", || store.stats().bytes_since_checkpoint == 0);
        let made = store.stats().checkpoints;
        thread::sleep(Duration::from_millis(6));
        let _ = project(&store).link("v", Batch::flags(["k0"])).unwrap();
        assert_eq!(store.stats().checkpoints, made, "{mode:?}");
    }
}

/// The calls of a checkpoint that an append to a segment with free space does not make.
const ONLY_OF_CHECKPOINTS: [CallKind; 3] = [CallKind::Create, CallKind::SetLen, CallKind::Rename];

#[test]
fn a_failed_checkpoint_is_reported_and_damages_nothing() {
    for kind in ONLY_OF_CHECKPOINTS {
        let disk = SimulatedDisk::new();
        let clock = Clock::default();
        let options = clock.options().checkpoints(Checkpoints::Inline).checkpoint_bytes(1);
        let store = options.open_on(&disk).unwrap();
        create(&project(&store), "v");
        store.checkpoint().unwrap();
        let file = || disk.contents()["checkpoint.redb"].clone();
        let before = file();
        disk.fail(DiskFault::new(ErrorKind::Other).on(kind).permanently());
        (0..20).for_each(|number| change(&project(&store), number));
        let stats = store.stats();
        assert!(is_due(&stats), "{stats:?}");
        assert_eq!((stats.checkpoints, stats.checkpoint_revision), (1, 1), "{kind:?}");
        // It is not tried again with each change.
        assert!((1..10).contains(&stats.failed_checkpoints), "{stats:?}");
        let failure = stats.checkpoint_failure.unwrap();
        assert!(failure.contains("checkpoint"), "{failure}");
        let error = store.checkpoint().unwrap_err();
        assert_eq!(error.outcome(), Outcome::NotApplied);
        assert_eq!(store.stats().failed_checkpoints, stats.failed_checkpoints + 1);
        assert_eq!(store.health(), Health::Writable);
        assert!(file() == before, "the previous one is not changed");
        assert_clean_and_replayed(&store);
        let expected = content_of(&store);
        for lost in (0..8).map(|seed| disk.power_lost(seed)).chain([disk.killed()]) {
            let after = Options::new().open_on(&lost).unwrap();
            assert_eq!(content_of(&after), expected, "{kind:?}");
            assert_clean_and_replayed(&after);
        }
        disk.clear_fault();
        store.checkpoint().unwrap();
        let stats = store.stats();
        assert_eq!((stats.checkpoint_failure, stats.checkpoint_revision), (None, 21));
        assert_clean_and_replayed(&store);
    }
}

#[test]
fn a_close_whose_checkpoint_fails_says_so_and_loses_nothing() {
    for kind in ONLY_OF_CHECKPOINTS {
        let disk = SimulatedDisk::new();
        let store = Options::new().checkpoints(Checkpoints::ByHand).open_on(&disk).unwrap();
        create(&project(&store), "v");
        change(&project(&store), 1);
        let expected = content_of(&store);
        disk.fail(DiskFault::new(ErrorKind::Other).on(kind).permanently());
        let error = store.close().unwrap_err();
        assert_eq!(error.outcome(), Outcome::NotApplied, "{error}");
        disk.clear_fault();
        let store = Options::new().open_on(&disk).unwrap();
        assert_eq!(content_of(&store), expected);
        assert_clean_and_replayed(&store);
    }
}

#[test]
fn a_verified_checkpoint_is_made_as_any_other() {
    let options = options(Checkpoints::Inline).check_checkpoints(true);
    let store = options.open_in_memory().unwrap();
    create(&project(&store), "v");
    (0..20).for_each(|number| change(&project(&store), number));
    store.checkpoint().unwrap();
    let stats = store.stats();
    assert!(stats.checkpoints > 1 && stats.failed_checkpoints == 0, "{stats:?}");
    assert_clean(&store);
}

/// The checkpoint no longer uses the state that a snapshot sees.
#[test]
fn snapshots_stay_valid_over_many_changes_and_checkpoints() {
    let dir = tempfile::tempdir().unwrap();
    let store: Store = options(Checkpoints::Background).open(dir.path()).unwrap();
    let project = project(&store);
    create(&project, "v");
    let mut held = Vec::new();
    for number in 0..60 {
        change(&project, number);
        if number % 6 == 0 {
            let snapshot = store.snapshot().unwrap();
            held.push((content(&snapshot), snapshot));
        }
        if number % 10 == 9 {
            project.delete_view("v").unwrap();
            store.checkpoint().unwrap();
            create(&project, "v");
        }
    }
    assert!(store.stats().checkpoints >= 6, "{:?}", store.stats());
    assert!(store.sizes().unwrap().journal.oldest > 40);
    for (seen, snapshot) in &held {
        assert_eq!(&content(snapshot), seen);
    }
    assert_clean(&store);
}
