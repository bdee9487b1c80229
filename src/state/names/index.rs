//! An index from the hash of a name to its place: an extendible hash table. Its buckets are shared with snapshots.
//!
//! The first bits of a hash select an entry of the directory, which leads to a bucket. A full bucket is split in two.
//! So adding a name never moves the whole table.

use std::sync::Arc;

/// The slots of a bucket before it is split.
const MAX_SLOTS: usize = 512;
const MIN_SLOTS: usize = 8;
/// The target entries of a bucket in a table that is built for a known number of names: three standard deviations
/// below the size at which it is split.
const USUAL: usize = 330;
/// If the directory has this number of entries for each bucket, it is not doubled any more: a bucket of similar hashes
/// grows instead.
const MAX_SPARSE: usize = 16;

/// The number of entries and the number of common bits of their hashes, then the slots: hash and place plus 1, or 0.
/// The number of slots is a power of two.
type Bucket = Arc<[u64]>;

/// Hashes and places.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    /// For each value of the first `depth` bits of a hash, its bucket.
    directory: Arc<Vec<u32>>,
    buckets: Arc<Vec<Bucket>>,
    depth: u32,
}

fn new_bucket(slots: usize, depth: u32) -> Bucket {
    let mut bucket = vec![0; slots + 1];
    if let Some(head) = bucket.first_mut() {
        *head = u64::from(depth) << 32;
    }
    bucket.into()
}

const fn hash_of(entry: u64) -> u32 {
    (entry >> 32) as u32
}

/// The number of entries of a bucket, and its depth.
fn head(bucket: &[u64]) -> (usize, u32) {
    let head = bucket.first().copied().unwrap_or_default();
    (head as u32 as usize, hash_of(head))
}

/// The entries with a hash in a bucket's slots, from its first possible slot on.
#[inline]
fn probe(slots: &[u64], hash: u32) -> impl Iterator<Item = (usize, u64)> {
    let mask = slots.len().wrapping_sub(1);
    (0..slots.len()).map_while(move |step| {
        let at = (hash as usize).wrapping_add(step) & mask;
        slots.get(at).map(|slot| (at, *slot)).filter(|(_, slot)| *slot != 0)
    })
}

impl Index {
    /// An empty index for this number of names, in most cases without splits.
    pub(super) fn with_room(names: usize) -> Self {
        let buckets = names.div_ceil(USUAL).next_power_of_two();
        if buckets == 1 {
            return Self::default();
        }
        // There are fewer than 2^32 names, so the number of buckets fits.
        let depth = buckets.ilog2();
        let made = (0..buckets).map(|_| new_bucket(MAX_SLOTS, depth)).collect();
        let directory = (0..buckets as u32).collect();
        Self { directory: Arc::new(directory), buckets: Arc::new(made), depth }
    }

    #[inline]
    fn bucket_of(&self, hash: u32) -> usize {
        let entry = if self.depth == 0 { 0 } else { hash >> (32 - self.depth) };
        self.directory.get(entry as usize).copied().unwrap_or_default() as usize
    }

    #[inline]
    fn slots(&self, hash: u32) -> &[u64] {
        let bucket = self.buckets.get(self.bucket_of(hash));
        bucket.and_then(|bucket| bucket.get(1..)).unwrap_or_default()
    }

    /// Reads the slot of a hash, so that it is in the cache when it is needed.
    #[inline]
    pub(super) fn touch(&self, hash: u32) -> u64 {
        let slots = self.slots(hash);
        slots.get(hash as usize & slots.len().wrapping_sub(1)).copied().unwrap_or_default()
    }

    /// The places of names with a hash.
    #[inline]
    pub(super) fn places(&self, hash: u32) -> impl Iterator<Item = u32> {
        let found = probe(self.slots(hash), hash);
        found.filter(move |(_, slot)| hash_of(*slot) == hash).map(|(_, slot)| slot as u32 - 1)
    }

    /// All places, unordered.
    pub(super) fn all(&self) -> impl Iterator<Item = u32> {
        let slots = self.buckets.iter().flat_map(|bucket| bucket.iter().skip(1));
        slots.filter(|slot| **slot != 0).map(|slot| *slot as u32 - 1)
    }

    /// Adds the place of a name that is not in the index.
    pub(super) fn insert(&mut self, hash: u32, place: u32) {
        if self.buckets.is_empty() {
            Arc::make_mut(&mut self.buckets).push(new_bucket(MIN_SLOTS, 0));
            Arc::make_mut(&mut self.directory).push(0);
        }
        loop {
            let at = self.bucket_of(hash);
            let Some(bucket) = Arc::make_mut(&mut self.buckets).get_mut(at) else { return };
            let (entries, depth) = head(bucket);
            let slots = bucket.len() - 1;
            if (entries + 1) * 4 <= slots * 3 {
                return put(Arc::make_mut(bucket), hash, place);
            }
            if slots < MAX_SLOTS || !self.may_split(depth) {
                self.enlarge(at);
            } else {
                self.split(at, depth, hash);
            }
        }
    }

    /// Whether a bucket of this depth may be split.
    fn may_split(&self, depth: u32) -> bool {
        depth < self.depth
            || (depth < 32 && self.directory.len() <= MAX_SPARSE * self.buckets.len())
    }

    /// Doubles the slots of a bucket.
    fn enlarge(&mut self, at: usize) {
        let Some(bucket) = Arc::make_mut(&mut self.buckets).get_mut(at) else { return };
        let (_, depth) = head(bucket);
        let mut larger = new_bucket((bucket.len() - 1) * 2, depth);
        move_all(bucket, Arc::make_mut(&mut larger), |_| true);
        *bucket = larger;
    }

    /// Splits a bucket by the next bit of its hashes; `hash` is one of them.
    fn split(&mut self, at: usize, depth: u32, hash: u32) {
        let buckets = Arc::make_mut(&mut self.buckets);
        let Some(bucket) = buckets.get_mut(at) else { return };
        let bit = 1 << (31 - depth);
        // They have the same size as before, because all hashes may go to one side.
        let slots = bucket.len() - 1;
        let [mut zero, mut one] = [new_bucket(slots, depth + 1), new_bucket(slots, depth + 1)];
        move_all(bucket, Arc::make_mut(&mut zero), |hash| hash & bit == 0);
        move_all(bucket, Arc::make_mut(&mut one), |hash| hash & bit != 0);
        *bucket = zero;
        // Each has some hundred names, and there are fewer than 2^32 names.
        let added = buckets.len() as u32;
        buckets.push(one);
        if depth == self.depth {
            self.directory = Arc::new(self.directory.iter().flat_map(|at| [*at, *at]).collect());
            self.depth += 1;
        }
        let width = 1_usize << (self.depth - depth - 1);
        let first = if depth == 0 { 0 } else { (hash >> (32 - depth)) as usize * 2 * width };
        let moved = Arc::make_mut(&mut self.directory).iter_mut().skip(first + width).take(width);
        moved.for_each(|entry| *entry = added);
    }

    /// Removes the place of a name.
    pub(super) fn remove(&mut self, hash: u32, place: u32) {
        let at = self.bucket_of(hash);
        let Some(bucket) = Arc::make_mut(&mut self.buckets).get_mut(at) else { return };
        let wanted = u64::from(hash) << 32 | u64::from(place + 1);
        let found =
            probe(bucket.get(1..).unwrap_or_default(), hash).find(|(_, slot)| *slot == wanted);
        let Some((at, _)) = found else { return };
        let [head, slots @ ..] = Arc::make_mut(bucket) else { return };
        *head -= 1;
        close_gap(slots, at);
    }

    /// The bytes of its memory.
    pub(super) fn memory(&self) -> usize {
        let slots: usize = self.buckets.iter().map(|bucket| size_of_val(&**bucket) + 16).sum();
        slots + self.buckets.capacity() * size_of::<Bucket>() + self.directory.capacity() * 4
    }
}

/// Adds an entry to a bucket that has room.
fn put(bucket: &mut [u64], hash: u32, place: u32) {
    let [head, slots @ ..] = bucket else { return };
    let mask = slots.len().wrapping_sub(1);
    let mut at = hash as usize & mask;
    while let Some(slot) = slots.get_mut(at) {
        if *slot == 0 {
            *slot = u64::from(hash) << 32 | u64::from(place + 1);
            *head += 1;
            return;
        }
        at = (at + 1) & mask;
    }
}

fn move_all(from: &[u64], to: &mut [u64], goes: impl Fn(u32) -> bool) {
    let entries = from.iter().skip(1).filter(|slot| **slot != 0);
    entries.filter(|slot| goes(hash_of(**slot))).for_each(|slot| {
        put(to, hash_of(*slot), *slot as u32 - 1);
    });
}

/// Empties a slot, and moves later entries that were displaced by it.
fn close_gap(slots: &mut [u64], mut gap: usize) {
    let mask = slots.len().wrapping_sub(1);
    let mut at = gap;
    loop {
        at = (at + 1) & mask;
        let Some(&slot) = slots.get(at).filter(|slot| **slot != 0) else { break };
        let wanted = hash_of(slot) as usize & mask;
        // An entry may move to the gap if the gap is not before its first possible slot.
        if (at.wrapping_sub(wanted) & mask) >= (at.wrapping_sub(gap) & mask) {
            slots.swap(gap, at);
            gap = at;
        }
    }
    if let Some(slot) = slots.get_mut(gap) {
        *slot = 0;
    }
}
