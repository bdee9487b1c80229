//! Temporary shortages: their changes are not applied, and the journal continues.

use super::*;
use crate::disk::simulated::CallKind;

const SHORTAGES: [io::ErrorKind; 3] =
    [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded, io::ErrorKind::OutOfMemory];

/// The calls of a rotation before the segment may have its name: its file is created, its header and its zeros are
/// written, and it is synced.
const MAKING: u64 = 4;

fn shared(disk: &SimulatedDisk) -> Arc<dyn Disk> {
    Arc::new(disk.clone())
}

/// A journal whose newest segment is full.
fn full_journal(disk: &Arc<dyn Disk>) -> Journal {
    let mut journal = open(disk, 0).unwrap();
    let rest = usize::try_from(SIZE - HEADER_LEN).unwrap() - frame::OVERHEAD;
    journal.append(&[vec![1; rest]], &[], time(1)).unwrap();
    assert_eq!(journal.active.appender.offset(), SIZE);
    journal
}

#[test]
fn a_shortage_while_a_segment_is_made_leaves_the_journal_usable() {
    for kind in SHORTAGES {
        for call in 0..MAKING {
            let disk = SimulatedDisk::default();
            let mut journal = full_journal(&shared(&disk));
            disk.fail(DiskFault::new(kind).after(call));
            let failure = journal.append(&[payload(2)], &[], time(2)).unwrap_err();
            assert!(failure.usable, "{kind} at {call}");
            assert_eq!(failure.error.outcome(), Outcome::NotApplied);
            assert_eq!(disk.list("journal").unwrap().len(), 1, "no file is left");
            append(&mut journal, 20);
            let reopened = open(&shared(&disk), 0).unwrap();
            assert_eq!(read(&reopened, 2).unwrap(), expected(2..=21));
        }
    }
}

#[test]
fn any_other_failure_while_a_segment_is_made_stops_the_journal_and_nothing_is_applied() {
    for kind in [io::ErrorKind::Other, io::ErrorKind::PermissionDenied] {
        for call in 0..MAKING {
            let disk = SimulatedDisk::default();
            let mut journal = full_journal(&shared(&disk));
            disk.fail(DiskFault::new(kind).after(call));
            let failure = journal.append(&[payload(2)], &[], time(2)).unwrap_err();
            assert!(!failure.usable, "{kind} at {call}");
            assert_eq!(failure.error.outcome(), Outcome::NotApplied);
            assert_eq!(open(&shared(&disk), 0).unwrap().head(), 1);
        }
    }
}

#[test]
fn a_shortage_after_a_segment_may_have_its_name_stops_the_journal() {
    for kind in SHORTAGES {
        for call in [MAKING, MAKING + 1] {
            let disk = SimulatedDisk::default();
            let mut journal = full_journal(&shared(&disk));
            disk.fail(DiskFault::new(kind).after(call));
            let failure = journal.append(&[payload(2)], &[], time(2)).unwrap_err();
            assert!(!failure.usable, "{kind} at {call}");
        }
    }
}

#[test]
fn an_append_that_was_undone_leaves_the_journal_usable_and_another_one_does_not() {
    for kind in SHORTAGES {
        for (call, on) in [(0, CallKind::Write), (0, CallKind::Sync)] {
            let disk = SimulatedDisk::default();
            let mut journal = open(&shared(&disk), 0).unwrap();
            append(&mut journal, 3);
            disk.fail(DiskFault::new(kind).on(on).after(call));
            let failure = journal.append(&[payload(4)], &[], time(4)).unwrap_err();
            assert!(failure.usable, "{kind} on {on:?}");
            append(&mut journal, 3);
            for seed in 0..20 {
                let after = open(&shared(&disk.power_lost(seed)), 0).unwrap();
                assert_eq!(read(&after, 1).unwrap(), expected(1..=6));
            }
            disk.fail(DiskFault::new(kind).on(on).permanently());
            let failure = journal.append(&[payload(7)], &[], time(7)).unwrap_err();
            assert!(!failure.usable, "it could not be undone");
            assert_eq!(failure.error.outcome(), Outcome::Unknown);
        }
    }
}

/// For an opening, a segment without zeros ahead is enough to read and to begin.
#[test]
fn an_opening_without_space_for_zeros_succeeds() {
    for kind in SHORTAGES {
        let disk = SimulatedDisk::default();
        append(&mut open(&shared(&disk), 0).unwrap(), 3);
        disk.fail(DiskFault::new(kind).on(CallKind::Write).after(1));
        let mut journal = open(&shared(&disk), 3).unwrap();
        assert_eq!((disk.failed(), journal.active.len), (1, HEADER_LEN));
        assert_eq!(read(&journal, 1).unwrap(), expected(1..=3));
        append(&mut journal, 3);
        assert_eq!(read(&open(&shared(&disk), 0).unwrap(), 1).unwrap(), expected(1..=6));
    }
    let disk = SimulatedDisk::default();
    append(&mut open(&shared(&disk), 0).unwrap(), 3);
    // Twice the needed space: the simulated disk does not get the space of a removed file back.
    disk.set_room(Some(2 * (HEADER_LEN + 150)));
    assert_eq!(open(&shared(&disk), 0).unwrap().head(), 3);
}

/// The error of a process without free descriptors has no kind of its own.
#[cfg(unix)]
#[test]
fn a_shortage_of_file_descriptors_leaves_the_journal_usable() {
    for number in [23, 24] {
        let disk = SimulatedDisk::default();
        let short = Arc::new(ShortOfDescriptors { disk: disk.clone(), ..Default::default() });
        let mut journal = full_journal(&(Arc::clone(&short) as Arc<dyn Disk>));
        short.error.store(number, std::sync::atomic::Ordering::Relaxed);
        let failure = journal.append(&[payload(2)], &[], time(2)).unwrap_err();
        assert!(failure.usable, "{number}");
        assert_eq!(failure.error.outcome(), Outcome::NotApplied);
        assert!(journal.segments.make_ahead(SIZE).is_err());
        short.error.store(0, std::sync::atomic::Ordering::Relaxed);
        append(&mut journal, 3);
        assert_eq!(open(&shared(&disk), 0).unwrap().head(), 4);
    }
}

/// A disk on which no file can be created, with this error number of the system.
#[derive(Debug, Default)]
struct ShortOfDescriptors {
    disk: SimulatedDisk,
    error: std::sync::atomic::AtomicI32,
}

impl Disk for ShortOfDescriptors {
    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        self.disk.list(dir)
    }

    fn create_dir(&self, dir: &str) -> io::Result<()> {
        self.disk.create_dir(dir)
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.disk.open(name)
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        match self.error.load(std::sync::atomic::Ordering::Relaxed) {
            0 => self.disk.create(name),
            number => Err(io::Error::from_raw_os_error(number)),
        }
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.disk.rename(from, to)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.disk.remove(name)
    }

    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        self.disk.sync_dir(dir)
    }
}
