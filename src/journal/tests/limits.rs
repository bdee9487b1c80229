//! The exact limits at which segments end and are removed: in bytes, changes and milliseconds.

use super::*;

fn disk() -> Arc<dyn Disk> {
    Arc::new(MemoryDisk::default())
}

const CHANGES: u64 = 60;

/// A journal, and the first revisions of its segments.
fn journal() -> (Journal, Vec<u64>) {
    let mut journal = open(&disk(), 0).unwrap();
    append(&mut journal, CHANGES);
    let firsts = journal.segments.firsts();
    assert!(firsts.len() > 2, "{firsts:?}");
    (journal, firsts)
}

fn firsts_after(retention: Retention, needed: u64, now: u64) -> Vec<u64> {
    let (journal, _) = journal();
    trim(&journal, retention, needed, now).unwrap();
    journal.segments.firsts()
}

#[test]
fn a_segment_is_filled_to_its_last_byte() {
    let size = |records: u64| HEADER_LEN + records * (100 + frame::OVERHEAD as u64);
    for (segment_size, firsts) in [(size(3), [1, 4]), (size(3) - 1, [1, 3])] {
        let disk = disk();
        Segments::create_dir(&*disk).unwrap();
        let segments = Arc::new(Segments::open(disk, ID).unwrap());
        let options = JournalOptions { segment_size, ..OPTIONS };
        let empty = Scan::at(Point::default());
        let mut journal = Journal::start(segments, &empty, options).unwrap();
        for _ in 0..4 {
            journal.append(&[&[7; 100]], &[], time(0)).unwrap();
        }
        assert_eq!(journal.segments.firsts(), firsts, "{segment_size}");
    }
}

#[test]
fn a_segment_is_removed_as_soon_as_none_of_its_changes_is_needed() {
    let (_, firsts) = journal();
    let all = Retention { keep_changes: Some(0), keep_for: None };
    assert_eq!(firsts_after(all, firsts[1] - 1, 0), firsts);
    assert_eq!(firsts_after(all, firsts[1], 0), firsts[1..]);
    assert_eq!(firsts_after(all, CHANGES, 0), firsts[firsts.len() - 1..]);
}

#[test]
fn a_segment_is_removed_as_soon_as_enough_changes_follow_it() {
    let (_, firsts) = journal();
    let keep = |changes| Retention { keep_changes: Some(changes), keep_for: None };
    let behind = CHANGES - (firsts[1] - 1);
    assert_eq!(firsts_after(keep(behind), CHANGES, 0), firsts[1..]);
    assert_eq!(firsts_after(keep(behind + 1), CHANGES, 0), firsts);
}

/// The time of each change is its revision here.
#[test]
fn a_segment_is_removed_as_soon_as_its_newest_change_is_too_old() {
    let (_, firsts) = journal();
    let keep = Retention { keep_changes: None, keep_for: Some(Duration::from_millis(50)) };
    let newest = firsts[1] - 1;
    assert_eq!(firsts_after(keep, CHANGES, newest + 50), firsts);
    assert_eq!(firsts_after(keep, CHANGES, newest + 51), firsts[1..]);
}

/// A crash leaves the zeros ahead in the newest segment; the next open removes them.
#[test]
fn a_finished_segment_has_no_zeros_after_its_records() {
    let disk = disk();
    let mut journal = open(&disk, 0).unwrap();
    append(&mut journal, 2);
    let used = journal.active.appender.offset();
    let len = || disk.open("journal/00000000000000000001.log").unwrap().len().unwrap();
    assert_eq!(len(), SIZE);
    open(&disk, 2).unwrap();
    assert_eq!(len(), used);
}
