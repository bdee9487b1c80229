//! The bytes of a block, entry by entry.

use std::ops::Range;

use super::block::{Block, FORMAT, HEADER_LEN, PLACE_LEN, STAMP_LEN};
use super::varint;

/// Writes a [`Block`].
#[derive(Debug)]
pub(super) struct BlockWriter {
    bytes: Vec<u8>,
    /// Where the place of the next entry is to be written.
    directory: usize,
    /// Where the entries begin.
    entries: usize,
}

impl BlockWriter {
    /// Begins a block of so many entries, which take about `capacity` bytes.
    pub(super) fn new(len: usize, prefix: &[u8], stamps: &[u8], capacity: usize) -> Self {
        let directory = HEADER_LEN + prefix.len() + stamps.len();
        let entries = directory + len * PLACE_LEN;
        let mut bytes = Vec::with_capacity(entries + capacity);
        bytes.push(FORMAT);
        bytes.extend_from_slice(&short(len));
        bytes.extend_from_slice(&short(prefix.len()));
        bytes.extend_from_slice(&short(stamps.len() / STAMP_LEN));
        bytes.extend_from_slice(prefix);
        bytes.extend_from_slice(stamps);
        bytes.resize(entries, 0);
        Self { bytes, directory, entries }
    }

    fn place(&mut self, start: usize) {
        if let Some(place) = self.bytes.get_mut(self.directory..self.directory + PLACE_LEN) {
            place.copy_from_slice(&short(start));
        }
        self.directory += PLACE_LEN;
    }

    /// Adds an entry behind all others.
    pub(super) fn push(&mut self, rest: &[u8], stamp: u32, payload: &[u8]) {
        self.place(self.bytes.len() - self.entries);
        varint::push(&mut self.bytes, u32::try_from(rest.len()).unwrap_or(u32::MAX));
        self.bytes.extend_from_slice(rest);
        varint::push(&mut self.bytes, stamp);
        self.bytes.extend_from_slice(payload);
    }

    /// Adds entries of a block with the same prefix, in which the stamps have the same numbers; `None`
    /// where they do not fit together.
    pub(super) fn copy(&mut self, block: &Block<'_>, places: Range<usize>) -> Option<()> {
        let (from, to) = (block.start(places.start)?, block.start(places.end)?);
        let behind = self.bytes.len() - self.entries;
        for place in places {
            let start = block.start(place)?.checked_sub(from)?;
            self.place(behind + start);
        }
        self.bytes.extend_from_slice(block.entries().get(from..to)?);
        Some(())
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

/// A number of entries, of bytes of a name, or of bytes in front of an entry. What is divided is
/// short, and an entry that alone is longer has none in front.
fn short(number: usize) -> [u8; 2] {
    u16::try_from(number).unwrap_or(u16::MAX).to_le_bytes()
}
