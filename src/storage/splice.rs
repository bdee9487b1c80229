//! What an edit changes of a block, and what the block becomes.
//!
//! Most of a block stays as it is, and its bytes can be copied in runs. Only where its names no
//! longer start alike, or where it becomes too long, too short or wasteful, it is packed anew.

use std::ops::Range;

use super::block::{Block, STAMP_LEN};
use super::block_writer::BlockWriter;
use super::pack::{MAX_LEN, Packer};
use crate::model::error::Result;

/// A block that has more than one stamp without an entry for so many entries is packed anew.
const ENTRIES_PER_UNUSED_STAMP: usize = 8;

/// What a name and payload are expected to take, to begin with; more is no harm.
const TYPICAL_LEN: usize = 32;

/// The changes of a block, in order of their places.
#[derive(Debug, Default)]
pub(super) struct Splices {
    splices: Vec<Splice>,
    /// What is added, in order.
    added: Packer,
    dropped: usize,
}

/// A change at a place of a block.
#[derive(Clone, Copy, Debug)]
struct Splice {
    place: usize,
    /// Whether the entry there goes.
    drops: bool,
    /// How many of the added entries come before what stays from here on.
    added: usize,
}

impl Splices {
    pub(super) fn with_capacity(splices: usize) -> Self {
        let added = Packer::with_capacity(splices * TYPICAL_LEN, splices);
        Self { splices: Vec::with_capacity(splices), added, dropped: 0 }
    }

    /// Where an entry is pushed, before its place is noted.
    pub(super) fn added(&mut self) -> &mut Packer {
        &mut self.added
    }

    /// Puts what was pushed since the last time in front of a place, or in place of what is there.
    pub(super) fn note(&mut self, place: usize, drops: bool) {
        self.dropped += usize::from(drops);
        self.splices.push(Splice { place, drops, added: self.added.len() });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.splices.is_empty()
    }

    /// The places of a block that stay, and the added entries behind each run of them.
    fn parts(&self, len: usize) -> impl Iterator<Item = (Range<usize>, Range<usize>)> {
        let starts = self.splices.iter().map(|splice| splice.place + usize::from(splice.drops));
        let ends = self.splices.iter().map(|splice| splice.place).chain([len]);
        let stay = std::iter::once(0).chain(starts).zip(ends).map(|(start, end)| start..end);
        let before = std::iter::once(0).chain(self.splices.iter().map(|splice| splice.added));
        let behind = self.splices.iter().map(|splice| splice.added).chain([self.added.len()]);
        stay.zip(before.zip(behind).map(|(start, end)| start..end))
    }

    /// All entries, to be packed anew.
    ///
    /// Cost: O(entries of the block and added).
    pub(super) fn unpack(&self, block: Block<'_>) -> Result<Packer> {
        let mut packer = block.packer(self.added.len());
        let unpacking = block.unpack(&mut packer);
        let stamps = packer.stamps_of(&self.added);
        for (stay, added) in self.parts(block.len()) {
            unpacking.copy(stay, &mut packer)?;
            packer.take(&self.added, added, &stamps);
        }
        Ok(packer)
    }

    /// The block with the bytes of what stays; `None` where it has to be packed anew, and where its
    /// bytes do not fit together.
    ///
    /// Cost: O(bytes of the block and added).
    pub(super) fn patch(&self, block: &Block<'_>) -> Option<Vec<u8>> {
        let entries = (block.len() + self.added.len()).checked_sub(self.dropped)?;
        let longest = block.byte_len() + self.added.rest_len(block.prefix().len());
        if block.len() == 0 || longest > MAX_LEN {
            return None;
        }
        let mut stamps = self.stamps_that_stay(block, entries)?.to_vec();
        let numbers = self.add_stamps(&mut stamps);
        let mut writer = BlockWriter::new(entries, block.prefix(), &stamps, longest);
        for (stay, added) in self.parts(block.len()) {
            writer.copy(block, stay)?;
            for (name, stamp, payload) in self.added.entries(added) {
                let number = numbers.get(stamp as usize).copied().unwrap_or_default();
                writer.push(name.strip_prefix(block.prefix())?, number, payload);
            }
        }
        let patched = writer.finish();
        Packer::keeps(patched.len(), entries).then_some(patched)
    }

    /// The stamps of a block without those at the end that no entry has any more, where they are many;
    /// `None` when too many others are without one. And when an entry has one that is not there, which
    /// would be taken for one that is added.
    fn stamps_that_stay<'b>(&self, block: &Block<'b>, entries: usize) -> Option<&'b [u8]> {
        let stamps = block.stamps();
        let len = stamps.len() / STAMP_LEN;
        // Few are no waste, whoever has them.
        if len == 0 || (self.added.is_empty() && len * ENTRIES_PER_UNUSED_STAMP <= entries) {
            return Some(stamps);
        }
        let mut used = vec![false; len];
        for (stay, _) in self.parts(block.len()) {
            for place in stay {
                *used.get_mut(block.entry(place).ok()?.stamp as usize)? = true;
            }
        }
        let kept = used.iter().rposition(|used| *used).map_or(0, |last| last + 1);
        let unused = used.iter().take(kept).filter(|used| !**used).count();
        let wastes = unused * ENTRIES_PER_UNUSED_STAMP > entries;
        if wastes { None } else { stamps.get(..kept * STAMP_LEN) }
    }

    /// Adds the stamps of what is added; tells under which number each is found.
    fn add_stamps(&self, stamps: &mut Vec<u8>) -> Vec<u32> {
        let number = |stamp: [u8; STAMP_LEN]| {
            let known = stamps.chunks_exact(STAMP_LEN).rposition(|known| *known == stamp);
            let number = known.unwrap_or(stamps.len() / STAMP_LEN);
            if known.is_none() {
                stamps.extend_from_slice(&stamp);
            }
            u32::try_from(number).unwrap_or(u32::MAX)
        };
        self.added.stamps().map(number).collect()
    }
}

#[cfg(test)]
mod tests;
