//! Entries on their way into blocks.

use std::ops::Range;

use super::block::{HEADER_LEN, PLACE_LEN, STAMP_LEN, Stamp};
use super::block_writer::BlockWriter;
use super::varint;

/// A block of more bytes is divided. With a key of usual length it fits a page of the database,
/// which has 4 KiB.
pub(super) const MAX_LEN: usize = 3_600;
/// What is divided leaves room in each part, so that the next link does not divide it again.
const FULL_LEN: usize = MAX_LEN / 4 * 3;
/// A block with fewer bytes is put together with a neighbour, where both fit.
const MIN_LEN: usize = MAX_LEN / 4;

/// Entries in order of their names, to be packed.
#[derive(Clone, Debug, Default)]
pub(super) struct Packer {
    /// Names and payloads, one after the other.
    bytes: Vec<u8>,
    entries: Vec<Packed>,
    stamps: Vec<Stamp>,
}

/// Where an entry stands in the bytes.
#[derive(Clone, Copy, Debug)]
struct Packed {
    start: usize,
    name_end: usize,
    end: usize,
    stamp: u32,
}

impl Packer {
    /// With room for about as much as a block of so many bytes and entries holds.
    pub(super) fn with_capacity(bytes: usize, entries: usize) -> Self {
        let (bytes, entries) = (Vec::with_capacity(bytes), Vec::with_capacity(entries));
        Self { bytes, entries, stamps: Vec::new() }
    }

    /// The number under which entries refer to a time and revision.
    pub(super) fn stamp(&mut self, stamp: Stamp) -> u32 {
        let known = self.stamps.iter().rposition(|known| *known == stamp);
        let number = known.unwrap_or(self.stamps.len());
        if number == self.stamps.len() {
            self.stamps.push(stamp);
        }
        u32::try_from(number).unwrap_or(u32::MAX)
    }

    /// Adds an entry behind all others; its name in parts.
    pub(super) fn push(&mut self, name: &[&[u8]], stamp: u32, payload: &[u8]) {
        let start = self.bytes.len();
        for part in name {
            self.bytes.extend_from_slice(part);
        }
        let name_end = self.bytes.len();
        self.bytes.extend_from_slice(payload);
        self.entries.push(Packed { start, name_end, end: self.bytes.len(), stamp });
    }

    /// Adds the entries of another packer behind all others.
    pub(super) fn append(&mut self, other: &Self) {
        let stamps = self.stamps_of(other);
        self.take(other, 0..other.len(), &stamps);
    }

    /// The numbers that the stamps of another packer have in this one.
    pub(super) fn stamps_of(&mut self, other: &Self) -> Vec<u32> {
        other.stamps.iter().map(|&stamp| self.stamp(stamp)).collect()
    }

    /// Adds entries of another packer behind all others, by the numbers of its stamps.
    pub(super) fn take(&mut self, other: &Self, places: Range<usize>, stamps: &[u32]) {
        for (name, stamp, payload) in other.entries(places) {
            let stamp = stamps.get(stamp as usize).copied().unwrap_or_default();
            self.push(&[name], stamp, payload);
        }
    }

    /// The name, stamp and payload of the entries at some places.
    pub(super) fn entries(
        &self,
        places: Range<usize>,
    ) -> impl Iterator<Item = (&[u8], u32, &[u8])> {
        let entries = self.entries.get(places).unwrap_or_default();
        entries.iter().map(|entry| (self.name(entry), entry.stamp, self.payload(entry)))
    }

    /// The bytes of its stamps, by their numbers.
    pub(super) fn stamps(&self) -> impl Iterator<Item = [u8; STAMP_LEN]> {
        self.stamps.iter().map(|&stamp| bytes_of(stamp))
    }

    /// How many bytes names and payloads take without so many of each name.
    pub(super) fn rest_len(&self, prefix: usize) -> usize {
        self.bytes.len().saturating_sub(self.len() * prefix)
    }

    /// Whether a block of so many bytes and entries can stay one: it is neither to be divided nor to
    /// be put together with a neighbour.
    pub(super) fn keeps(block: usize, entries: usize) -> bool {
        // The length of a rest is expected to take two bytes, and mostly takes one.
        (MIN_LEN..=MAX_LEN).contains(&(block + entries))
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn name(&self, entry: &Packed) -> &[u8] {
        self.bytes.get(entry.start..entry.name_end).unwrap_or_default()
    }

    fn payload(&self, entry: &Packed) -> &[u8] {
        self.bytes.get(entry.name_end..entry.end).unwrap_or_default()
    }

    /// Whether these entries are so few that they should not have a block of their own.
    pub(super) fn is_small(&self) -> bool {
        self.packed_len() < MIN_LEN
    }

    /// Whether these entries are packed into one block that has room left.
    pub(super) fn is_roomy(&self) -> bool {
        self.packed_len() <= FULL_LEN
    }

    /// About how many bytes an entry takes besides its stamp.
    fn len_of(entry: &Packed, prefix: usize) -> usize {
        let rest = entry.end - entry.start - prefix;
        PLACE_LEN + LENGTH_LEN + rest + varint::len(entry.stamp)
    }

    /// About how many bytes all of them take; those of a part are never more.
    fn packed_len(&self) -> usize {
        let prefix = self.prefix_len(&self.entries);
        let entries: usize = self.entries.iter().map(|entry| Self::len_of(entry, prefix)).sum();
        HEADER_LEN + prefix + self.stamps.len() * STAMP_LEN + entries
    }

    /// How many bytes the names of a part start with that are the same in all of them. The names
    /// are in order, so the first and the last tell.
    fn prefix_len(&self, part: &[Packed]) -> usize {
        let (Some(first), Some(last)) = (part.first(), part.last()) else { return 0 };
        let (first, last) = (self.name(first), self.name(last));
        first.iter().zip(last).take_while(|(one, other)| one == other).count()
    }

    /// Packs all entries into blocks, each with the name of its first entry.
    pub(super) fn pack(&self) -> impl Iterator<Item = (&[u8], Vec<u8>)> {
        let limit = if self.packed_len() <= MAX_LEN { usize::MAX } else { self.even_len() };
        let mut rest = &self.entries[..];
        std::iter::from_fn(move || {
            let first = rest.first()?;
            let (part, behind) = rest.split_at(self.fitting(rest, limit));
            rest = behind;
            Some((self.name(first), self.pack_part(part)))
        })
    }

    /// The length of a part when all parts have the same.
    fn even_len(&self) -> usize {
        let len = self.packed_len();
        let of_each = HEADER_LEN + self.prefix_len(&self.entries) + STAMP_LEN;
        len.div_ceil(len.div_ceil(FULL_LEN)) + of_each
    }

    /// How many entries from the front have `limit` bytes, one at least.
    fn fitting(&self, entries: &[Packed], limit: usize) -> usize {
        if limit == usize::MAX {
            return entries.len();
        }
        let prefix = self.prefix_len(&self.entries);
        let mut len = HEADER_LEN + prefix;
        let mut stamp = None;
        let fits = |entry: &&Packed| {
            len += Self::len_of(entry, prefix);
            len += usize::from(stamp.replace(entry.stamp) != Some(entry.stamp)) * STAMP_LEN;
            len <= limit
        };
        entries.iter().take_while(fits).count().max(1)
    }

    fn pack_part(&self, part: &[Packed]) -> Vec<u8> {
        let prefix_len = self.prefix_len(part);
        let prefix = part.first().and_then(|first| self.name(first).get(..prefix_len));
        let (numbers, stamps) = self.stamps_of_part(part);
        let capacity = part.iter().map(|entry| Self::len_of(entry, prefix_len)).sum();
        let mut block = BlockWriter::new(part.len(), prefix.unwrap_or_default(), &stamps, capacity);
        for entry in part {
            let rest = self.name(entry).get(prefix_len..).unwrap_or_default();
            let number = numbers.get(entry.stamp as usize).copied().flatten();
            block.push(rest, number.unwrap_or_default(), self.payload(entry));
        }
        block.finish()
    }

    /// The stamps that a part has: the number of each in the block, and their bytes.
    fn stamps_of_part(&self, part: &[Packed]) -> (Vec<Option<u32>>, Vec<u8>) {
        let mut numbers = vec![None; self.stamps.len()];
        let (mut bytes, mut next) = (Vec::new(), 0);
        for entry in part {
            let place = entry.stamp as usize;
            if let (Some(number @ None), Some(&stamp)) =
                (numbers.get_mut(place), self.stamps.get(place))
            {
                *number = Some(next);
                next += 1;
                bytes.extend_from_slice(&bytes_of(stamp));
            }
        }
        (numbers, bytes)
    }
}

/// A stamp as a block has it.
fn bytes_of((time, revision): Stamp) -> [u8; STAMP_LEN] {
    let bytes = u128::from(time.as_millis()) | u128::from(revision) << 64;
    bytes.to_le_bytes()
}

/// The bytes of the length of the rest of a name, which has at most 513.
const LENGTH_LEN: usize = 2;

#[cfg(test)]
mod tests;
