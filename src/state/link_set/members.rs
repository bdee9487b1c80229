//! Which ids are linked, as bits, of a set that is large: questions over large sets are answered a block of bits
//! at a time, without a look at names or postings.

use crate::state::shared_vec::SharedVec;

/// A set with fewer links has no bits; in tests of the state small ones have some.
const LEAST: u64 = if cfg!(test) { 16 } else { 4_096 };
/// Bits are made once one of so many ids is linked, and dropped when only one of twice as many is: a link takes
/// at most as many bits of memory.
const DENSE: u64 = 32;

/// The words of a block, and the ids it is about.
const WORDS: usize = 8;
const IDS: u32 = 64 * WORDS as u32;

/// Bits of ids that follow each other.
pub(in crate::state) type Block = [u64; WORDS];

/// The ids of a large set. Cloning is O(1).
#[derive(Clone, Debug, Default)]
pub(in crate::state) struct Members {
    blocks: SharedVec<Block>,
    /// Behind the last block that was ever written.
    end: u32,
}

impl Members {
    /// Whether a set of so many links, of so many ids, is to have bits; `has` tells whether it has some.
    pub(super) const fn suit(len: u64, ids: u32, has: bool) -> bool {
        let sparse = if has { 2 } else { 1 };
        len * sparse >= LEAST && len * DENSE * sparse >= ids as u64
    }

    /// The bits of these ids.
    pub(super) fn new(ids: impl Iterator<Item = u32>) -> Self {
        let mut members = Self::default();
        members.change(ids, |word, bit| *word |= bit);
        members
    }

    pub(super) fn insert(&mut self, ids: impl Iterator<Item = u32>) {
        self.change(ids, |word, bit| *word |= bit);
    }

    pub(super) fn remove(&mut self, ids: impl Iterator<Item = u32>) {
        self.change(ids, |word, bit| *word &= !bit);
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

    /// How many blocks there are; those behind them are empty.
    pub(in crate::state) const fn blocks(&self) -> u32 {
        self.end
    }

    /// The bits of a block.
    #[inline]
    pub(in crate::state) fn block(&self, block: u32) -> Block {
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

    pub(super) fn memory(&self) -> usize {
        self.blocks.memory()
    }
}
