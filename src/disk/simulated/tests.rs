//! The simulated disk does what its documentation says.

use std::collections::BTreeSet;
use std::io;

use super::*;

const LONG: usize = 2_000;

/// A disk with a synced file of ones.
fn ones() -> (SimulatedDisk, Arc<dyn DiskFile>) {
    let disk = SimulatedDisk::new();
    let file = disk.create("a").unwrap();
    file.write_at(0, &[1; LONG]).unwrap();
    file.sync().unwrap();
    disk.sync_dir("").unwrap();
    (disk, file)
}

fn after_losses(disk: &SimulatedDisk) -> impl Iterator<Item = BTreeMap<String, Vec<u8>>> {
    (0..200).map(|seed| disk.power_lost(seed).contents())
}

#[test]
fn synced_data_always_survives() {
    let (disk, _file) = ones();
    assert!(after_losses(&disk).all(|files| files["a"] == [1; LONG]));
}

#[test]
fn unsynced_data_is_there_or_missing_or_torn_at_sectors() {
    let (disk, file) = ones();
    file.write_at(100, &[2; LONG - 100]).unwrap();
    let mut seen = BTreeSet::new();
    for files in after_losses(&disk) {
        let bytes = &files["a"];
        assert_eq!(bytes[..100], [1; 100]);
        for sector in bytes.chunks(512) {
            let last = sector.last().unwrap();
            assert!(sector[100..].iter().all(|byte| byte == last), "torn inside a sector");
        }
        seen.insert(bytes.clone());
    }
    let mut whole = vec![1; LONG];
    assert!(seen.contains(&whole));
    whole[100..].fill(2);
    assert!(seen.contains(&whole) && seen.len() > 10, "{}", seen.len());
    assert_eq!(disk.killed().contents()["a"], whole);
}

#[test]
fn unsynced_names_are_there_or_missing() {
    let (disk, _file) = ones();
    disk.rename("a", "b").unwrap();
    disk.create("c").unwrap();
    let names = after_losses(&disk).map(|files| files.into_keys().collect::<String>());
    let seen: BTreeSet<String> = names.collect();
    assert_eq!(seen, ["a", "ac", "b", "bc"].map(str::to_owned).into());
}

#[test]
fn stops_return_the_disk_at_each_call() {
    let (disk, file) = ones();
    let mut seen = vec![disk.contents()];
    let from = disk.calls();
    file.set_len(5).unwrap();
    seen.push(disk.contents());
    disk.remove("a").unwrap();
    seen.push(disk.contents());
    let stops = disk.stops().skip(from).map(|stopped| stopped.contents());
    assert_eq!(stops.collect::<Vec<_>>(), seen);
    assert_eq!(disk.log().last().unwrap().kind, CallKind::Remove);
}

#[test]
fn bytes_of_a_failed_sync_are_not_synced_by_a_later_one() {
    let (disk, file) = ones();
    disk.fail(DiskFault::new(io::ErrorKind::Other).on(CallKind::Sync));
    file.write_at(0, &[2; 1_000]).unwrap();
    file.sync().unwrap_err();
    file.write_at(1_000, &[3; 1_000]).unwrap();
    file.sync().unwrap();
    assert_eq!(disk.failed(), 1);
    for files in after_losses(&disk) {
        assert_eq!(files["a"], [[1; 1_000], [3; 1_000]].concat());
    }
    assert_eq!(disk.contents()["a"], [[2; 1_000], [3; 1_000]].concat());
}

#[test]
fn a_late_sync_makes_the_data_before_the_previous_sync_durable() {
    let (disk, file) = ones();
    disk.set_syncs("a", Syncs::Late);
    for byte in [2, 3] {
        file.write_at(0, &[byte; LONG]).unwrap();
        file.sync().unwrap();
    }
    let seen: BTreeSet<u8> = after_losses(&disk).map(|files| files["a"][0]).collect();
    assert_eq!(seen, [2, 3].into());
}

#[test]
fn a_failed_write_may_be_done_in_part_and_one_without_space_is_not_done() {
    let (disk, file) = ones();
    disk.fail(DiskFault::new(io::ErrorKind::StorageFull).after(1).permanently());
    file.write_at(0, &[2; 10]).unwrap();
    file.write_at(0, &[3; 10]).unwrap_err();
    disk.clear_fault();
    assert_eq!(disk.contents()["a"][..11], [3, 3, 3, 3, 3, 2, 2, 2, 2, 2, 1]);
    disk.set_room(Some(9));
    let full = file.write_at(LONG as u64, &[4; 10]).unwrap_err();
    assert_eq!(full.kind(), io::ErrorKind::StorageFull);
    file.write_at(LONG as u64, &[4; 9]).unwrap();
}

#[test]
fn if_directories_cannot_be_synced_a_name_is_durable_after_the_next_sync_of_a_file() {
    let (disk, file) = ones();
    disk.set_syncs("", Syncs::FilesOnly);
    disk.rename("a", "b").unwrap();
    disk.sync_dir("").unwrap();
    let names = |files: BTreeMap<String, Vec<u8>>| files.into_keys().collect::<String>();
    let seen: BTreeSet<String> = after_losses(&disk).map(names).collect();
    assert_eq!(seen, ["a", "b"].map(str::to_owned).into());
    file.sync().unwrap();
    assert!(after_losses(&disk).all(|files| names(files) == "b"));
}

#[test]
fn any_other_failure_of_a_directory_sync_is_an_error() {
    let (disk, _file) = ones();
    for (kind, is_failure) in [
        (io::ErrorKind::InvalidInput, false),
        (io::ErrorKind::Unsupported, false),
        (io::ErrorKind::Other, true),
        (io::ErrorKind::StorageFull, true),
        (io::ErrorKind::PermissionDenied, true),
    ] {
        for make in [false, true] {
            disk.fail(DiskFault::new(kind).on(CallKind::SyncDir));
            let synced = if make { disk.create_dir("sub") } else { disk.sync_dir("") };
            assert_eq!(synced.is_err(), is_failure, "{kind} {make}");
        }
    }
}
