//! Sets of ids as bits. Two sets are compared by whole blocks, without reading names or postings.

use super::shared_vec::SharedVec;

/// The words of a block, and the number of its ids.
const WORDS: usize = 8;
const IDS: u32 = 64 * WORDS as u32;

/// The bits of consecutive ids.
pub(super) type Block = [u64; WORDS];

/// A set of ids. Cloning is O(1).
#[derive(Clone, Debug, Default)]
pub(super) struct IdSet {
    blocks: SharedVec<Block>,
    /// The end of the last block that was written.
    end: u32,
}

impl IdSet {
    /// The set of these ids.
    pub(super) fn new(ids: impl Iterator<Item = u32>) -> Self {
        let mut set = Self::default();
        set.change(ids, |word, bit| *word |= bit);
        set
    }

    /// Adds ids. For ids that are in the set nothing is written, so their blocks stay shared with clones.
    pub(super) fn insert(&mut self, ids: impl Iterator<Item = u32>) {
        let ids: Vec<u32> = ids.filter(|id| !self.contains(*id)).collect();
        self.change(ids.into_iter(), |word, bit| *word |= bit);
    }

    /// Removes ids. For ids that are not in the set nothing is written, and no block is created.
    pub(super) fn remove(&mut self, ids: impl Iterator<Item = u32>) {
        let ids: Vec<u32> = ids.filter(|id| self.contains(*id)).collect();
        self.change(ids.into_iter(), |word, bit| *word &= !bit);
    }

    fn contains(&self, id: u32) -> bool {
        let (block, within) = (id / IDS, id % IDS);
        let word = self.blocks.get(block).and_then(|words| words.get((within / 64) as usize));
        word.is_some_and(|word| word >> (within % 64) & 1 == 1)
    }

    fn change(&mut self, ids: impl Iterator<Item = u32>, change: impl Fn(&mut u64, u64)) {
        let mut blocks = self.blocks.writer();
        for id in ids {
            let (block, within) = (id / IDS, id % IDS);
            self.end = self.end.max(block + 1);
            if let Some(word) = blocks.get_mut(block).get_mut((within / 64) as usize) {
                change(word, 1 << (within % 64));
            }
        }
    }

    /// The number of blocks; all later blocks are empty.
    pub(super) const fn blocks(&self) -> u32 {
        self.end
    }

    /// The bits of a block.
    #[inline]
    pub(super) fn block(&self, block: u32) -> Block {
        self.blocks.get(block).copied().unwrap_or_default()
    }

    /// The ids, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = u32> {
        (0..self.end).flat_map(|block| {
            let words = (0..).zip(self.block(block));
            words.flat_map(move |(at, word)| {
                let first = block * IDS + at * 64;
                (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| first + bit)
            })
        })
    }

    /// The number of ids.
    ///
    /// Cost: O(ids / 512).
    pub(super) fn count(&self) -> u64 {
        let words = (0..self.end).flat_map(|block| self.block(block));
        words.map(|word| u64::from(word.count_ones())).sum()
    }

    /// The bytes that it references.
    pub(super) fn memory(&self) -> usize {
        self.blocks.memory()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_that_does_not_change_stays_shared_with_a_clone() {
        let mut set = IdSet::new([1, 600].into_iter());
        let before = set.clone();
        let is_shared = |set: &IdSet, block| {
            let blocks = [set, &before].map(|set| set.blocks.get(block).unwrap());
            std::ptr::eq(blocks[0], blocks[1])
        };
        set.insert([1, 600].into_iter());
        set.remove([2, 601].into_iter());
        assert!(is_shared(&set, 0) && is_shared(&set, 1));
        set.insert([2, 600].into_iter());
        assert!(!is_shared(&set, 0));
        assert_eq!(set.iter().collect::<Vec<_>>(), [1, 2, 600]);
        assert_eq!(before.iter().collect::<Vec<_>>(), [1, 600]);
    }
}
