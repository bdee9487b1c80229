//! An index from the hash of a name to its place: an extendible hash table. Its buckets are shared with snapshots.
//!
//! A hash has 32 bits. Its first `depth` bits are the index of an entry of the *directory*, and this entry is the
//! number of a *bucket*. A bucket has a depth of its own, the number of first bits that all its hashes have in common.
//! If the depth of a bucket is lower than that of the directory, several entries in a row lead to it. For example, in a
//! directory of depth 2 the entries 00 and 01 lead to the same bucket if its depth is 1: it has all hashes that begin
//! with 0.
//!
//! A bucket is a small hash table. The last bits of a hash select the first slot to look at. If it is taken, the entry
//! is in one of the slots after it (linear probing). When three quarters of the slots are used, the number of slots is
//! doubled, up to a maximum. After that the bucket is split in two by the next bit of its hashes. If its depth is
//! already that of the directory, the directory is doubled first. So adding a name moves the entries of one bucket, and
//! never those of the whole table.

use std::sync::Arc;

/// The number of slots from which on a full bucket is split, instead of enlarged.
const MAX_SLOTS: usize = 512;
/// The number of slots of the first bucket of an empty table.
const MIN_SLOTS: usize = 8;
/// The maximum average number of entries of a bucket in a table that is built for a known number of names. It is three
/// standard deviations below the 384 entries at which a bucket is split, so few buckets are split while the names are
/// added.
const USUAL: usize = 330;
/// If the directory has more than this number of entries for each bucket, it is not doubled. A bucket whose hashes
/// begin with many equal bits is then enlarged instead of split.
const MAX_SPARSE: usize = 16;

/// First a head: the depth in the upper half, the number of entries in the lower half. Then the slots: 0 if it is
/// empty, else the hash in the upper half, and the place plus 1 in the lower half. The number of slots is a power of
/// two.
type Bucket = Arc<[u64]>;

/// Hashes and places.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    /// For each value of the first `depth` bits of a hash, the number of its bucket.
    directory: Arc<Vec<u32>>,
    buckets: Arc<Vec<Bucket>>,
    /// The directory has 2^`depth` entries.
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

/// The used slots of a bucket, with their indexes, from the first possible slot of a hash up to the next empty slot.
/// All entries with this hash are among them.
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

    /// Splits a bucket by the next bit of its hashes; `hash` is a hash that leads to it. The entries with 0 stay in the
    /// bucket, and those with 1 are moved to a new one.
    fn split(&mut self, at: usize, depth: u32, hash: u32) {
        let buckets = Arc::make_mut(&mut self.buckets);
        let Some(bucket) = buckets.get_mut(at) else { return };
        let bit = 1 << (31 - depth);
        // Both have as many slots as the old one, because all its entries may go into one of them.
        let slots = bucket.len() - 1;
        let [mut zero, mut one] = [new_bucket(slots, depth + 1), new_bucket(slots, depth + 1)];
        move_all(bucket, Arc::make_mut(&mut zero), |hash| hash & bit == 0);
        move_all(bucket, Arc::make_mut(&mut one), |hash| hash & bit != 0);
        *bucket = zero;
        // A bucket has hundreds of names, and there are fewer than 2^32 names.
        let added = buckets.len() as u32;
        buckets.push(one);
        if depth == self.depth {
            // Each entry is doubled: both lead to the bucket of the old one.
            self.directory = Arc::new(self.directory.iter().flat_map(|at| [*at, *at]).collect());
            self.depth += 1;
        }
        // The old bucket has `2 * width` entries of the directory, from `first` on. The second half is for the new one.
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

/// Copies the entries of a bucket whose hashes are accepted by `goes` to another bucket.
fn move_all(from: &[u64], to: &mut [u64], goes: impl Fn(u32) -> bool) {
    let entries = from.iter().skip(1).filter(|slot| **slot != 0);
    entries.filter(|slot| goes(hash_of(**slot))).for_each(|slot| {
        put(to, hash_of(*slot), *slot as u32 - 1);
    });
}

/// Empties a slot. Entries after it that could be in it are moved, so that no search for them ends at the empty slot.
fn close_gap(slots: &mut [u64], mut gap: usize) {
    let mask = slots.len().wrapping_sub(1);
    let mut at = gap;
    loop {
        at = (at + 1) & mask;
        let Some(&slot) = slots.get(at).filter(|slot| **slot != 0) else { break };
        let wanted = hash_of(slot) as usize & mask;
        // An entry may move into the gap if its first possible slot is not after the gap. Distances are counted
        // backwards from the entry, around the end of the slots.
        if (at.wrapping_sub(wanted) & mask) >= (at.wrapping_sub(gap) & mask) {
            slots.swap(gap, at);
            gap = at;
        }
    }
    if let Some(slot) = slots.get_mut(gap) {
        *slot = 0;
    }
}
