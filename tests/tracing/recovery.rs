//! Openings: after a close, a kill, a torn write, a loss of power, and recoveries of an open store.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use tracing::Level;
use viewlink::testing::{CallKind, DiskFault, SimulatedDisk};
use viewlink::{Batch, Fault, Options, Store};

use crate::collector::{Logged, listen};
use crate::{link, named, only, with_view};

/// The event of an opening, which must exist.
fn recovered(logged: &[Logged]) -> &Logged {
    let span = only(logged, "recovery");
    assert_eq!((span.target, span.level), ("viewlink::recovery", Level::INFO));
    let recovered = only(logged, "recovered");
    assert_eq!((recovered.target, recovered.level), ("viewlink::recovery", Level::INFO));
    assert_eq!(recovered.within, ["recovery"]);
    assert!(recovered.numbers.contains_key("duration_us"), "{recovered:?}");
    recovered
}

fn assert_numbers(logged: &Logged, expected: &[(&str, u64)]) {
    for (field, value) in expected {
        assert_eq!(logged.number(field), *value, "{field}: {logged:?}");
    }
}

/// The newest segment of a journal.
fn newest_segment(dir: &Path) -> PathBuf {
    let names = fs::read_dir(dir.join("journal")).unwrap();
    let segments = names.map(|entry| entry.unwrap().path());
    segments.filter(|path| path.extension().is_some_and(|end| end == "log")).max().unwrap()
}

#[test]
fn an_opening_after_a_close_replays_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    link(&with_view(&store), &["a"]);
    store.close().unwrap();
    let (_store, logged) = listen(|| Store::open(dir.path()).unwrap());
    let expected = [
        ("state_revision", 2),
        ("revision", 2),
        ("replayed", 0),
        ("rewritten", 0),
        ("cut_bytes", 0),
    ];
    assert_numbers(recovered(&logged), &expected);
    assert!(named(&logged, "torn_end").is_empty(), "{logged:?}");
    assert_eq!(only(&logged, "segment_started").number("first_revision"), 3);
}

#[test]
fn an_opening_after_a_kill_reports_the_replay() {
    let disk = SimulatedDisk::new();
    let store = Options::new().open_on(&disk).unwrap();
    let project = with_view(&store);
    store.checkpoint().unwrap();
    link(&project, &["a"]);
    link(&project, &["b"]);
    let killed = disk.killed();
    let (store, logged) = listen(|| Options::new().open_on(&killed).unwrap());
    // Nothing after the last change proves that it was synced.
    let expected = [
        ("state_revision", 1),
        ("revision", 3),
        ("replayed", 2),
        ("rewritten", 1),
        ("cut_bytes", 0),
    ];
    assert_numbers(recovered(&logged), &expected);
    // The replayed changes are still in the journal.
    assert!(named(&logged, "checkpoint").is_empty(), "{logged:?}");
    assert_eq!(store.stats().checkpoint_revision, 1);
}

#[test]
fn a_read_only_opening_reports_the_replay_and_writes_nothing() {
    let disk = SimulatedDisk::new();
    let store = Options::new().open_on(&disk).unwrap();
    link(&with_view(&store), &["a"]);
    let killed = disk.killed();
    let (_store, logged) = listen(|| Options::new().read_only(true).open_on(&killed).unwrap());
    let expected = [("state_revision", 0), ("revision", 2), ("replayed", 2), ("rewritten", 0)];
    assert_numbers(recovered(&logged), &expected);
    for name in ["checkpoint", "segment_started"] {
        assert!(named(&logged, name).is_empty(), "{logged:?}");
    }
}

#[test]
fn a_torn_end_is_a_warning_with_its_length() {
    for (length, zeros) in [(10, 0), (10, 100), (500, 100)] {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        link(&with_view(&store), &["a"]);
        store.close().unwrap();
        let mut file = OpenOptions::new().append(true).open(newest_segment(dir.path())).unwrap();
        // As after a write that grew the file and ended early: zeros are not part of the torn end.
        file.write_all(&vec![7; length]).unwrap();
        file.write_all(&vec![0; zeros]).unwrap();
        let (_store, logged) = listen(|| Store::open(dir.path()).unwrap());
        let torn = only(&logged, "torn_end");
        assert_eq!((torn.target, torn.level), ("viewlink::recovery", Level::WARN));
        assert_numbers(torn, &[("revision", 2), ("cut_bytes", length as u64)]);
        assert_numbers(recovered(&logged), &[("revision", 2), ("cut_bytes", length as u64)]);
    }
}

/// At every moment of a change at which the power may be lost.
#[test]
fn the_event_after_a_loss_of_power_matches_the_content_of_the_store() {
    let disk = SimulatedDisk::new();
    let store = Options::new().segment_size(4096).open_on(&disk).unwrap();
    let project = with_view(&store);
    let from = disk.calls();
    let keys: Vec<String> = (0..60).map(|number| format!("flag-{number}")).collect();
    project.link("v", Batch::flags(keys)).unwrap().all_ok().unwrap();
    let mut torn = 0;
    for (call, stopped) in disk.stops().enumerate().skip(from) {
        for seed in 0..20 {
            let after = stopped.power_lost(seed);
            let (store, logged) =
                listen(|| Options::new().segment_size(4096).open_on(&after).unwrap());
            let found = recovered(&logged);
            assert_eq!(found.number("revision"), store.stats().revision, "call {call}");
            let replayed = found.number("revision") - found.number("state_revision");
            assert_eq!(found.number("replayed"), replayed);
            let cut = found.number("cut_bytes") > 0;
            assert_eq!(named(&logged, "torn_end").len(), usize::from(cut));
            assert!(
                !cut || found.number("revision") == 1,
                "a complete change was cut off: {logged:?}"
            );
            torn += u64::from(cut);
        }
    }
    assert!(torn > 0, "no write was torn");
}

#[test]
fn a_recovery_of_an_open_store_reports_the_same() {
    let store = Options::new().open_in_memory().unwrap();
    let project = with_view(&store);
    store.fail_next_change(Fault::Committed);
    project.link("v", Batch::flags(["a"])).unwrap_err();
    let ((), logged) = listen(|| store.recover().unwrap());
    // The change was already in the journal, and only the journal has the previous one.
    let expected = [("state_revision", 0), ("revision", 2), ("replayed", 2)];
    assert_numbers(recovered(&logged), &expected);
}

#[test]
fn a_failed_opening_is_only_an_error_and_a_failed_recovery_stops_writes() {
    let disk = SimulatedDisk::new();
    let store = Options::new().open_on(&disk).unwrap();
    let project = with_view(&store);
    store.fail_next_change(Fault::Unknown);
    project.link("v", Batch::flags(["a"])).unwrap_err();
    disk.fail(DiskFault::new(std::io::ErrorKind::PermissionDenied).on(CallKind::Open));
    let (error, logged) = listen(|| store.recover().unwrap_err());
    assert!(named(&logged, "recovered").is_empty(), "{logged:?}");
    let stopped = only(&logged, "writes_stopped");
    assert!(stopped.texts["reason"].contains("needs to write"), "{error}: {stopped:?}");
}
