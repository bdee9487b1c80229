//! A block: some links of a view, in key order, packed into one row.
//!
//! A batch changes many links of one view. As a row each they would be looked up and written one by
//! one; in blocks they are merged, some 150 at a time. Names that start alike say it once, and
//! links that were made by one change share its time and revision.
//!
//! ```text
//! format u8 | links u16 | prefix length u16 | stamps u16 | prefix
//! stamps     time u64, revision u64, each
//! directory  u16 for each link: where it starts in what follows
//! links      stamp varint | place in the request varint | rest of the name
//! ```
//!
//! All little-endian, varints with seven bits a byte. The directory lets a look-up halve its way
//! without reading the links before.

use std::cmp::Ordering;
use std::ops::Range;

use super::pack::Packer;
use super::records::LinkRecord;
use crate::error::{Error, Result, StoreFile};
use crate::time::Timestamp;

/// The version of the layout that is written.
pub(super) const FORMAT: u8 = 1;
/// The bytes in front of the prefix.
pub(super) const HEADER_LEN: usize = 7;
/// The bytes of a stamp.
pub(super) const STAMP_LEN: usize = 16;
/// The bytes of a place in the directory.
pub(super) const PLACE_LEN: usize = 2;

/// The links of a block, read where they stand.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Block<'a> {
    len: usize,
    prefix: &'a [u8],
    stamps: &'a [u8],
    directory: &'a [u8],
    links: &'a [u8],
}

/// A link of a block, without the prefix of its name.
#[derive(Clone, Copy, Debug)]
struct PackedLink<'a> {
    rest: &'a [u8],
    stamp: usize,
    ordinal: u32,
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
        let (directory, links) = rest.split_at_checked(len * PLACE_LEN)?;
        (format == FORMAT).then_some(Self { len, prefix, stamps, directory, links })
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    fn start(&self, place: usize) -> Option<usize> {
        if place == self.len {
            return Some(self.links.len());
        }
        let bytes = self.directory.get(place * PLACE_LEN..)?.first_chunk()?;
        Some(usize::from(u16::from_le_bytes(*bytes)))
    }

    /// The link at a place, which is below the number of links.
    fn link(&self, place: usize) -> Result<PackedLink<'a>> {
        let link = || {
            let bytes = self.links.get(self.start(place)?..self.start(place + 1)?)?;
            let (stamp, bytes) = varint(bytes)?;
            let (ordinal, rest) = varint(bytes)?;
            Some(PackedLink { rest, stamp: stamp as usize, ordinal })
        };
        link().ok_or_else(damaged)
    }

    /// When the link at a place was made.
    pub(super) fn record(&self, place: usize) -> Result<LinkRecord> {
        let link = self.link(place)?;
        let start = link.stamp.saturating_mul(STAMP_LEN);
        let bytes = self.stamps.get(start..).and_then(|bytes| bytes.get(..STAMP_LEN));
        let (linked_at, revision) = stamp(bytes.ok_or_else(damaged)?);
        Ok(LinkRecord { linked_at, revision, ordinal: link.ordinal })
    }

    /// The name of the link at a place.
    pub(super) fn name(&self, place: usize) -> Result<Vec<u8>> {
        Ok([self.prefix, self.link(place)?.rest].concat())
    }

    /// Where the link with this name is, or else the first one behind it; not before `from`.
    ///
    /// Cost: O(log links).
    pub(super) fn find(&self, from: usize, name: &[u8]) -> Result<Result<usize, usize>> {
        let Some(rest) = name.strip_prefix(self.prefix) else {
            return Ok(Err(if name < self.prefix { from } else { self.len }));
        };
        let (mut low, mut high) = (from, self.len);
        while low < high {
            let middle = low.midpoint(high);
            match self.link(middle)?.rest.cmp(rest) {
                Ordering::Less => low = middle + 1,
                Ordering::Equal => return Ok(Ok(middle)),
                Ordering::Greater => high = middle,
            }
        }
        Ok(Err(low))
    }

    /// A copy of its links that adds them to those that are to be packed anew.
    pub(super) fn unpack(self, packer: &mut Packer) -> Unpacking<'a> {
        let stamps = self.stamps.chunks_exact(STAMP_LEN).map(stamp);
        Unpacking { block: self, stamps: stamps.map(|stamp| packer.stamp(stamp)).collect() }
    }

    /// Adds all its links behind those of a packer.
    pub(super) fn unpack_all(self, packer: &mut Packer) -> Result<()> {
        let len = self.len;
        self.unpack(packer).copy(0..len, packer)
    }
}

/// A block whose links are being packed anew.
pub(super) struct Unpacking<'a> {
    block: Block<'a>,
    /// What the packer calls the block's stamps.
    stamps: Vec<u32>,
}

impl Unpacking<'_> {
    /// Adds the links at some places behind all others of the packer.
    pub(super) fn copy(&self, places: Range<usize>, packer: &mut Packer) -> Result<()> {
        for place in places {
            let link = self.block.link(place)?;
            let stamp = *self.stamps.get(link.stamp).ok_or_else(damaged)?;
            packer.push(&[self.block.prefix, link.rest], stamp, link.ordinal);
        }
        Ok(())
    }
}

fn stamp(bytes: &[u8]) -> (Timestamp, u64) {
    let number = |bytes: &[u8]| bytes.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
    let (time, revision) = bytes.split_at(STAMP_LEN / 2);
    (Timestamp::from_millis(number(time)), number(revision))
}

/// The number at the start, and what follows it.
fn varint(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let mut number = 0_u32;
    for (place, &byte) in bytes.iter().enumerate().take(MAX_VARINT) {
        number |= u32::from(byte & 0x7f) << (7 * place);
        if byte < 0x80 {
            return Some((number, bytes.get(place + 1..)?));
        }
    }
    None
}

/// The most bytes a varint takes.
const MAX_VARINT: usize = 5;

/// Adds a number to `bytes`.
pub(super) fn push_varint(bytes: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
}

pub(super) fn damaged() -> Error {
    Error::damaged(StoreFile::State, "block of links", "its bytes do not fit together")
}

#[cfg(test)]
mod tests;
