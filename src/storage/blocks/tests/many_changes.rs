//! Blocks after very many changes of all sizes, most of which patch them.

use std::collections::{BTreeMap, HashSet};

use proptest::prelude::*;

use super::*;
use crate::model::time::Timestamp;
use crate::storage::block::STAMP_LEN;
use crate::storage::pack::MAX_LEN;

/// The revision, if it has one, and the payload.
type Put = (Option<u64>, Vec<u8>);
type Entries = BTreeMap<Vec<u8>, Put>;
/// A name, and what is put there if it is not dropped.
type Change = (Vec<u8>, Option<Put>);

/// What names are like.
#[derive(Clone, Copy, Debug)]
enum Names {
    /// They start alike.
    Alike,
    /// Some start alike, for long.
    Long,
    /// One, two or three letters.
    Short,
}

impl Names {
    fn name(self, number: u64) -> Vec<u8> {
        let letter = |place: u32| b'a' + u8::try_from(number / 5_u64.pow(place) % 5).unwrap();
        match self {
            Self::Alike => format!("common-{number:05}").into_bytes(),
            Self::Short => (0..=u32::try_from(number % 3).unwrap()).map(letter).collect(),
            Self::Long => {
                let environment = [letter(0)].repeat(256);
                let key = [&*vec![b'k'; 251], format!("{:05}", number / 5).as_bytes()].concat();
                let key = if number.is_multiple_of(11) { &key[..8] } else { &key };
                [&*environment, b"\0", key].concat()
            }
        }
    }
}

/// Numbers that look like chance.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// The number of a revision among the stamps of a packer; 0 without one.
fn stamp(packer: &mut Packer, revision: Option<u64>) -> u32 {
    revision.map_or(0, |revision| packer.stamp((Timestamp::from_millis(revision), revision)))
}

/// The bytes of a payload: as that of a link, or as a list, which may be longer than any block.
fn payload_len(chance: &mut Chance, is_link: bool) -> usize {
    match chance.below(320) {
        _ if is_link => 1 + chance.below(3) as usize,
        0 => 4_000,
        longer if longer < 160 => 40,
        _ => 1 + chance.below(3) as usize,
    }
}

/// What is put or dropped, each name once.
fn some_changes(chance: &mut Chance, names: Names, revision: Option<u64>) -> Vec<Change> {
    let count = [1, 1, 1, 2, 5, 30, 200][chance.below(7) as usize];
    let start = chance.below(1_500);
    let (puts, is_run) = (chance.below(20) < 11, chance.below(2) == 0);
    let mut changes = BTreeMap::new();
    for place in 0..count {
        let number = if is_run { start + place } else { chance.below(1_500) };
        let payload = vec![number as u8; payload_len(chance, revision.is_some())];
        changes.insert(names.name(number), puts.then_some((revision, payload)));
    }
    changes.into_iter().collect()
}

/// Makes changes in the table and in what is expected.
fn change_all(table: &mut Table<'_, Bytes, Bytes>, expected: &mut Entries, changes: &[Change]) {
    let make = |(name, put): &Change, found: Option<Entry<'_>>, packer: &mut Packer| {
        assert_eq!(found.is_some(), expected.contains_key(name));
        match put {
            Some((revision, payload)) => {
                let stamp = stamp(packer, *revision);
                packer.push(&[name], stamp, payload);
                expected.insert(name.clone(), (*revision, payload.clone()));
            }
            None if found.is_none() => return Ok(Fate::Keep),
            None => drop(expected.remove(name)),
        }
        Ok(Fate::Replace)
    };
    edit(table, OWNER, changes, |(name, _)| name, make).unwrap();
}

/// What the table says, and how many bytes its blocks have. Each of them is as one may be.
fn read(table: &Table<'_, Bytes, Bytes>, has_stamps: bool) -> (Entries, usize) {
    let (mut entries, mut bytes) = (Entries::new(), 0);
    let mut last: Option<Vec<u8>> = None;
    for row in table.iter().unwrap() {
        let (key, value) = row.unwrap();
        let (_, from) = split_row_key(key.value()).unwrap();
        assert!(last.is_none_or(|last| *last < *from), "a block begins in another one");
        let block = Block::parse(value.value()).unwrap();
        bytes += value.value().len();
        assert!(block.len() > 0);
        assert!(block.len() == 1 || block.byte_len() <= MAX_LEN, "{} bytes", block.byte_len());
        let (mut used, mut names) = (HashSet::new(), Vec::new());
        for place in 0..block.len() {
            let (name, entry) = (block.name(place).unwrap(), block.entry(place).unwrap());
            used.insert(entry.stamp);
            let stamp = has_stamps.then(|| block.stamp_of(&entry).unwrap());
            let revision = stamp.map(|(time, revision)| {
                assert_eq!(time.as_millis(), revision);
                revision
            });
            assert!(entries.insert(name.clone(), (revision, entry.payload.to_vec())).is_none());
            names.push(name);
        }
        assert!(names.is_sorted() && *names[0] >= *from);
        let stamps = block.stamps().len() / STAMP_LEN;
        let unused = if has_stamps { stamps - used.len() } else { stamps };
        assert!(unused * 8 <= block.len(), "{unused} of {stamps}, {} entries", block.len());
        last = names.pop();
    }
    (entries, bytes)
}

/// How many bytes the entries have when they are packed at once.
fn packed(entries: &Entries) -> usize {
    let mut packer = Packer::default();
    for (name, (revision, payload)) in entries {
        let stamp = revision
            .map_or(0, |revision| packer.stamp((Timestamp::from_millis(revision), revision)));
        packer.push(&[name], stamp, payload);
    }
    packer.pack().map(|(_, block)| block.len()).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    #[test]
    fn very_many_changes_leave_blocks_that_say_what_was_put_and_no_waste(
        seed in 1_u64..,
        names in prop::sample::select(vec![Names::Alike, Names::Long, Names::Short]),
        has_stamps: bool,
    ) {
        let mut chance = Chance(seed);
        on_table(|table| {
            let mut expected = Entries::new();
            for revision in 1..=1_000 {
                let changes = some_changes(&mut chance, names, has_stamps.then_some(revision));
                change_all(table, &mut expected, &changes);
                if revision % 50 == 0 {
                    let (entries, bytes) = read(table, has_stamps);
                    assert!(entries == expected, "{names:?}");
                    let at_once = packed(&expected).max(MAX_LEN);
                    assert!(bytes * 4 <= at_once * 5, "{bytes} bytes, {at_once} at once");
                }
            }
        });
    }
}
