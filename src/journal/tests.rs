use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::disk::simulated::{DiskFault, SimulatedDisk};
use crate::disk::{Disk, MemoryDisk};

mod ages;
mod ahead;
mod archive;
mod calls;
mod chain;
mod groups;
mod limits;
mod retention;
mod shortages;

const ID: StoreId = StoreId([3; 16]);
const SIZE: u64 = 1536;
const OPTIONS: JournalOptions = JournalOptions { segment_size: SIZE, retention: KEEP_ALL };
const KEEP_TEN: Retention = Retention { keep_changes: Some(10), keep_for: None };
const KEEP_ALL: Retention = Retention { keep_changes: None, keep_for: None };

fn time(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// Opens the journal of a state at this revision; makes it first if it does not exist.
fn open(disk: &Arc<dyn Disk>, state_revision: u64) -> Result<Journal> {
    open_with(disk, StateHead { revision: state_revision, hash: None }, OPTIONS)
}

fn open_with(disk: &Arc<dyn Disk>, state: StateHead, options: JournalOptions) -> Result<Journal> {
    Segments::create_dir(&**disk).map_err(|error| Error::io("create", error))?;
    let segments = Arc::new(Segments::open(Arc::clone(disk), ID)?);
    if state.revision == 0 && segments.firsts().is_empty() {
        Journal::begin(Arc::clone(&segments))?;
    }
    let found = scan(&segments, state)?;
    Journal::start(segments, &found, options)
}

fn payload(revision: u64) -> Vec<u8> {
    format!("change {revision}").repeat(1 + usize::try_from(revision % 7).unwrap()).into_bytes()
}

fn append(journal: &mut Journal, count: u64) {
    for _ in 0..count {
        let next = journal.head() + 1;
        journal.append(&[&payload(next)], &[], time(next)).unwrap();
    }
}

fn read(journal: &Journal, from: u64) -> Result<Vec<(u64, Vec<u8>)>> {
    Reader::new(Arc::clone(&journal.segments), from, journal.head())?.collect()
}

/// Trims a journal to its head at an age in milliseconds.
fn trim(journal: &Journal, keep: Retention, needed: u64, millis: u64) -> Result<()> {
    let age = Age { millis, clock: time(millis) };
    journal.segments.trim(keep, needed, Point { age, ..journal.head }, None)
}

fn expected(range: std::ops::RangeInclusive<u64>) -> Vec<(u64, Vec<u8>)> {
    range.map(|revision| (revision, payload(revision))).collect()
}

#[test]
fn changes_are_read_back_across_segments_from_any_revision() {
    let disk: Arc<dyn Disk> = Arc::new(MemoryDisk::default());
    let mut journal = open(&disk, 0).unwrap();
    append(&mut journal, 100);
    assert!(journal.segments.firsts().len() > 3);
    for from in [0, 1, 2, 50, 99, 100] {
        assert_eq!(read(&journal, from).unwrap(), expected(from.max(1)..=100), "from {from}");
    }
    assert_eq!(read(&journal, 101).unwrap(), []);
}

#[test]
fn a_record_larger_than_a_segment_gets_a_segment_of_its_size() {
    let disk: Arc<dyn Disk> = Arc::new(MemoryDisk::default());
    let mut journal = open(&disk, 0).unwrap();
    let large = vec![9; 5000];
    journal.append(&[&large], &[], time(0)).unwrap();
    append(&mut journal, 1);
    let read = read(&journal, 1).unwrap();
    assert_eq!(read, [(1, large), (2, payload(2))]);
}

#[test]
fn reopening_keeps_all_changes_with_any_revision_of_the_state() {
    for state_revision in [0, 1, 7, 19, 20] {
        let disk: Arc<dyn Disk> = Arc::new(MemoryDisk::default());
        append(&mut open(&disk, 0).unwrap(), 20);
        for _ in 0..3 {
            let journal = open(&disk, state_revision).unwrap();
            assert_eq!(journal.head(), 20);
            assert_eq!(read(&journal, 1).unwrap(), expected(1..=20));
        }
    }
}

#[test]
fn opening_again_and_again_adds_no_segments() {
    let disk: Arc<dyn Disk> = Arc::new(MemoryDisk::default());
    append(&mut open(&disk, 0).unwrap(), 3);
    for _ in 0..10 {
        open(&disk, 3).unwrap();
    }
    assert!(disk.list("journal").unwrap().len() <= 2, "{:?}", disk.list("journal"));
}

/// The power is lost after each disk call in turn, and parts of the unsynced bytes are kept. Every acknowledged change
/// must be there, and no other change except the append in progress.
#[test]
fn acknowledged_changes_survive_a_power_loss_at_any_call() {
    let disk = SimulatedDisk::default();
    let dyn_disk: Arc<dyn Disk> = Arc::new(disk.clone());
    let mut journal = open(&dyn_disk, 0).unwrap();
    let mut acknowledged_at = vec![0];
    for _ in 0..30 {
        append(&mut journal, 1);
        acknowledged_at.push(disk.calls());
    }
    assert!(disk.calls() > 60);
    for (call, stopped) in disk.stops().enumerate() {
        let acknowledged = acknowledged_at.partition_point(|&at| at <= call) as u64 - 1;
        for seed in 0..8 {
            let after: Arc<dyn Disk> = Arc::new(stopped.power_lost(call as u64 * 8 + seed));
            let journal = open(&after, 0).unwrap();
            let survived = journal.head();
            assert!((acknowledged..=acknowledged + 1).contains(&survived), "{survived}");
            assert_eq!(read(&journal, 1).unwrap(), expected(1..=survived));
        }
    }
}

/// A killed process leaves an unsynced record that the next open shows to readers; a power loss right after it must not
/// undo it.
#[test]
fn changes_that_readers_saw_after_a_kill_survive_a_later_power_loss() {
    let disk = SimulatedDisk::default();
    let dyn_disk: Arc<dyn Disk> = Arc::new(disk.clone());
    let mut journal = open(&dyn_disk, 0).unwrap();
    append(&mut journal, 5);
    // The write of change 6 reaches the page cache, but its sync does not happen.
    disk.fail(DiskFault::new(io::ErrorKind::Other).after(1).permanently());
    journal.append(&[&payload(6)], &[], time(6)).unwrap_err();
    let killed = disk.killed();
    let reopened = open(&(Arc::new(killed.clone()) as Arc<dyn Disk>), 0).unwrap();
    assert_eq!(read(&reopened, 1).unwrap(), expected(1..=6));
    for seed in 0..50 {
        let after: Arc<dyn Disk> = Arc::new(killed.power_lost(seed));
        assert_eq!(read(&open(&after, 0).unwrap(), 1).unwrap(), expected(1..=6));
    }
}

#[test]
fn damage_to_synced_changes_is_an_error_and_they_are_never_cut() {
    let disk = SimulatedDisk::default();
    let dyn_disk: Arc<dyn Disk> = Arc::new(disk.clone());
    append(&mut open(&dyn_disk, 0).unwrap(), 12);
    let names = disk.list("journal").unwrap();
    assert_eq!(names.len(), 1, "all in one segment: {names:?}");
    let name = format!("journal/{}", names[0]);
    let last_record = payload(12).len() + frame::OVERHEAD;
    let journal = open(&(Arc::new(disk.killed()) as Arc<dyn Disk>), 0).unwrap();
    let used = usize::try_from(segment::HEADER_LEN).unwrap()
        + (1..=12).map(|revision| payload(revision).len() + frame::OVERHEAD).sum::<usize>();
    drop(journal);
    for offset in 0..used {
        let damaged = disk.killed();
        damaged.flip(&name, offset, 0x10);
        let before = damaged.contents();
        let result = open(&(Arc::new(damaged.clone()) as Arc<dyn Disk>), 0);
        if offset < used - last_record {
            let error = result.expect_err(&format!("flip at {offset}"));
            let format = (8..12).contains(&offset);
            match error {
                Error::Damaged { .. } => {}
                Error::NewerFormat { .. } if format => {}
                other => panic!("{other}"),
            }
            assert_eq!(damaged.contents(), before, "an open that fails changes nothing");
        } else {
            // There is no proof that the very last group was synced.
            assert_eq!(result.unwrap().head(), 11, "flip at {offset}");
        }
    }
    // The state's own revision proves it.
    let damaged = disk.killed();
    damaged.flip(&name, used - 1, 1);
    let error = open(&(Arc::new(damaged) as Arc<dyn Disk>), 12).unwrap_err();
    assert!(error.to_string().contains("change 12 was synced"), "{error}");
}

#[test]
fn a_missing_segment_is_damage_unless_the_state_has_its_changes() {
    let disk: Arc<dyn Disk> = Arc::new(MemoryDisk::default());
    let mut journal = open(&disk, 0).unwrap();
    append(&mut journal, 60);
    let firsts = journal.segments.firsts();
    assert!(firsts.len() >= 4);
    disk.remove(&format!("journal/{:020}.log", firsts[1])).unwrap();
    let error = open(&disk, firsts[1]).unwrap_err();
    assert!(matches!(error, Error::Damaged { .. }), "{error}");
    assert_eq!(open(&disk, firsts[2]).unwrap().head(), 60);
    for name in disk.list("journal").unwrap() {
        disk.remove(&format!("journal/{name}")).unwrap();
    }
    let error = open(&disk, 60).unwrap_err();
    assert!(error.to_string().contains("segments are missing"), "{error}");
}

#[test]
fn a_full_disk_leaves_the_journal_usable() {
    let disk = SimulatedDisk::default();
    let dyn_disk: Arc<dyn Disk> = Arc::new(disk.clone());
    let mut journal = open(&dyn_disk, 0).unwrap();
    let mut refused = 0;
    while journal.head() < 40 {
        let next = journal.head() + 1;
        disk.fail(DiskFault::new(io::ErrorKind::StorageFull));
        if let Err(failure) = journal.append(&[&payload(next)], &[], time(next)) {
            assert!(failure.usable);
            assert_eq!(failure.error.outcome(), Outcome::NotApplied);
            refused += 1;
        }
        disk.clear_fault();
        append(&mut journal, 1);
    }
    assert_eq!(refused, 40);
    assert_eq!(read(&journal, 1).unwrap(), expected(1..=40));
    assert_eq!(read(&open(&dyn_disk, 0).unwrap(), 1).unwrap(), expected(1..=40));
}

#[test]
fn a_reader_continues_while_changes_are_appended_and_old_segments_removed() {
    let disk: Arc<dyn Disk> = Arc::new(MemoryDisk::default());
    let mut journal = open(&disk, 0).unwrap();
    append(&mut journal, 50);
    let mut reader = Reader::new(Arc::clone(&journal.segments), 1, 50).unwrap();
    assert_eq!(reader.next().unwrap().unwrap(), (1, payload(1)));
    append(&mut journal, 50);
    trim(&journal, KEEP_TEN, 100, 0).unwrap();
    let rest: Vec<_> = reader.collect();
    let (last, held) = rest.split_last().unwrap();
    assert!(
        !held.is_empty() && held.iter().all(Result::is_ok),
        "the open segment can still be read"
    );
    assert!(matches!(last, Err(Error::JournalTrimmed { .. })), "{last:?}");
}

#[test]
fn a_reader_of_a_closed_journal_gets_an_error() {
    let disk: Arc<dyn Disk> = Arc::new(MemoryDisk::default());
    let mut journal = open(&disk, 0).unwrap();
    append(&mut journal, 3);
    let mut reader = Reader::new(Arc::clone(&journal.segments), 1, 3).unwrap();
    reader.next().unwrap().unwrap();
    journal.segments.retire();
    assert!(matches!(reader.next(), Some(Err(Error::Closed))));
    assert!(reader.next().is_none());
}

#[test]
fn a_reader_whose_first_change_was_removed_gets_an_error() {
    let disk: Arc<dyn Disk> = Arc::new(MemoryDisk::default());
    let mut journal = open(&disk, 0).unwrap();
    append(&mut journal, 100);
    let mut reader = Reader::new(Arc::clone(&journal.segments), 1, 100).unwrap();
    trim(&journal, KEEP_TEN, 100, 0).unwrap();
    let error = reader.next().unwrap().unwrap_err();
    assert!(matches!(error, Error::JournalTrimmed { requested: 1, .. }), "{error}");
}

/// The next segment has its name, and the sync of the directory fails because there is no space. Frames of the old
/// segment are ignored from there on, so nothing may be appended to it.
#[test]
fn a_segment_that_may_have_its_name_ends_the_previous_one() {
    let disk = SimulatedDisk::default();
    let dyn_disk: Arc<dyn Disk> = Arc::new(disk.clone());
    let mut journal = open(&dyn_disk, 0).unwrap();
    let large = vec![1; usize::try_from(SIZE).unwrap()];
    append(&mut journal, 1);
    // Creating, filling, syncing and renaming the segment succeed; syncing the directory fails.
    disk.fail(DiskFault::new(io::ErrorKind::StorageFull).after(5));
    let failure = journal.append(&[&large], &[], time(1)).unwrap_err();
    disk.clear_fault();
    assert!(!failure.usable);
    assert_eq!(failure.error.outcome(), Outcome::NotApplied);
    assert_eq!(disk.list("journal").unwrap().len(), 2, "the segment has its name");
    assert_eq!(read(&open(&dyn_disk, 0).unwrap(), 1).unwrap(), expected(1..=1));
}

#[test]
fn a_segment_is_read_while_its_zeros_are_cut_off() {
    let disk: Arc<dyn Disk> = Arc::new(MemoryDisk::default());
    let mut journal = open(&disk, 0).unwrap();
    append(&mut journal, 2);
    let (file, _) = journal.segments.load(1).unwrap();
    let mut window = window::Window::new(Arc::new(Shrinking(file)));
    assert!(window.bytes(segment::HEADER_LEN, 10).unwrap().is_some());
}

/// A file that is truncated between the call for its length and the read.
#[derive(Debug)]
struct Shrinking(Arc<dyn DiskFile>);

impl DiskFile for Shrinking {
    fn len(&self) -> io::Result<u64> {
        let len = self.0.len()?;
        self.0.set_len(len.min(200))?;
        Ok(len)
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read_at(offset, out)
    }

    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write_at(offset, data)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync()
    }

    fn try_lock(&self) -> io::Result<bool> {
        self.0.try_lock()
    }

    fn try_lock_shared(&self) -> io::Result<bool> {
        self.0.try_lock_shared()
    }

    fn unlock(&self) -> io::Result<()> {
        self.0.unlock()
    }
}
