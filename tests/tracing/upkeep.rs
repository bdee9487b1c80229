//! What is done besides changes: checkpoints, folds, the journal's files, snapshots.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tracing::Level;
use viewlink::Options;

use crate::collector::listen;
use crate::{link, named, numbers, only, with_view};

#[test]
fn a_checkpoint_is_a_span_with_the_work_that_led_to_it() {
    let store = Options::new().tail(0, 1).open_in_memory().unwrap();
    let project = with_view(&store);
    link(&project, &["a", "b", "c"]);
    let before = store.stats();
    let ((), told) = listen(|| store.checkpoint().unwrap());
    let checkpoint = only(&told, "checkpoint");
    assert_eq!((checkpoint.target, checkpoint.level), ("viewlink::checkpoint", Level::DEBUG));
    assert_eq!(checkpoint.number("revision"), 2);
    assert_eq!(checkpoint.number("rows"), before.rows_since_checkpoint);
    assert_eq!(checkpoint.number("bytes"), before.bytes_since_checkpoint);
    let took = store.stats().last_checkpoint.unwrap();
    assert_eq!(u128::from(checkpoint.number("duration_us")), took.as_micros());
    let ((), told) = listen(|| store.checkpoint().unwrap());
    assert!(told.is_empty(), "there was nothing to bring to disk: {told:?}");
}

#[test]
fn the_slices_of_a_fold_come_to_all_that_waited() {
    let options = Options::new().tail(10, 4).checkpoint_interval(u64::MAX, u64::MAX);
    let store = options.open_in_memory().unwrap();
    let project = with_view(&store);
    let keys: Vec<String> = (0..9).map(|number| format!("flag-{number}")).collect();
    link(&project, &keys.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(store.stats().waiting_backlinks, 9);
    let ((), told) = listen(|| {
        for key in ["x", "y", "z"] {
            link(&project, &[key]);
        }
    });
    let folds = named(&told, "fold");
    assert!(folds.iter().all(|fold| fold.target == "viewlink::fold"), "{told:?}");
    assert!(folds.iter().all(|fold| fold.level == Level::DEBUG && fold.number("rows") > 0));
    let folded: u64 = numbers(&folds, "backlinks").iter().sum();
    assert!(folds.len() > 1 && folded >= 10, "{folds:?}");
    assert_eq!(folded + store.stats().waiting_backlinks, 12);
    // What is folded waits until the last slice ends, and what came meanwhile stays.
    let waiting = numbers(&folds, "waiting");
    assert_eq!((waiting[0], *waiting.last().unwrap()), (10, 12 - folded - 1), "{folds:?}");
    assert!(folds.iter().all(|fold| fold.numbers.contains_key("duration_us")), "{folds:?}");
}

#[test]
fn segments_are_told_of_when_they_come_and_go() {
    let dir = tempfile::tempdir().unwrap();
    let store = Options::new().segment_size(4096).keep_changes(Some(1)).open(dir.path()).unwrap();
    let project = with_view(&store);
    let before = store.stats().journal_segments;
    let ((), told) = listen(|| {
        for number in 0..40 {
            link(&project, &[&format!("{number}{}", "x".repeat(200))]);
        }
    });
    let started = named(&told, "segment_started");
    assert_eq!(started.len() as u64, store.stats().journal_segments - before);
    assert!(started.len() > 1, "{told:?}");
    for segment in &started {
        assert_eq!((segment.target, segment.level), ("viewlink::journal", Level::DEBUG));
        assert_eq!((segment.number("bytes"), &segment.within[..]), (4096, &["commit"][..]));
    }
    let firsts = numbers(&started, "first_revision");
    let there = dir.path().join(format!("journal/{:020}.log", firsts[0]));
    let length = std::fs::metadata(there).unwrap().len();

    let ((), told) = listen(|| store.checkpoint().unwrap());
    let removed = named(&told, "segment_removed");
    // All but the newest: the one that was there first, then those that came.
    assert_eq!(numbers(&removed, "first_revision")[before as usize..], firsts[..firsts.len() - 1]);
    assert_eq!(removed[before as usize].number("bytes"), length);
    for segment in removed {
        assert_eq!((segment.target, segment.level), ("viewlink::journal", Level::DEBUG));
        assert_eq!(segment.within, ["checkpoint"]);
    }
}

#[test]
fn a_copy_is_a_span_around_the_files_it_makes() {
    let dir = tempfile::tempdir().unwrap();
    let store = Options::new().open_in_memory().unwrap();
    link(&with_view(&store), &["a"]);
    let (revision, told) = listen(|| store.backup_to(dir.path().join("copy")).unwrap());
    let backup = only(&told, "backup");
    assert_eq!((backup.target, backup.level), ("viewlink::backup", Level::DEBUG));
    assert_eq!(backup.number("revision"), revision);
    assert!(backup.numbers.contains_key("duration_us"), "{backup:?}");
    assert_eq!(only(&told, "segment_started").within, ["backup"]);
    let (error, told) = listen(|| store.backup_to(dir.path().join("copy")).unwrap_err());
    assert!(only(&told, "backup").numbers.is_empty(), "{error}");
}

#[test]
fn snapshots_that_expire_are_a_warning() {
    let age = Arc::new(AtomicU64::new(0));
    let now = Arc::clone(&age);
    let store = Options::new()
        .age_clock(move || Duration::from_secs(now.load(Ordering::SeqCst)))
        .snapshot_limit(Some(Duration::from_secs(10)))
        .open_in_memory()
        .unwrap();
    let project = with_view(&store);
    let oldest = store.snapshot().unwrap();
    age.store(1, Ordering::SeqCst);
    link(&project, &["other"]);
    let held = (oldest, store.snapshot().unwrap());
    age.store(10, Ordering::SeqCst);
    let ((), told) = listen(|| link(&project, &["a"]));
    assert!(named(&told, "snapshot_expired").is_empty(), "{told:?}");
    age.store(12, Ordering::SeqCst);
    let ((), told) = listen(|| link(&project, &["b"]));
    let expired = only(&told, "snapshot_expired");
    assert_eq!((expired.target, expired.level), ("viewlink::snapshot", Level::WARN));
    for (field, value) in
        [("snapshots", 2), ("revision", 1), ("age_us", 12_000_000), ("limit_us", 10_000_000)]
    {
        assert_eq!(expired.number(field), value, "{field}");
    }
    let ((), told) = listen(|| link(&project, &["c"]));
    assert!(named(&told, "snapshot_expired").is_empty(), "they are gone: {told:?}");
    drop(held);
}
