//! Single calls: their errors for damaged files and failing disks.

use io::ErrorKind::{Other, PermissionDenied, UnexpectedEof};

use super::*;
use crate::disk::simulated::CallKind;
use crate::model::error::StoreFile;

/// A journal of 60 changes on a disk, and the first revisions of its segments.
fn journal() -> (SimulatedDisk, Journal, Vec<u64>) {
    let disk = SimulatedDisk::new();
    let mut journal = open(&(Arc::new(disk.clone()) as Arc<dyn Disk>), 0).unwrap();
    append(&mut journal, 60);
    let firsts = journal.segments.firsts();
    assert!(firsts.len() > 2, "{firsts:?}");
    (disk, journal, firsts)
}

fn name(first: u64) -> String {
    format!("journal/{first:020}.log")
}

fn shared(disk: &SimulatedDisk) -> Arc<dyn Disk> {
    Arc::new(disk.clone())
}

#[test]
fn a_missing_segment_is_damage_and_an_unreadable_one_is_a_failure() {
    let (disk, journal, firsts) = journal();
    for (kind, error) in
        [(CallKind::Open, PermissionDenied), (CallKind::Read, Other), (CallKind::List, Other)]
    {
        disk.fail(DiskFault::new(error).on(kind));
        let error = match kind {
            CallKind::List => Segments::open(shared(&disk), ID).map(drop),
            _ => journal.segments.load(firsts[1]).map(drop),
        };
        let error = error.unwrap_err();
        assert!(matches!(error, Error::Io { .. }), "{kind:?}: {error}");
    }
    disk.open(&name(firsts[1])).unwrap().set_len(10).unwrap();
    let error = journal.segments.load(firsts[1]).unwrap_err();
    assert!(error.to_string().contains("shorter than its header"), "{error}");
    disk.remove(&name(firsts[1])).unwrap();
    let error = journal.segments.load(firsts[1]).unwrap_err();
    assert!(matches!(error, Error::Damaged { file: StoreFile::Journal, .. }), "{error}");
    assert!(error.to_string().contains("it is missing"), "{error}");
}

#[test]
fn a_missing_segment_counts_as_removed() {
    let (disk, journal, firsts) = journal();
    disk.remove(&name(1)).unwrap();
    assert!(journal.segments.remove(1).unwrap());
    assert_eq!(journal.segments.firsts(), firsts[1..]);
}

#[test]
fn a_segment_has_the_age_of_the_journal_before_it() {
    let (_, journal, firsts) = journal();
    for first in firsts {
        assert_eq!(journal.segments.point_before(first).unwrap().age.clock, time(first - 1));
    }
}

#[test]
fn a_journal_has_changes_after_its_first_record() {
    let disk: Arc<dyn Disk> = Arc::new(MemoryDisk::default());
    Segments::create_dir(&*disk).unwrap();
    let segments = Arc::new(Segments::open(Arc::clone(&disk), ID).unwrap());
    assert!(!segments.hold_changes().unwrap(), "there are none");
    Journal::begin(Arc::clone(&segments)).unwrap();
    assert!(!segments.hold_changes().unwrap(), "it has a header only");
    append(&mut open(&disk, 0).unwrap(), 1);
    assert!(segments.hold_changes().unwrap());
}

#[test]
fn the_error_names_the_lost_change() {
    let (disk, _, firsts) = journal();
    let damaged = disk.killed();
    damaged.flip(&name(firsts[1]), usize::try_from(HEADER_LEN).unwrap(), 1);
    let error = open(&shared(&damaged), 0).unwrap_err().to_string();
    assert!(error.contains(&format!("change {} was synced", firsts[1])), "{error}");
    disk.remove(&name(1)).unwrap();
    let error = open(&shared(&disk), 0).unwrap_err().to_string();
    assert!(error.contains(&format!("starts at revision {}", firsts[1])), "{error}");
}

/// A new segment replaces this one from some change on, but this one could not be truncated.
#[test]
fn changes_of_a_segment_after_the_start_of_the_next_one_are_ignored() {
    let disk = SimulatedDisk::new();
    append(&mut open(&shared(&disk), 0).unwrap(), 5);
    disk.fail(DiskFault::new(Other).on(CallKind::SetLen));
    let journal = open(&shared(&disk), 0).unwrap();
    assert_eq!((disk.failed(), journal.segments.firsts()), (1, vec![1, 5]));
    let journal = open(&shared(&disk), 0).unwrap();
    assert_eq!(journal.head(), 5);
    assert_eq!(read(&journal, 1).unwrap(), expected(1..=5));
}

/// A file whose size is one window or two.
fn window(bytes: &[u8]) -> (SimulatedDisk, window::Window) {
    let disk = SimulatedDisk::new();
    let file = disk.create("file").unwrap();
    file.write_at(0, bytes).unwrap();
    (disk, window::Window::new(file))
}

#[test]
fn the_next_byte_that_is_not_zero_is_found_at_any_offset() {
    let places = [0, 1, 63, 64, 65, 127, 128, 200, 201, 202, 70_000, 140_001];
    let mut bytes = vec![0; 150_000];
    for place in places {
        bytes[place] = 7;
    }
    // More than a block without any zero.
    bytes[300..500].fill(9);
    let next = |from: usize| (from..bytes.len()).find(|&place| bytes[place] != 0);
    let (_, mut window) = window(&bytes);
    for from in (0..600).chain([69_999, 70_000, 70_001, 140_001, 140_002, 149_999, 150_000]) {
        let found = window.next_nonzero(from as u64).unwrap();
        assert_eq!(found, next(from).map(|place| place as u64), "from {from}");
    }
}

#[test]
fn a_window_that_cannot_be_read_is_an_error_and_is_read_again_later() {
    for kind in [Other, UnexpectedEof] {
        let (disk, mut window) = window(&[1; 100]);
        disk.fail(DiskFault::new(kind).on(CallKind::Read));
        assert_eq!(window.bytes(0, 10).unwrap_err().kind(), kind);
        assert!(window.bytes(0, 10).unwrap().is_some(), "the failure is over");
    }
}
