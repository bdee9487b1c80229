//! Groups are complete or missing after a cut at any byte.

use super::*;
use crate::disk::simulated::CallKind;
use crate::journal::group::Group;

const FIRST: u64 = 1;

/// The sizes of the groups, in the order of their appends.
const SIZES: [u64; 6] = [3, 1, 4, 2, 5, 3];

fn append_group(journal: &mut Journal, size: u64) {
    let first = journal.head() + 1;
    let payloads: Vec<_> = (first..first + size).map(payload).collect();
    let mark = format!("mark {first}");
    journal.append(&payloads, mark.as_bytes(), time(first)).unwrap();
}

fn append_groups(journal: &mut Journal) {
    SIZES.iter().for_each(|&size| append_group(journal, size));
}

/// The last revisions of the groups.
fn ends() -> Vec<u64> {
    SIZES
        .iter()
        .scan(0, |end, size| {
            *end += size;
            Some(*end)
        })
        .collect()
}

fn groups_of(journal: &Journal, from: u64, end: u64) -> Vec<Group> {
    let reader = Reader::new(Arc::clone(&journal.segments), from, end).unwrap();
    reader.into_groups().map(Result::unwrap).collect()
}

#[test]
fn a_group_is_read_back_with_its_mark_its_age_and_its_hashes() {
    let disk: Arc<dyn Disk> = Arc::new(MemoryDisk::default());
    let mut journal = open(&disk, 0).unwrap();
    append_groups(&mut journal);
    let head = journal.head();
    assert_eq!(read(&journal, 1).unwrap(), expected(1..=head));
    let groups = groups_of(&journal, 1, head);
    let found: Vec<u64> = groups.iter().map(|group| group.end().revision).collect();
    assert_eq!(found, ends());
    for group in &groups {
        let first = group.before.revision + 1;
        assert_eq!(group.mark, format!("mark {first}").as_bytes());
        assert_eq!(group.age, Age { millis: first, clock: time(first) });
    }
    assert_eq!(groups.last().unwrap().end(), journal.head_point());
}

#[test]
fn a_range_that_begins_and_ends_inside_groups_is_read() {
    let disk: Arc<dyn Disk> = Arc::new(MemoryDisk::default());
    let mut journal = open(&disk, 0).unwrap();
    append_groups(&mut journal);
    let head = journal.head();
    for from in 1..=head {
        for end in from..=head {
            let reader = Reader::new(Arc::clone(&journal.segments), from, end).unwrap();
            let read: Vec<_> = reader.map(Result::unwrap).collect();
            assert_eq!(read, expected(from..=end));
            let groups = groups_of(&journal, from, end);
            assert_eq!(groups[0].before.revision, from - 1);
            assert_eq!(groups.last().unwrap().end().revision, end);
        }
    }
}

#[test]
fn nothing_is_written_for_no_changes() {
    let disk = SimulatedDisk::default();
    let mut journal = open(&(Arc::new(disk.clone()) as Arc<dyn Disk>), 0).unwrap();
    let (calls, none): (_, [&[u8]; 0]) = (disk.calls(), []);
    assert_eq!(journal.append(&none, b"mark", time(1)).unwrap(), 0);
    assert_eq!((disk.calls(), journal.head()), (calls, 0));
}

#[test]
fn a_group_that_is_too_long_is_not_applied_and_the_next_one_is() {
    let disk = SimulatedDisk::default();
    let mut journal = open(&(Arc::new(disk.clone()) as Arc<dyn Disk>), 0).unwrap();
    let calls = disk.calls();
    // The memory is not touched: the length is known before any copying.
    let part = vec![0; 1 << 30];
    let failure = journal.append(&[&part; 4], b"", time(1)).unwrap_err();
    assert!(matches!(failure.error, Error::TooLong { .. }), "{}", failure.error);
    assert_eq!(failure.error.outcome(), Outcome::NotApplied);
    assert!(failure.usable);
    assert_eq!((disk.calls(), journal.head()), (calls, 0));
    append_group(&mut journal, 2);
    assert_eq!(read(&journal, 1).unwrap(), expected(1..=2));
}

/// The file ends after each of its bytes in turn, with or without zeros after it.
#[test]
fn a_group_is_whole_or_absent_after_a_cut_at_any_byte() {
    let disk = SimulatedDisk::default();
    let mut journal = open(&(Arc::new(disk.clone()) as Arc<dyn Disk>), 0).unwrap();
    append_group(&mut journal, 3);
    let start = usize::try_from(journal.active.appender.offset()).unwrap();
    append_group(&mut journal, 4);
    let end = usize::try_from(journal.active.appender.offset()).unwrap();
    let (name, bytes) = disk.contents().pop_first().unwrap();
    let whole = bytes[..end].to_vec();
    for cut in start..=end {
        for behind in [0, 100] {
            let mut torn = whole[..cut].to_vec();
            torn.resize(cut + behind, 0);
            let disk = SimulatedDisk::with_files([(name.clone(), torn)]);
            let journal = open(&(Arc::new(disk) as Arc<dyn Disk>), 3).unwrap();
            // The checksum may end in zeros, which also come after it.
            let is_whole = whole[cut..].iter().all(|&byte| byte == 0) && cut + behind >= end;
            let head = if is_whole { 7 } else { 3 };
            assert_eq!(journal.head(), head, "cut at {cut}");
            assert_eq!(read(&journal, 1).unwrap(), expected(1..=head));
        }
    }
}

#[test]
fn any_flipped_bit_of_the_last_group_removes_the_whole_group() {
    let disk = SimulatedDisk::default();
    let mut journal = open(&(Arc::new(disk.clone()) as Arc<dyn Disk>), 0).unwrap();
    append_group(&mut journal, 3);
    let start = usize::try_from(journal.active.appender.offset()).unwrap();
    append_group(&mut journal, 4);
    let end = usize::try_from(journal.active.appender.offset()).unwrap();
    let (name, _) = disk.contents().pop_first().unwrap();
    for offset in start..end {
        for bit in 0..8 {
            let damaged = disk.killed();
            damaged.flip(&name, offset, 1 << bit);
            let damaged: Arc<dyn Disk> = Arc::new(damaged);
            assert_eq!(open(&damaged, 3).unwrap().head(), 3, "bit {bit} of {offset}");
            let error = open(&Arc::clone(&damaged), 5).unwrap_err().to_string();
            assert!(error.contains("was synced"), "{error}");
        }
    }
}

#[test]
fn groups_are_whole_or_absent_after_a_power_loss_at_any_call() {
    let disk = SimulatedDisk::default();
    let mut journal = open(&(Arc::new(disk.clone()) as Arc<dyn Disk>), 0).unwrap();
    let mut acknowledged_at = vec![disk.calls()];
    for _ in 0..3 {
        for size in SIZES {
            append_group(&mut journal, size);
            acknowledged_at.push(disk.calls());
        }
    }
    let all = groups_of(&journal, 1, journal.head());
    let all_ends: Vec<u64> =
        [0].into_iter().chain(all.iter().map(|group| group.end().revision)).collect();
    assert!(journal.segments.firsts().len() > 2);
    for (call, stopped) in disk.stops().enumerate().skip(acknowledged_at[0]) {
        let acknowledged = acknowledged_at.partition_point(|&at| at <= call) - 1;
        for seed in 0..6 {
            let after: Arc<dyn Disk> = Arc::new(stopped.power_lost(call as u64 * 8 + seed));
            let journal = open(&after, 0).unwrap();
            let survived = all_ends.iter().position(|&end| end == journal.head()).unwrap();
            assert!((acknowledged..=acknowledged + 1).contains(&survived), "{survived}");
            assert_eq!(groups_of(&journal, 1, journal.head()), all[..survived]);
        }
    }
}

/// An opening finds a written but unsynced group, and rewrites it completely.
#[test]
fn a_group_that_is_not_known_to_be_synced_is_rewritten_whole() {
    let disk = SimulatedDisk::default();
    let mut journal = open(&(Arc::new(disk.clone()) as Arc<dyn Disk>), 0).unwrap();
    append_group(&mut journal, 3);
    append_group(&mut journal, 4);
    let before = groups_of(&journal, 1, 7);
    disk.fail(DiskFault::new(io::ErrorKind::Other).on(CallKind::Sync));
    let payloads = [payload(8), payload(9)];
    journal.append(&payloads, b"mark 8", time(8)).unwrap_err();
    // A state inside of a group proves the whole group.
    for (state_revision, durable_through) in [(0, 7), (5, 7), (7, 7), (8, 9), (9, 9)] {
        let killed: Arc<dyn Disk> = Arc::new(disk.killed());
        let segments = Segments::open(Arc::clone(&killed), ID).unwrap();
        let found = scan(&segments, StateHead { revision: state_revision, hash: None }).unwrap();
        assert_eq!((found.head, found.durable_through), (9, durable_through));
        assert_eq!(found.rewritten(), 9 - durable_through);
        let journal = open(&killed, state_revision).unwrap();
        assert_eq!(journal.segments.firsts(), [FIRST, durable_through + 1]);
        let groups = groups_of(&journal, 1, 9);
        assert_eq!(groups[..2], before);
        assert_eq!((&*groups[2].mark, groups[2].changes.len()), (&b"mark 8"[..], 2));
        assert_eq!(found.head_hash, journal.head_hash());
    }
}

#[test]
fn a_copy_has_the_same_groups_marks_ages_and_hashes() {
    let disk: Arc<dyn Disk> = Arc::new(MemoryDisk::default());
    let mut journal = open(&disk, 0).unwrap();
    for _ in 0..4 {
        append_groups(&mut journal);
    }
    let head = journal.head();
    let first = journal.segments.firsts()[1];
    let copy: Arc<dyn Disk> = Arc::new(MemoryDisk::default());
    Segments::create_dir(&*copy).unwrap();
    let id = StoreId([9; 16]);
    let into = Arc::new(Segments::open(Arc::clone(&copy), id).unwrap());
    let before = journal.segments.point_before(first).unwrap();
    let from = Reader::new(Arc::clone(&journal.segments), first, head).unwrap();
    Journal::copy(Arc::clone(&into), before, OPTIONS, from.into_groups()).unwrap();
    let state = StateHead { revision: head, hash: Some(journal.head_hash()) };
    let found = scan(&into, state).unwrap();
    assert_eq!((found.head, found.head_hash), (head, journal.head_hash()));
    let copied = Journal::start(into, &found, OPTIONS).unwrap();
    assert_eq!(groups_of(&copied, first, head), groups_of(&journal, first, head));
    assert!(copied.segments.firsts().len() > 2);
}

#[test]
fn a_place_inside_a_group_leads_to_the_next_change_and_its_hash() {
    let disk: Arc<dyn Disk> = Arc::new(MemoryDisk::default());
    let mut journal = open(&disk, 0).unwrap();
    append_groups(&mut journal);
    append_groups(&mut journal);
    let head = journal.head();
    for page in 1..6 {
        let (mut place, mut next, mut read) = (None, 1, Vec::new());
        while next <= head {
            let reader = Reader::new(Arc::clone(&journal.segments), next, head).unwrap();
            let mut reader = reader.starting_at(place);
            assert_eq!(reader.hash(), (next > 1).then(|| hash_after(next - 1)));
            for change in reader.by_ref().take(page) {
                read.push(change.unwrap());
                next += 1;
            }
            assert_eq!(reader.hash(), Some(hash_after(next - 1)));
            place = reader.place();
        }
        assert_eq!(read, expected(1..=head));
    }
}

fn hash_after(revision: u64) -> ChainHash {
    (1..=revision).fold(ChainHash::default(), |hash, revision| hash.after(&payload(revision)))
}
