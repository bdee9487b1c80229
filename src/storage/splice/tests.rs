//! A block that is patched says what one that is packed anew does.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::model::time::Timestamp;
use crate::storage::block::Stamp;

type Entries = BTreeMap<Vec<u8>, (u64, Vec<u8>)>;

fn name(number: usize) -> Vec<u8> {
    format!("common-{number:04}").into_bytes()
}

/// A name behind one of those and before the next.
fn beside(number: usize) -> Vec<u8> {
    [&*name(number), b"x"].concat()
}

fn stamp(revision: u64) -> Stamp {
    (Timestamp::from_millis(revision * 10), revision)
}

fn push(packer: &mut Packer, name: &[u8], (revision, payload): &(u64, Vec<u8>)) {
    let number = packer.stamp(stamp(*revision));
    packer.push(&[name], number, payload);
}

/// One block of all entries.
fn packed(entries: &Entries) -> Vec<u8> {
    let mut packer = Packer::default();
    entries.iter().for_each(|(name, entry)| push(&mut packer, name, entry));
    let blocks: Vec<_> = packer.pack().collect();
    let [(_, block)] = <[_; 1]>::try_from(blocks).unwrap();
    block
}

fn read(bytes: &[u8]) -> Entries {
    let block = Block::parse(bytes).unwrap();
    let read = |place| {
        let entry = block.entry(place).unwrap();
        let (time, revision) = block.stamp_of(&entry).unwrap();
        assert_eq!((time, revision), stamp(revision));
        (block.name(place).unwrap(), (revision, entry.payload.to_vec()))
    };
    (0..block.len()).map(read).collect()
}

/// Puts and drops entries of a block, given in order of their names, as an edit does.
fn splices(block: &Block<'_>, changes: &BTreeMap<Vec<u8>, Option<(u64, Vec<u8>)>>) -> Splices {
    let mut splices = Splices::with_capacity(changes.len());
    for (name, entry) in changes {
        let found = block.find(0, name).unwrap();
        if let Some(entry) = entry {
            push(splices.added(), name, entry);
        }
        let (Ok(place) | Err(place)) = found;
        if entry.is_some() || found.is_ok() {
            splices.note(place, found.is_ok());
        }
    }
    splices
}

/// Entries of some changes; each payload says its length and change.
fn entries(numbers: std::ops::Range<usize>, revisions: u64) -> Entries {
    let entry = |number: usize| {
        let revision = number as u64 % revisions;
        (name(number), (revision, vec![revision as u8; number % 5]))
    };
    numbers.map(entry).collect()
}

proptest! {
    #[test]
    fn a_patched_block_has_the_entries_of_one_packed_anew(
        there in prop::collection::btree_map(0..300_usize, 0..6_u64, 60..140),
        changes in prop::collection::btree_map(0..300_usize, prop::option::of(0..9_u64), 1..60),
    ) {
        let entry = |revision: u64| (revision, vec![revision as u8; revision as usize]);
        let mut expected: Entries =
            there.into_iter().map(|(number, revision)| (name(number), entry(revision))).collect();
        let bytes = packed(&expected);
        let block = Block::parse(&bytes).unwrap();
        let changes: BTreeMap<_, _> =
            changes.into_iter().map(|(number, put)| (name(number), put.map(entry))).collect();
        let splices = splices(&block, &changes);
        for (name, entry) in changes {
            match entry {
                Some(entry) => drop(expected.insert(name, entry)),
                None => drop(expected.remove(&name)),
            }
        }
        let unpacked: Entries =
            splices.unpack(block).unwrap().pack().flat_map(|(_, block)| read(&block)).collect();
        prop_assert_eq!(&unpacked, &expected);
        if let Some(patched) = splices.patch(&block) {
            prop_assert_eq!(read(&patched), expected);
        }
    }

    #[test]
    fn arbitrary_bytes_are_patched_or_not_and_never_a_panic(
        at in any::<usize>(), byte: u8, drop in 0..90_usize,
    ) {
        let mut bytes = packed(&entries(0..90, 3));
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Ok(block) = Block::parse(&bytes) {
            let mut splices = Splices::with_capacity(1);
            push(splices.added(), &name(drop), &(9, vec![9]));
            splices.note(drop, true);
            let _ = splices.patch(&block);
            let _ = splices.unpack(block);
        }
    }
}

/// What becomes of a block of 100 entries of so many changes, when some change.
fn patch(revisions: u64, changes: BTreeMap<Vec<u8>, Option<(u64, Vec<u8>)>>) -> Option<Vec<u8>> {
    let bytes = packed(&entries(0..100, revisions));
    let block = Block::parse(&bytes).unwrap();
    splices(&block, &changes).patch(&block)
}

fn dropped(numbers: impl IntoIterator<Item = usize>) -> BTreeMap<Vec<u8>, Option<(u64, Vec<u8>)>> {
    numbers.into_iter().map(|number| (name(number), None)).collect()
}

#[test]
fn few_changes_leave_the_bytes_of_the_others() {
    assert!(patch(3, dropped([5, 50])).is_some());
    assert!(patch(3, [(beside(50), Some((7, vec![1])))].into()).is_some());
    assert!(patch(3, [(name(50), Some((7, vec![1])))].into()).is_some());
}

#[test]
fn a_name_that_starts_otherwise_packs_the_block_anew() {
    assert!(patch(3, [(b"other".to_vec(), Some((7, vec![1])))].into()).is_none());
}

#[test]
fn a_block_that_becomes_too_long_or_too_short_is_packed_anew() {
    let put = |number: usize| (beside(number), Some((7, vec![1; 20])));
    assert!(patch(3, (0..80).map(put).collect()).is_some());
    assert!(patch(3, (0..100).map(put).collect()).is_none());
    assert!(patch(3, dropped(0..90)).is_none());
}

#[test]
fn stamps_at_the_end_that_no_entry_has_any_more_go() {
    // The last change made the entries 19, 39, 59 and so on.
    let stamps = |change: usize| {
        let patched = patch(20, dropped((0..5).map(|round| round * 20 + change))).unwrap();
        Block::parse(&patched).unwrap().stamps().len() / STAMP_LEN
    };
    assert_eq!((stamps(19), stamps(0)), (19, 20));
}

#[test]
fn a_block_with_many_stamps_that_no_entry_has_is_packed_anew() {
    // Fifty changes of two entries each, of which the first twelve go: 12 stamps for 76 entries.
    let of_first = |count: usize| dropped((0..count).flat_map(|number| [number, number + 50]));
    assert!(patch(50, of_first(9)).is_some());
    assert!(patch(50, of_first(12)).is_none());
}

#[test]
fn an_entry_with_a_stamp_that_is_not_there_does_not_get_one_that_is_added() {
    // All entries but the last are what they were; that one has no payload, so it ends with its stamp.
    let mut bytes = packed(&entries(0..96, 1));
    *bytes.last_mut().unwrap() = 1;
    let block = Block::parse(&bytes).unwrap();
    let changes = [(beside(50), Some((7, vec![1])))].into();
    let splices = splices(&block, &changes);
    assert!(splices.patch(&block).is_none());
    assert!(splices.unpack(block).is_err());
}
