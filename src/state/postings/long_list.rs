//! Sorted numbers in chunks: the views of a resource that is in many, and the names whose links keys hold.

use std::sync::Arc;

/// The maximum slots of a chunk.
const CHUNK: usize = 512;
/// A chunk with fewer slots is merged with a neighbour.
const SMALL: usize = CHUNK / 8;

/// Sorted slots in chunks that are shared with snapshots. If it is not a list, it contains the next free place.
#[derive(Clone, Debug, Default)]
pub(in crate::state) struct LongList {
    /// No chunk is empty.
    chunks: Vec<Arc<Vec<u32>>>,
    len: usize,
    next_free: u32,
}

impl LongList {
    pub(in crate::state) fn new(slots: &[u32]) -> Self {
        let chunks = slots.chunks(CHUNK).map(|chunk| Arc::new(chunk.to_vec())).collect();
        Self { chunks, len: slots.len(), next_free: 0 }
    }

    /// Not a list: the place is free, and `next` is the next free place.
    pub(super) const fn free(next: u32) -> Self {
        Self { chunks: Vec::new(), len: 0, next_free: next }
    }

    pub(super) const fn next_free(&self) -> u32 {
        self.next_free
    }

    pub(in crate::state) const fn len(&self) -> usize {
        self.len
    }

    pub(in crate::state) fn iter(&self) -> impl Iterator<Item = u32> {
        self.lists().flatten().copied()
    }

    /// The slots, chunk by chunk.
    pub(super) fn lists(&self) -> impl Iterator<Item = &[u32]> {
        self.chunks.iter().map(|chunk| chunk.as_slice())
    }

    /// The chunk that has a slot or must get it.
    fn chunk_of(&self, slot: u32) -> usize {
        let begins = |chunk: &Arc<Vec<u32>>| chunk.first().is_some_and(|first| *first <= slot);
        self.chunks.partition_point(begins).saturating_sub(1)
    }

    pub(in crate::state) fn contains(&self, slot: u32) -> bool {
        let chunk = self.chunks.get(self.chunk_of(slot));
        chunk.is_some_and(|chunk| chunk.binary_search(&slot).is_ok())
    }

    /// Adds a slot; returns whether it was absent.
    pub(in crate::state) fn insert(&mut self, slot: u32) -> bool {
        let at = self.chunk_of(slot);
        let Some(chunk) = self.chunks.get_mut(at) else {
            *self = Self::new(&[slot]);
            return true;
        };
        let Err(place) = chunk.binary_search(&slot) else { return false };
        let chunk = Arc::make_mut(chunk);
        chunk.insert(place, slot);
        self.len += 1;
        if chunk.len() > CHUNK {
            // Slots are usually added in order. A list that grows only at its end keeps full chunks this way.
            let half = if place == CHUNK { CHUNK } else { CHUNK / 2 };
            let later = chunk.split_off(half);
            self.chunks.insert(at + 1, Arc::new(later));
        }
        true
    }

    /// Removes a slot; returns whether it existed.
    pub(in crate::state) fn remove(&mut self, slot: u32) -> bool {
        let at = self.chunk_of(slot);
        let Some(chunk) = self.chunks.get_mut(at) else { return false };
        let Ok(place) = chunk.binary_search(&slot) else { return false };
        let chunk = Arc::make_mut(chunk);
        chunk.remove(place);
        self.len -= 1;
        if chunk.len() < SMALL {
            self.join(at);
        }
        true
    }

    /// Merges a chunk with the one before it, or the first chunk with the one after it.
    fn join(&mut self, at: usize) {
        let first = at.saturating_sub(1);
        let [before, later] =
            [first, first + 1].map(|at| self.chunks.get(at).map_or(0, |c| c.len()));
        if before + later <= CHUNK && first + 1 < self.chunks.len() {
            let later = self.chunks.remove(first + 1);
            if let Some(chunk) = self.chunks.get_mut(first) {
                Arc::make_mut(chunk).extend_from_slice(&later);
            }
        }
    }

    /// The bytes that it references.
    pub(in crate::state) fn memory(&self) -> usize {
        let chunks: usize = self.chunks.iter().map(|chunk| 40 + chunk.capacity() * 4).sum();
        chunks + self.chunks.capacity() * size_of::<Arc<Vec<u32>>>()
    }
}
