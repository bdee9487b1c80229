//! Entries on their way into blocks.

use super::block::{FORMAT, HEADER_LEN, PLACE_LEN, STAMP_LEN, Stamp};
use super::varint;

/// A block of more bytes is divided. With a key of usual length it fits a page of the database,
/// which has 4 KiB.
const MAX_LEN: usize = 3_600;
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
        let stamps: Vec<u32> = other.stamps.iter().map(|&stamp| self.stamp(stamp)).collect();
        for entry in &other.entries {
            let stamp = stamps.get(entry.stamp as usize).copied().unwrap_or_default();
            self.push(&[other.name(entry)], stamp, other.payload(entry));
        }
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
        let (numbers, stamps) = self.stamps_of(part);
        let payload = part.iter().map(|entry| Self::len_of(entry, prefix_len)).sum::<usize>();
        let mut block =
            Vec::with_capacity(HEADER_LEN + prefix_len + stamps.len() + payload + part.len());
        block.push(FORMAT);
        block.extend_from_slice(&short(part.len()));
        block.extend_from_slice(&short(prefix_len));
        block.extend_from_slice(&short(stamps.len() / STAMP_LEN));
        block.extend_from_slice(prefix.unwrap_or_default());
        block.extend_from_slice(&stamps);
        let mut directory = block.len();
        block.resize(directory + part.len() * PLACE_LEN, 0);
        let entries = block.len();
        for entry in part {
            let start = short(block.len() - entries);
            if let Some(place) = block.get_mut(directory..directory + PLACE_LEN) {
                place.copy_from_slice(&start);
            }
            directory += PLACE_LEN;
            let rest = self.name(entry).get(prefix_len..).unwrap_or_default();
            varint::push(&mut block, u32::try_from(rest.len()).unwrap_or(u32::MAX));
            block.extend_from_slice(rest);
            let number = numbers.get(entry.stamp as usize).copied().flatten();
            varint::push(&mut block, number.unwrap_or_default());
            block.extend_from_slice(self.payload(entry));
        }
        block
    }

    /// The stamps that a part has: the number of each in the block, and their bytes.
    fn stamps_of(&self, part: &[Packed]) -> (Vec<Option<u32>>, Vec<u8>) {
        let mut numbers = vec![None; self.stamps.len()];
        let (mut bytes, mut next) = (Vec::new(), 0);
        for entry in part {
            let place = entry.stamp as usize;
            if let (Some(number @ None), Some((time, revision))) =
                (numbers.get_mut(place), self.stamps.get(place))
            {
                *number = Some(next);
                next += 1;
                bytes.extend_from_slice(&time.as_millis().to_le_bytes());
                bytes.extend_from_slice(&revision.to_le_bytes());
            }
        }
        (numbers, bytes)
    }
}

/// The bytes of the length of the rest of a name, which has at most 513.
const LENGTH_LEN: usize = 2;

/// A number of entries, of bytes of a name, or of bytes in front of an entry. What is divided has at
/// most [`MAX_LEN`] bytes, and an entry that alone is longer has none in front.
fn short(number: usize) -> [u8; 2] {
    u16::try_from(number).unwrap_or(u16::MAX).to_le_bytes()
}

#[cfg(test)]
mod tests;
