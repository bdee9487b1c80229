//! The names of linked resources of one type. Each has a place and an id as long as a link needs it.
//!
//! Places and ids are private to a process, and are reused after their name was removed.

mod arena;
mod index;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::hash::BuildHasher;
use std::sync::Arc;

use foldhash::quality::RandomState;

use crate::model::leading_number::leading_number;
use arena::Arena;
use index::Index;

/// The number of names that are looked up together, so that memory accesses overlap.
const STAGE: usize = 64;

/// The place and the id of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Name {
    /// Links contain the place, so that reading their names costs one memory access.
    pub(super) place: u32,
    /// The id is the index of the posting.
    pub(super) id: u32,
}

/// Names with their places and ids. Cloning is O(1).
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    hasher: RandomState,
    arena: Arena,
    index: Index,
    len: u32,
    /// The common prefix of all names; comparisons skip it.
    common: Arc<[u8]>,
}

impl Names {
    /// No names, with room in the index for this number.
    pub(super) fn with_room(names: usize) -> Self {
        Self { index: Index::with_room(names), ..Self::default() }
    }

    /// The number of names.
    pub(super) const fn len(&self) -> u32 {
        self.len
    }

    /// The name at a place.
    pub(super) fn text(&self, place: u32) -> &str {
        let text = str::from_utf8(self.arena.name(place));
        debug_assert!(text.is_ok(), "names are text when they come in");
        text.unwrap_or_default()
    }

    /// The bytes of the name at a place.
    pub(super) fn bytes(&self, place: u32) -> &[u8] {
        self.arena.name(place)
    }

    /// The id of the name at a place.
    pub(super) fn id(&self, place: u32) -> u32 {
        self.arena.head(place).0
    }

    /// A number that sorts names like their texts; names with equal numbers must be compared.
    #[inline]
    pub(super) fn prefix(&self, place: u32) -> u64 {
        leading_number(self.arena.name(place).get(self.common.len()..).unwrap_or_default())
    }

    /// Compares two names with equal prefixes.
    #[cold]
    pub(super) fn tie(&self, one: u32, other: u32) -> Ordering {
        if one == other {
            return Ordering::Equal;
        }
        self.arena.name(one).cmp(self.arena.name(other))
    }

    /// Compares the name at a place with a text.
    pub(super) fn compare(&self, place: u32, text: &str) -> Ordering {
        self.arena.name(place).cmp(text.as_bytes())
    }

    fn hash(&self, name: &str) -> u32 {
        (self.hasher.hash_one(name.as_bytes()) >> 32) as u32
    }

    /// The place and id of a name.
    ///
    /// Cost: O(length).
    pub(super) fn find(&self, name: &str) -> Option<Name> {
        let mut places = self.index.places(self.hash(name));
        let place = places.find(|place| self.arena.name(*place) == name.as_bytes())?;
        Some(Name { place, id: self.id(place) })
    }

    /// The places and ids of many names, in the given order.
    pub(super) fn find_all<'n>(
        &self,
        names: impl Iterator<Item = &'n str> + Clone,
        found: &mut Vec<Option<Name>>,
    ) {
        found.clear();
        let mut hashes = [0_u32; STAGE];
        let mut names = names;
        loop {
            let stage = names.clone().take(STAGE);
            let mut count = 0;
            for (hash, name) in hashes.iter_mut().zip(stage.clone()) {
                *hash = self.hash(name);
                count += 1;
            }
            let hashes = hashes.get(..count).unwrap_or_default();
            self.touch(hashes);
            found.extend(hashes.iter().zip(stage).map(|(hash, name)| {
                let mut places = self.index.places(*hash);
                let place = places.find(|place| self.arena.name(*place) == name.as_bytes())?;
                Some(Name { place, id: self.id(place) })
            }));
            if count < STAGE {
                return;
            }
            names.by_ref().take(STAGE).for_each(drop);
        }
    }

    /// Reads the slots of hashes, then the records that they refer to.
    fn touch(&self, hashes: &[u32]) {
        if hashes.len() > 1 {
            let slots = hashes.iter().fold(0, |all, hash| all ^ self.index.touch(*hash));
            std::hint::black_box(slots);
            let first = |hash: &u32| self.index.places(*hash).next();
            let ids = hashes.iter().filter_map(first).fold(0, |all, place| all ^ self.id(place));
            std::hint::black_box(ids);
        }
    }

    /// Reads the names at places, so that they are in the cache when they are needed.
    pub(super) fn touch_places(&self, places: impl Iterator<Item = u32>) {
        std::hint::black_box(places.fold(0, |all, place| all ^ self.id(place)));
    }

    /// Whether this number of names can be added.
    ///
    /// Cost: O(1).
    pub(super) fn has_room(&self, names: usize) -> bool {
        self.arena.has_room(names)
    }

    /// Adds a new name.
    pub(super) fn add(&mut self, name: &str) -> Name {
        debug_assert!(self.find(name).is_none(), "{name:?} exists");
        let bytes = name.as_bytes();
        if self.len == 0 {
            self.common = bytes.into();
        } else if !bytes.starts_with(&self.common) {
            let alike = bytes.iter().zip(&*self.common).take_while(|(one, other)| one == other);
            self.common = self.common.iter().copied().take(alike.count()).collect();
        }
        let (place, id) = self.arena.add(name);
        self.index.insert(self.hash(name), place);
        self.len += 1;
        Name { place, id }
    }

    /// Removes a name; its place and its id are reused.
    pub(super) fn remove(&mut self, place: u32) {
        let hash = self.hash(self.text(place));
        self.index.remove(hash, place);
        self.arena.remove(place);
        self.len -= 1;
    }

    /// All names, unordered.
    pub(super) fn iter(&self) -> impl Iterator<Item = Name> {
        self.index.all().map(|place| Name { place, id: self.id(place) })
    }

    /// The number of assigned ids, including those that wait to be reused.
    pub(super) const fn ids(&self) -> u32 {
        self.arena.ids()
    }

    /// The bytes of its memory.
    ///
    /// Cost: O(names / 200).
    pub(super) fn memory(&self) -> usize {
        self.arena.memory() + self.index.memory() + self.common.len()
    }
}
