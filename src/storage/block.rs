//! A block: entries of one owner, in order of their names, packed into one row.
//!
//! A batch changes many links of one view, and a fold many posting lists of one project. As a row
//! each they would be looked up and written one by one; in blocks they are merged, some 100 at a
//! time. Names that start alike say it once, and entries that were made by one change share its
//! time and revision, their *stamp*.
//!
//! ```text
//! format u8 | entries u16 | prefix length u16 | stamps u16 | prefix
//! stamps     time u64, revision u64, each
//! directory  u16 for each entry: where it starts in what follows
//! entries    length of the rest of the name varint | rest of the name | stamp varint | payload
//! ```
//!
//! All little-endian, varints with seven bits a byte. The directory lets a look-up halve its way
//! without reading the entries before. Entries without a stamp, where there are none, say 0.

use std::cmp::Ordering;
use std::ops::Range;

use super::pack::Packer;
use super::varint;
use crate::model::error::{Error, Result, StoreFile};
use crate::model::key::MAX_KEY_LEN;
use crate::model::time::Timestamp;

/// The version of the layout that is written.
pub(super) const FORMAT: u8 = 1;
/// The bytes in front of the prefix.
pub(super) const HEADER_LEN: usize = 7;
/// The bytes of a stamp.
pub(super) const STAMP_LEN: usize = 16;
/// The bytes of a place in the directory.
pub(super) const PLACE_LEN: usize = 2;

/// The bytes of the longest name: an environment id, a separator and a key.
const MAX_NAME_LEN: usize = 2 * MAX_KEY_LEN + 1;

/// When an entry was made, and by which revision.
pub(super) type Stamp = (Timestamp, u64);

/// The entries of a block, read where they stand.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Block<'a> {
    len: usize,
    prefix: &'a [u8],
    stamps: &'a [u8],
    directory: &'a [u8],
    entries: &'a [u8],
}

/// What a block says of a name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'a> {
    /// The name without the prefix.
    rest: &'a [u8],
    /// Which of the block's stamps it has.
    pub(super) stamp: u32,
    pub(super) payload: &'a [u8],
}

impl<'a> Block<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self> {
        Self::split(bytes).ok_or_else(damaged)
    }

    fn split(bytes: &'a [u8]) -> Option<Self> {
        let (header, rest) = bytes.split_first_chunk::<HEADER_LEN>()?;
        let [format, l0, l1, p0, p1, s0, s1] = *header;
        let length = |low, high| usize::from(u16::from_le_bytes([low, high]));
        let len = length(l0, l1);
        let (prefix, rest) = rest.split_at_checked(length(p0, p1))?;
        let (stamps, rest) = rest.split_at_checked(length(s0, s1) * STAMP_LEN)?;
        let (directory, entries) = rest.split_at_checked(len * PLACE_LEN)?;
        (format == FORMAT && prefix.len() <= MAX_NAME_LEN).then_some(Self {
            len,
            prefix,
            stamps,
            directory,
            entries,
        })
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// How many bytes it has.
    pub(super) fn byte_len(&self) -> usize {
        let (names, entries) = (self.prefix.len(), self.entries.len());
        HEADER_LEN + names + self.stamps.len() + self.directory.len() + entries
    }

    /// What all names start with.
    pub(super) fn prefix(&self) -> &'a [u8] {
        self.prefix
    }

    /// The bytes of its entries.
    pub(super) fn entries(&self) -> &'a [u8] {
        self.entries
    }

    /// The bytes of its stamps.
    pub(super) fn stamps(&self) -> &'a [u8] {
        self.stamps
    }

    /// Where the entry at a place starts; where they end, for the place behind the last one.
    pub(super) fn start(&self, place: usize) -> Option<usize> {
        if place == self.len {
            return Some(self.entries.len());
        }
        let bytes = self.directory.get(place * PLACE_LEN..)?.first_chunk()?;
        Some(usize::from(u16::from_le_bytes(*bytes)))
    }

    /// The name at a place without the prefix, and what follows it.
    fn rest(&self, place: usize) -> Result<(&'a [u8], &'a [u8])> {
        let rest = || {
            let bytes = self.entries.get(self.start(place)?..self.start(place + 1)?)?;
            let (length, bytes) = varint::split(bytes)?;
            bytes.split_at_checked(length as usize)
        };
        rest().ok_or_else(damaged)
    }

    /// The entry at a place, which is below the number of entries.
    pub(super) fn entry(&self, place: usize) -> Result<Entry<'a>> {
        let (rest, bytes) = self.rest(place)?;
        let (stamp, payload) = varint::split(bytes).ok_or_else(damaged)?;
        Ok(Entry { rest, stamp, payload })
    }

    /// The stamp of one of its entries.
    pub(super) fn stamp_of(&self, entry: &Entry<'_>) -> Result<Stamp> {
        let start = (entry.stamp as usize).saturating_mul(STAMP_LEN);
        let bytes = self.stamps.get(start..).and_then(|bytes| bytes.get(..STAMP_LEN));
        Ok(stamp(bytes.ok_or_else(damaged)?))
    }

    /// The name of the entry at a place.
    pub(super) fn name(&self, place: usize) -> Result<Vec<u8>> {
        Ok([self.prefix, self.rest(place)?.0].concat())
    }

    /// Where the entry with this name is, or else the first one behind it; not before `from`.
    ///
    /// Cost: O(log entries).
    pub(super) fn find(&self, from: usize, name: &[u8]) -> Result<Result<usize, usize>> {
        let Some(rest) = name.strip_prefix(self.prefix) else {
            return Ok(Err(if name < self.prefix { from } else { self.len }));
        };
        let (mut low, mut high) = (from, self.len);
        while low < high {
            let middle = low.midpoint(high);
            match self.rest(middle)?.0.cmp(rest) {
                Ordering::Less => low = middle + 1,
                Ordering::Equal => return Ok(Ok(middle)),
                Ordering::Greater => high = middle,
            }
        }
        Ok(Err(low))
    }

    /// A packer with room for its entries and some more.
    pub(super) fn packer(&self, more: usize) -> Packer {
        let (entries, bytes) = (self.len + more, self.entries.len() + self.len * self.prefix.len());
        let typical = bytes / self.len.max(1) + 32;
        Packer::with_capacity(bytes + more * typical, entries)
    }

    /// Lets its entries be packed anew.
    pub(super) fn unpack(self, packer: &mut Packer) -> Unpacking<'a> {
        let stamps = self.stamps.chunks_exact(STAMP_LEN).map(stamp);
        Unpacking { block: self, stamps: stamps.map(|stamp| packer.stamp(stamp)).collect() }
    }

    /// Adds all its entries behind those of a packer.
    pub(super) fn unpack_all(self, packer: &mut Packer) -> Result<()> {
        let len = self.len;
        self.unpack(packer).copy(0..len, packer)
    }
}

/// A block whose entries are being packed anew.
pub(super) struct Unpacking<'a> {
    block: Block<'a>,
    /// What the packer calls the block's stamps.
    stamps: Vec<u32>,
}

impl Unpacking<'_> {
    /// Adds the entries at some places behind all others of the packer.
    pub(super) fn copy(&self, places: Range<usize>, packer: &mut Packer) -> Result<()> {
        let before = places.start.checked_sub(1).map(|place| self.block.rest(place)).transpose()?;
        let mut last = before.map(|(rest, _)| rest);
        for place in places {
            let entry = self.block.entry(place)?;
            // Packed as it is, a block that is not in order would become one of other names.
            if last.replace(entry.rest).is_some_and(|last| last >= entry.rest) {
                return Err(damaged());
            }
            let stamp = match self.stamps.get(entry.stamp as usize) {
                Some(&stamp) => stamp,
                None if self.stamps.is_empty() => 0,
                None => return Err(damaged()),
            };
            packer.push(&[self.block.prefix, entry.rest], stamp, entry.payload);
        }
        Ok(())
    }
}

fn stamp(bytes: &[u8]) -> Stamp {
    let number = |bytes: &[u8]| bytes.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
    let (time, revision) = bytes.split_at(STAMP_LEN / 2);
    (Timestamp::from_millis(number(time)), number(revision))
}

pub(super) fn damaged() -> Error {
    Error::damaged(StoreFile::State, "block", "its bytes do not fit together")
}

#[cfg(test)]
mod tests;
