//! Changes that were written but not synced: the one weaker promise.

use std::collections::BTreeSet;
use std::io::ErrorKind;

use viewlink::testing::{CallKind, DiskFault, SimulatedDisk};
use viewlink::{Batch, Options, Outcome, Store};

use super::{read_only, told_by};
use crate::support::{create, link, project};

fn open(disk: &SimulatedDisk) -> Store {
    Options::new().segment_size(4 << 10).open_on(disk).unwrap()
}

/// A store after its first change, and its content.
fn begun() -> (SimulatedDisk, Store, String) {
    let disk = SimulatedDisk::new();
    let store = open(&disk);
    create(&project(&store), "v");
    let reported = told_by(&store);
    (disk, store, reported)
}

/// A store that was killed between the write of a change and its sync, and its content before that change.
fn killed_before_a_sync() -> (SimulatedDisk, String) {
    let (disk, store, before) = begun();
    let calls = disk.calls();
    link(&project(&store), "v", &["a", "b"]);
    let log = disk.log();
    let write = log[calls..].iter().position(|call| call.kind == CallKind::Write).unwrap();
    let [written, synced] = [write, write + 1].map(|at| &log[calls + at]);
    assert_eq!(synced.kind, CallKind::Sync, "{log:?}");
    assert!(written.name == synced.name && written.name.starts_with("journal/"), "{log:?}");
    (disk.stops().nth(calls + write + 1).unwrap(), before)
}

/// The same, but the sync failed and the process was killed later.
fn killed_after_a_failed_sync() -> (SimulatedDisk, String) {
    // The state may be synced before the journal is.
    let failed = (0..3).find_map(|skipped| {
        let (disk, store, before) = begun();
        disk.fail(DiskFault::new(ErrorKind::Other).on(CallKind::Sync).after(skipped));
        let failed = project(&store).link("v", Batch::flags(["a", "b"]));
        let unknown = failed.is_err_and(|error| error.outcome() == Outcome::Unknown);
        unknown.then(|| (disk.killed(), before))
    });
    failed.unwrap()
}

fn recovered(disk: &SimulatedDisk) -> String {
    told_by(&open(disk))
}

#[test]
fn an_unsynced_change_is_shown_and_is_complete_or_absent_after_a_loss_of_power() {
    for (disk, before) in [killed_before_a_sync(), killed_after_a_failed_sync()] {
        let shown = told_by(&read_only().open_on(&disk).unwrap());
        assert_ne!(shown, before);
        let left: BTreeSet<_> = (0..40).map(|seed| recovered(&disk.power_lost(seed))).collect();
        assert!(left.contains(&before), "no change was lost");
        assert!(left.iter().all(|left| *left == before || *left == shown), "{left:?}");
        // A normal opening keeps it.
        assert_eq!(recovered(&disk), shown);
        assert!((0..40).all(|seed| recovered(&disk.power_lost(seed)) == shown));
    }
}
