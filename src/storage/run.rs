//! A run: changes of backlinks, sorted and packed.

use std::cmp::Ordering;

use super::tables::split_row_key;
use crate::model::resource::ResourceType;

/// What a run orders by first: the resource, as its type and the key of its posting list.
///
/// Type tag ‖ project id ‖ resource name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RunKey(Vec<u8>);

impl RunKey {
    /// The key of a resource, or what the keys of all resources start with whose names start with
    /// `name`.
    pub(super) fn new(resource_type: ResourceType, project: u32, name: &[u8]) -> Self {
        let mut key = Vec::with_capacity(OWNER_LEN + name.len());
        key.push(resource_type as u8);
        key.extend_from_slice(&project.to_be_bytes());
        key.extend_from_slice(name);
        Self(key)
    }

    /// What the keys of all resources of a type start with.
    pub(super) fn of_type(resource_type: ResourceType) -> Self {
        Self(vec![resource_type as u8])
    }

    /// The key of a member that a run holds.
    pub(super) fn of_bytes(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The type, project and name of the resource.
    pub(super) fn split(&self) -> Option<(ResourceType, u32, &[u8])> {
        let (tag, row) = self.0.split_first()?;
        let (project, name) = split_row_key(row)?;
        ResourceType::ALL.get(usize::from(*tag)).map(|&of| (of, project, name))
    }

    /// The name of the resource.
    pub(super) fn name(&self) -> &[u8] {
        self.0.get(OWNER_LEN..).unwrap_or_default()
    }

    /// Whether both are of one type and project.
    pub(super) fn is_beside(&self, other: &Self) -> bool {
        self.0.get(..OWNER_LEN) == other.0.get(..OWNER_LEN)
    }
}

/// The bytes of type and project in front of a name.
const OWNER_LEN: usize = 5;

/// Whether a resource is in a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) view: u32,
    pub(super) present: bool,
}

/// Members of resources, by key and then by view, each pair once. Never changed.
///
/// One buffer of keys and one of places in it, so that a batch of keys costs few allocations and
/// merging is copying. A filter tells of most keys that are not there without looking for them.
#[derive(Debug, Default)]
pub(super) struct Run {
    keys: Vec<u8>,
    entries: Vec<Entry>,
    /// A bit for each key; a power of two of words, or none for a run that is small.
    filter: Vec<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    start: u32,
    hash: u32,
    view: u32,
    /// A key has at most a tag, an id and two names of 256 bytes.
    len: u16,
    present: bool,
}

impl Run {
    fn with_capacity(entries: usize, bytes: usize) -> Self {
        let (keys, entries) = (Vec::with_capacity(bytes), Vec::with_capacity(entries));
        Self { keys, entries, filter: Vec::new() }
    }

    /// Members of resources of one project and type; names in order, each once, and no more than
    /// [`MAX_LEN`].
    pub(super) fn of_names<'n>(
        resource_type: ResourceType,
        project: u32,
        names: impl ExactSizeIterator<Item = &'n [u8]>,
        member: Member,
    ) -> Self {
        let mut run = Self::with_capacity(names.len(), names.len() * TYPICAL_KEY);
        for name in names {
            let start = run.keys.len();
            run.keys.push(resource_type as u8);
            run.keys.extend_from_slice(&project.to_be_bytes());
            run.keys.extend_from_slice(name);
            let hash = hash(run.keys.get(start..).unwrap_or_default());
            run.place(start, hash, member);
        }
        run.filtered()
    }

    /// One resource in or out of views, which are in order.
    pub(super) fn of_views(key: &RunKey, members: impl Iterator<Item = Member>) -> Self {
        let mut run = Self::default();
        for member in members {
            run.push(key.as_bytes(), hash(key.as_bytes()), member);
        }
        run.filtered()
    }

    /// Adds a member behind all others.
    fn push(&mut self, key: &[u8], hash: u32, member: Member) {
        let start = self.keys.len();
        self.keys.extend_from_slice(key);
        self.place(start, hash, member);
    }

    fn place(&mut self, start: usize, hash: u32, Member { view, present }: Member) {
        let len = u16::try_from(self.keys.len() - start).unwrap_or(u16::MAX);
        let start = u32::try_from(start).unwrap_or(u32::MAX);
        self.entries.push(Entry { start, hash, view, len, present });
    }

    /// With its filter, when all members are there.
    fn filtered(mut self) -> Self {
        if self.entries.len() >= FILTERED {
            self.filter = vec![0; (self.entries.len() / KEYS_PER_WORD + 1).next_power_of_two()];
            for entry in &self.entries {
                let (word, bit) = bit_of(&self.filter, entry.hash);
                if let Some(word) = self.filter.get_mut(word) {
                    *word |= bit;
                }
            }
        }
        self
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    fn key(&self, entry: Entry) -> &[u8] {
        let start = entry.start as usize;
        self.keys.get(start..start + usize::from(entry.len)).unwrap_or_default()
    }

    /// The key and member at a place, if there is one.
    pub(super) fn at(&self, place: usize) -> Option<(&[u8], Member)> {
        let entry = *self.entries.get(place)?;
        Some((self.key(entry), Member { view: entry.view, present: entry.present }))
    }

    /// The same with the hash of the key.
    fn hashed(&self, place: usize) -> Option<(&[u8], u32, Member)> {
        let entry = *self.entries.get(place)?;
        let member = Member { view: entry.view, present: entry.present };
        Some((self.key(entry), entry.hash, member))
    }

    /// The first place whose key is not below `key`.
    ///
    /// Cost: O(log members).
    pub(super) fn seek(&self, key: &[u8]) -> usize {
        self.entries.partition_point(|&entry| self.key(entry) < key)
    }

    /// The members from a place on, with their keys.
    pub(super) fn from(&self, place: usize) -> impl Iterator<Item = (&[u8], Member)> {
        (place..self.len()).map_while(|place| self.at(place))
    }

    /// The members of one resource, by view.
    pub(super) fn members(&self, key: &[u8], hash: u32) -> impl Iterator<Item = Member> {
        let (word, bit) = bit_of(&self.filter, hash);
        let place = match self.filter.get(word) {
            Some(word) if word & bit == 0 => self.len(),
            _ => self.seek(key),
        };
        let members = self.from(place).take_while(move |(found, _)| *found == key);
        members.map(|(_, member)| member)
    }

    /// Both runs in one; where both know a member, the newer one counts.
    ///
    /// Cost: O(members of both).
    pub(super) fn merge(older: &Self, newer: &Self) -> Self {
        let mut merged =
            Self::with_capacity(older.len() + newer.len(), older.keys.len() + newer.keys.len());
        let (mut from, mut over) = (0, 0);
        loop {
            let (next, hash, member) = match (older.hashed(from), newer.hashed(over)) {
                (None, None) => return merged.filtered(),
                (Some(old), None) => {
                    from += 1;
                    old
                }
                (None, Some(new)) => {
                    over += 1;
                    new
                }
                (Some(old), Some(new)) => match place_of(&old).cmp(&place_of(&new)) {
                    Ordering::Less => {
                        from += 1;
                        old
                    }
                    order => {
                        from += usize::from(order == Ordering::Equal);
                        over += 1;
                        new
                    }
                },
            };
            merged.push(next, hash, member);
        }
    }
}

/// What a run orders by.
fn place_of<'k>(&(key, _, member): &(&'k [u8], u32, Member)) -> (&'k [u8], u32) {
    (key, member.view)
}

/// The hash of a key, for the filters.
pub(super) fn hash(key: &[u8]) -> u32 {
    crc32fast::hash(key)
}

/// The word of a filter and the bit in it that stand for a hash.
fn bit_of(filter: &[u64], hash: u32) -> (usize, u64) {
    let word = (hash >> 6) as usize & filter.len().saturating_sub(1);
    (word, 1 << (hash & 63))
}

/// The most members a run is made with, so that the bytes of its keys are below 4 GiB.
pub(super) const MAX_LEN: usize = 1 << 20;

/// A run of fewer members needs no filter.
const FILTERED: usize = 16;

/// A filter has eight bits a key, so that one in eight keys that are not there is looked for.
const KEYS_PER_WORD: usize = 8;

/// What a key is expected to take, to begin with; more is no harm.
const TYPICAL_KEY: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    fn names(kind: &str) -> Vec<String> {
        (0..2_000).map(|number| format!("{kind}-{number:05}")).collect()
    }

    fn key(name: &str) -> RunKey {
        RunKey::new(ResourceType::Flag, 3, name.as_bytes())
    }

    /// A filter never hides what is there. Seven keys of eight that are not there it keeps from being
    /// looked for, or it would not be worth its room.
    #[test]
    fn a_filter_passes_what_is_there_and_little_else() {
        let (there, absent) = (names("there"), names("absent"));
        let member = Member { view: 1, present: true };
        let run =
            Run::of_names(ResourceType::Flag, 3, there.iter().map(|name| name.as_bytes()), member);
        let passes = |name: &String| {
            let (word, bit) = bit_of(&run.filter, hash(key(name).as_bytes()));
            run.filter[word] & bit != 0
        };
        assert!(there.iter().all(passes));
        let passed = absent.iter().filter(|name| passes(name)).count();
        assert!(passed < 400, "{passed} of 2000 that are not there");
        for name in &there {
            let key = key(name);
            let members = run.members(key.as_bytes(), hash(key.as_bytes()));
            assert_eq!(members.collect::<Vec<_>>(), [member], "{name}");
        }
        for name in &absent {
            let key = key(name);
            assert_eq!(run.members(key.as_bytes(), hash(key.as_bytes())).count(), 0, "{name}");
        }
    }

    #[test]
    fn few_members_have_no_filter() {
        let names = names("there");
        for (count, filtered) in [(FILTERED - 1, false), (FILTERED, true)] {
            let names = names[..count].iter().map(|name| name.as_bytes());
            let run =
                Run::of_names(ResourceType::Flag, 3, names, Member { view: 1, present: true });
            assert_eq!(!run.filter.is_empty(), filtered, "{count} members");
        }
    }
}
