//! Background work: checkpoints, the files of the journal, copies.

use std::io::ErrorKind;
use std::time::Duration;

use tracing::Level;
use viewlink::testing::{CallKind, DiskFault, SimulatedDisk};
use viewlink::{Checkpoints, Health, Options};

use crate::collector::listen;
use crate::{link, named, numbers, only, with_view};

#[test]
fn a_checkpoint_is_a_span_with_its_revision_and_length() {
    let store = Options::new().open_in_memory().unwrap();
    link(&with_view(&store), &["a", "b", "c"]);
    let ((), logged) = listen(|| store.checkpoint().unwrap());
    let checkpoint = only(&logged, "checkpoint");
    assert_eq!((checkpoint.target, checkpoint.level), ("viewlink::checkpoint", Level::DEBUG));
    let after = store.stats();
    assert_eq!(checkpoint.number("revision"), 2);
    assert_eq!(checkpoint.number("bytes"), after.checkpoint_bytes);
    let took = after.last_checkpoint.unwrap();
    assert_eq!(u128::from(checkpoint.number("duration_us")), took.as_micros());
    let ((), logged) = listen(|| store.checkpoint().unwrap());
    assert!(logged.is_empty(), "there was nothing to write: {logged:?}");
}

#[test]
fn a_failed_checkpoint_is_a_warning_with_its_reason_and_writes_continue() {
    let disk = SimulatedDisk::new();
    let options = Options::new().checkpoints(Checkpoints::Inline);
    let store = options.checkpoint_age(Some(Duration::ZERO)).open_on(&disk).unwrap();
    let project = with_view(&store);
    disk.fail(DiskFault::new(ErrorKind::Other).on(CallKind::Rename));
    let ((), logged) = listen(|| link(&project, &["a"]));
    let failed = only(&logged, "checkpoint_failed");
    assert_eq!((failed.target, failed.level), ("viewlink::checkpoint", Level::WARN));
    assert_eq!(failed.within, ["checkpoint"]);
    assert!(failed.texts["reason"].contains("simulated failure"), "{failed:?}");
    assert!(only(&logged, "checkpoint").numbers.is_empty(), "{logged:?}");
    assert!(named(&logged, "writes_stopped").is_empty(), "{logged:?}");
    assert_eq!((store.health(), store.stats().failed_checkpoints), (Health::Writable, 1));
    let ((), logged) = listen(|| store.checkpoint().unwrap());
    assert_eq!(only(&logged, "checkpoint").number("revision"), 2);
    assert!(named(&logged, "checkpoint_failed").is_empty(), "{logged:?}");
}

#[test]
fn new_and_removed_segments_are_reported() {
    let dir = tempfile::tempdir().unwrap();
    let store = Options::new().segment_size(4096).keep_changes(Some(1)).open(dir.path()).unwrap();
    let project = with_view(&store);
    let before = store.stats().journal_segments;
    let ((), logged) = listen(|| {
        for number in 0..40 {
            link(&project, &[&format!("{number}{}", "x".repeat(200))]);
        }
    });
    let started = named(&logged, "segment_started");
    assert_eq!(started.len() as u64, store.stats().journal_segments - before);
    assert!(started.len() > 1, "{logged:?}");
    for segment in &started {
        assert_eq!((segment.target, segment.level), ("viewlink::journal", Level::DEBUG));
        assert_eq!((segment.number("bytes"), &segment.within[..]), (4096, &["commit"][..]));
    }
    let firsts = numbers(&started, "first_revision");
    let there = dir.path().join(format!("journal/{:020}.log", firsts[0]));
    let length = std::fs::metadata(there).unwrap().len();

    let ((), logged) = listen(|| store.checkpoint().unwrap());
    let removed = named(&logged, "segment_removed");
    // All except the newest: the first one, and the later ones.
    assert_eq!(numbers(&removed, "first_revision")[before as usize..], firsts[..firsts.len() - 1]);
    assert_eq!(removed[before as usize].number("bytes"), length);
    for segment in removed {
        assert_eq!((segment.target, segment.level), ("viewlink::journal", Level::DEBUG));
        // The checkpoint is made at this time.
        assert!(segment.within.is_empty(), "{segment:?}");
    }
}

#[test]
fn a_copy_is_a_span_with_the_events_of_its_files() {
    let dir = tempfile::tempdir().unwrap();
    let store = Options::new().open_in_memory().unwrap();
    link(&with_view(&store), &["a"]);
    let (revision, logged) = listen(|| store.backup_to(dir.path().join("copy")).unwrap());
    let backup = only(&logged, "backup");
    assert_eq!((backup.target, backup.level), ("viewlink::backup", Level::DEBUG));
    assert_eq!(backup.number("revision"), revision);
    assert!(backup.numbers.contains_key("duration_us"), "{backup:?}");
    assert_eq!(only(&logged, "segment_started").within, ["backup"]);
    let (error, logged) = listen(|| store.backup_to(dir.path().join("copy")).unwrap_err());
    assert!(only(&logged, "backup").numbers.is_empty(), "{error}");
}
