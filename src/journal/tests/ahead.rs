//! The segment that is made ahead.

use super::*;
use crate::disk::simulated::CallKind;

const AHEAD: &str = "journal/ahead";

fn shared(disk: &SimulatedDisk) -> Arc<dyn Disk> {
    Arc::new(disk.clone())
}

/// Appends changes, and makes a segment ahead when it is time.
fn append_with_ahead(journal: &mut Journal, count: u64) {
    for _ in 0..count {
        append(journal, 1);
        if journal.needs_ahead() {
            journal.segments.make_ahead(SIZE).unwrap();
        }
    }
}

#[test]
fn a_segment_is_due_when_the_newest_one_is_half_full_and_none_is_ready() {
    let disk = SimulatedDisk::default();
    let mut journal = open(&shared(&disk), 0).unwrap();
    assert!(!journal.needs_ahead());
    while journal.active.appender.offset() <= SIZE / 2 {
        assert!(!journal.needs_ahead());
        append(&mut journal, 1);
    }
    assert!(journal.needs_ahead());
    journal.segments.make_ahead(SIZE).unwrap();
    assert!(!journal.needs_ahead());
    assert_eq!(disk.open(AHEAD).unwrap().len().unwrap(), SIZE);
    let calls = disk.calls();
    journal.segments.make_ahead(SIZE).unwrap();
    assert_eq!(disk.calls(), calls, "there is one already");
}

#[test]
fn the_segment_gets_its_name_only_at_the_rotation() {
    let disk = SimulatedDisk::default();
    let mut journal = open(&shared(&disk), 0).unwrap();
    append(&mut journal, 10);
    journal.segments.make_ahead(SIZE).unwrap();
    assert_eq!(journal.segments.firsts(), [1]);
    let before = disk.calls();
    while journal.segments.firsts().len() == 1 {
        append(&mut journal, 1);
    }
    let log = disk.log().split_off(before);
    assert!(log.iter().all(|call| call.kind != CallKind::Create), "none is made: {log:?}");
    assert!(disk.open(AHEAD).is_err());
    journal.segments.make_ahead(SIZE).unwrap();
    assert!(disk.open(AHEAD).is_ok(), "the next one can be made");
    append_with_ahead(&mut journal, 60);
    let head = journal.head();
    assert_eq!(read(&journal, 1).unwrap(), expected(1..=head));
    journal.finish();
    assert!(disk.open(AHEAD).is_err(), "its space is freed");
    assert_eq!(open(&shared(&disk), 0).unwrap().head(), head);
}

#[test]
fn a_segment_that_is_too_small_for_a_group_is_kept_for_the_next_one() {
    let disk = SimulatedDisk::default();
    let mut journal = open(&shared(&disk), 0).unwrap();
    journal.segments.make_ahead(SIZE).unwrap();
    let large = vec![7; usize::try_from(SIZE).unwrap()];
    journal.append(&[&large], &[], time(1)).unwrap();
    assert!(disk.open(AHEAD).is_ok());
    journal.append(&[payload(2)], &[], time(1)).unwrap();
    assert!(disk.open(AHEAD).is_err());
    assert_eq!(read(&journal, 1).unwrap(), [(1, large), (2, payload(2))]);
}

/// At each call, including those that make a segment ahead.
#[test]
fn acknowledged_changes_survive_a_power_loss_and_no_unfinished_file_remains() {
    let disk = SimulatedDisk::default();
    let mut journal = open(&shared(&disk), 0).unwrap();
    let mut acknowledged_at = vec![0];
    for _ in 0..45 {
        append(&mut journal, 1);
        acknowledged_at.push(disk.calls());
        if journal.needs_ahead() {
            journal.segments.make_ahead(SIZE).unwrap();
        }
    }
    let renamed = |call: &crate::disk::simulated::DiskCall| call.kind == CallKind::Rename;
    assert!(disk.log().into_iter().filter(renamed).count() > 3);
    for (call, stopped) in disk.stops().enumerate() {
        let acknowledged = acknowledged_at.partition_point(|&at| at <= call) as u64 - 1;
        let crashed = (0..6).map(|seed| stopped.power_lost(call as u64 * 8 + seed));
        for after in crashed.chain([stopped.killed()]) {
            let journal = open(&shared(&after), 0).unwrap();
            let survived = journal.head();
            assert!((acknowledged..=acknowledged + 1).contains(&survived), "{survived}");
            assert_eq!(read(&journal, 1).unwrap(), expected(1..=survived));
            let names = after.list("journal").unwrap();
            assert_eq!(names.len(), journal.segments.firsts().len(), "{names:?}");
        }
    }
}

/// Each call of making one ahead, and of the rotation that takes it, fails once.
#[test]
fn after_a_failed_call_the_journal_is_as_the_failure_states() {
    for call in 0..12 {
        let disk = SimulatedDisk::default();
        let mut journal = open(&shared(&disk), 0).unwrap();
        append(&mut journal, 10);
        disk.fail(DiskFault::new(io::ErrorKind::Other).after(call));
        let _ = journal.segments.make_ahead(SIZE);
        let failed_ahead = disk.failed();
        let mut failure = None;
        while journal.segments.firsts().len() < 3 && failure.is_none() {
            let next = journal.head() + 1;
            failure = journal.append(&[payload(next)], &[], time(next)).err();
        }
        disk.clear_fault();
        assert!(
            failed_ahead == 0 || failure.is_none(),
            "a failure to make one ahead is not an error"
        );
        let head = journal.head();
        if failure.is_none() {
            append_with_ahead(&mut journal, 20);
        }
        let reopened = open(&shared(&disk), 0).unwrap();
        assert!((head..=journal.head() + 1).contains(&reopened.head()));
        assert_eq!(read(&reopened, 1).unwrap(), expected(1..=reopened.head()));
    }
}

#[test]
fn a_shortage_while_the_segment_is_begun_leaves_the_journal_usable() {
    for call in 0..2 {
        let disk = SimulatedDisk::default();
        let mut journal = open(&shared(&disk), 0).unwrap();
        journal.segments.make_ahead(SIZE).unwrap();
        let payload = vec![7; usize::try_from(SIZE - HEADER_LEN).unwrap() - frame::OVERHEAD];
        journal.append(&[&payload], &[], time(1)).unwrap();
        disk.fail(DiskFault::new(io::ErrorKind::StorageFull).after(call));
        let failure = journal.append(&[&payload], &[], time(2)).unwrap_err();
        assert!(failure.usable);
        assert_eq!(failure.error.outcome(), Outcome::NotApplied);
        assert!(disk.open(AHEAD).is_err());
        assert!(journal.needs_ahead());
        journal.append(&[&payload], &[], time(2)).unwrap();
        assert_eq!(open(&shared(&disk), 0).unwrap().head(), 2);
    }
}

/// A recovery continues with other segments while a thread still fills the file of the old ones.
#[test]
fn retired_segments_make_no_file_and_change_none() {
    let disk = SimulatedDisk::default();
    let journal = open(&shared(&disk), 0).unwrap();
    let old = Arc::clone(&journal.segments);
    let filling = old.begin_ahead().unwrap().unwrap();
    old.retire();
    let mut journal = open(&shared(&disk), 0).unwrap();
    assert!(disk.open(AHEAD).is_err(), "the old file is removed");
    journal.segments.make_ahead(SIZE).unwrap();
    let failed = Err(io::Error::other("a late failure"));
    old.end_ahead(Arc::clone(&filling), SIZE, failed).unwrap_err();
    old.make_ahead(SIZE).unwrap();
    assert!(disk.open(AHEAD).is_ok(), "it belongs to the new ones");
    append_with_ahead(&mut journal, 40);
    filling.write_at(0, &[0; 2_000]).unwrap();
    assert_eq!(read(&journal, 1).unwrap(), expected(1..=40));
    assert_eq!(read(&open(&shared(&disk), 0).unwrap(), 1).unwrap(), expected(1..=40));
}

#[test]
fn the_segment_is_made_by_another_thread_while_changes_are_appended() {
    let disk: Arc<dyn Disk> = Arc::new(MemoryDisk::default());
    let mut journal = open(&disk, 0).unwrap();
    let segments = Arc::clone(&journal.segments);
    std::thread::scope(|scope| {
        let maker = scope.spawn(|| (0..200).try_for_each(|_| segments.make_ahead(SIZE)));
        append(&mut journal, 500);
        maker.join().unwrap().unwrap();
    });
    assert_eq!(read(&journal, 1).unwrap(), expected(1..=500));
    assert_eq!(read(&open(&disk, 0).unwrap(), 1).unwrap(), expected(1..=500));
}
