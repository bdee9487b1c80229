//! Which segments are removed, and the state after a failure.

use super::*;

#[test]
fn retention_by_count_keeps_the_newest_changes_and_those_that_the_state_needs() {
    let disk: Arc<dyn Disk> = Arc::new(MemoryDisk::default());
    let mut journal = open(&disk, 0).unwrap();
    append(&mut journal, 100);
    let keep = KEEP_TEN;
    trim(&journal, keep, 0, 0).unwrap();
    assert_eq!(read(&journal, 1).unwrap().len(), 100, "the state is at revision 0");
    trim(&journal, keep, 100, 0).unwrap();
    let oldest = journal.segments.oldest().unwrap();
    assert!((60..=91).contains(&oldest), "{oldest}");
    assert_eq!(read(&journal, oldest).unwrap(), expected(oldest..=100));
    let error = read(&journal, oldest - 1).unwrap_err();
    assert!(matches!(error, Error::JournalTrimmed { .. }), "{error}");
    assert_eq!(open(&disk, 100).unwrap().segments.oldest(), Some(oldest));
}

#[test]
fn retention_by_age_uses_the_age_of_the_journal() {
    let disk: Arc<dyn Disk> = Arc::new(MemoryDisk::default());
    let mut journal = open(&disk, 0).unwrap();
    append(&mut journal, 100);
    let keep = Retention { keep_changes: None, keep_for: Some(Duration::from_millis(50)) };
    trim(&journal, keep, 100, 60).unwrap();
    assert_eq!(journal.segments.oldest(), Some(1), "the first segment reaches past time 10");
    trim(&journal, keep, 100, 100).unwrap();
    let oldest = journal.segments.oldest().unwrap();
    assert!((20..=51).contains(&oldest), "{oldest}");
}

#[test]
fn a_segment_that_could_not_be_removed_is_removed_the_next_time_without_a_gap() {
    let disk = SimulatedDisk::default();
    let dyn_disk: Arc<dyn Disk> = Arc::new(disk.clone());
    let mut journal = open(&dyn_disk, 0).unwrap();
    append(&mut journal, 100);
    let keep = KEEP_TEN;
    disk.fail(DiskFault::new(io::ErrorKind::Other));
    trim(&journal, keep, 100, 0).unwrap_err();
    assert_eq!(read(&journal, 1).unwrap(), expected(1..=100));
    trim(&journal, keep, 100, 0).unwrap();
    let oldest = journal.segments.oldest().unwrap();
    assert!(oldest > 1);
    assert_eq!(read(&open(&dyn_disk, 100).unwrap(), oldest).unwrap(), expected(oldest..=100));
    assert_eq!(disk.list("journal").unwrap().len(), journal.segments.firsts().len() + 1);
}

/// The removal is visible at once, and nothing after it is removed before it is durable.
#[test]
fn a_removal_that_could_not_be_synced_is_not_damage_and_leaves_no_gap() {
    let disk = SimulatedDisk::default();
    let mut journal = open(&(Arc::new(disk.clone()) as Arc<dyn Disk>), 0).unwrap();
    append(&mut journal, 100);
    let (all, before) = (journal.segments.firsts(), disk.calls());
    let keep = KEEP_TEN;
    disk.fail(DiskFault::new(io::ErrorKind::Other).after(1));
    trim(&journal, keep, 100, 0).unwrap_err();
    assert!(matches!(read(&journal, 1), Err(Error::JournalTrimmed { .. })));
    let oldest = journal.segments.oldest().unwrap();
    assert_eq!(read(&journal, oldest).unwrap(), expected(oldest..=100));
    trim(&journal, keep, 100, 0).unwrap();
    assert!(journal.segments.firsts().len() + 2 < all.len());
    for (call, stopped) in disk.stops().enumerate().skip(before) {
        for seed in 0..8 {
            let after = Arc::new(stopped.power_lost(call as u64 * 8 + seed));
            let left = Segments::open(after, ID).unwrap().firsts();
            assert!(all.ends_with(&left), "{left:?} of {all:?}");
        }
    }
}

#[test]
fn segments_are_removed_in_another_thread_while_changes_are_appended_and_read() {
    let disk: Arc<dyn Disk> = Arc::new(MemoryDisk::default());
    let kept: Arc<dyn Disk> = Arc::new(MemoryDisk::default());
    let mut journal = open(&disk, 0).unwrap();
    append(&mut journal, 50);
    let (segments, archive) = (Arc::clone(&journal.segments), Archive::open(Arc::clone(&kept)));
    let (archive, head) = (archive.unwrap(), journal.head_point());
    std::thread::scope(|scope| {
        let trim = || {
            (0..50).try_for_each(|step| {
                let head = Point { revision: head.revision + step * 9, ..head };
                let oldest = segments.oldest().unwrap_or_default();
                segments.hash_at(oldest)?;
                segments.trim(KEEP_TEN, head.revision, head, Some(&archive))?;
                archive.archive_finished(&segments)
            })
        };
        let trimmers = [scope.spawn(trim), scope.spawn(trim)];
        append(&mut journal, 500);
        trimmers.into_iter().for_each(|trimmer| trimmer.join().unwrap().unwrap());
    });
    journal.segments.trim(KEEP_TEN, 550, journal.head, Some(&archive)).unwrap();
    let oldest = journal.segments.oldest().unwrap();
    assert!(oldest > 500);
    assert_eq!(read(&journal, oldest).unwrap(), expected(oldest..=550));
    let archived = Arc::new(Segments::open_archive(kept).unwrap());
    let archived = Reader::new(archived, 1, oldest - 1).unwrap().map(Result::unwrap);
    assert_eq!(archived.collect::<Vec<_>>(), expected(1..=oldest - 1));
}
