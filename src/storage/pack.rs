//! Links on their way into blocks.

use super::block::{FORMAT, HEADER_LEN, PLACE_LEN, STAMP_LEN, push_varint};
use super::records::LinkRecord;
use crate::time::Timestamp;

/// A block of more bytes is divided. With the key of its row it fits a page of the database, which
/// has 4 KiB.
const MAX_LEN: usize = 3_600;
/// What is divided leaves room in each part, so that the next link does not divide it again.
const FULL_LEN: usize = MAX_LEN / 4 * 3;
/// A block with fewer bytes is put together with a neighbour, where both fit.
const MIN_LEN: usize = MAX_LEN / 4;

/// Links in key order, to be packed.
#[derive(Clone, Debug, Default)]
pub(super) struct Packer {
    names: Vec<u8>,
    links: Vec<Link>,
    stamps: Vec<(Timestamp, u64)>,
}

#[derive(Clone, Copy, Debug)]
struct Link {
    start: usize,
    end: usize,
    stamp: u32,
    ordinal: u32,
}

impl Packer {
    /// The number under which links refer to a time and revision.
    pub(super) fn stamp(&mut self, stamp: (Timestamp, u64)) -> u32 {
        let known = self.stamps.iter().rposition(|known| *known == stamp);
        let number = known.unwrap_or(self.stamps.len());
        if number == self.stamps.len() {
            self.stamps.push(stamp);
        }
        u32::try_from(number).unwrap_or(u32::MAX)
    }

    /// Adds a link behind all others; its name in parts.
    pub(super) fn push(&mut self, name: &[&[u8]], stamp: u32, ordinal: u32) {
        let start = self.names.len();
        for part in name {
            self.names.extend_from_slice(part);
        }
        self.links.push(Link { start, end: self.names.len(), stamp, ordinal });
    }

    /// Adds a link behind all others, with its time.
    pub(super) fn push_record(&mut self, name: &[u8], record: &LinkRecord) {
        let stamp = self.stamp((record.linked_at, record.revision));
        self.push(&[name], stamp, record.ordinal);
    }

    /// Adds the links of another packer behind all others.
    pub(super) fn append(&mut self, other: &Self) {
        let stamps: Vec<u32> = other.stamps.iter().map(|&stamp| self.stamp(stamp)).collect();
        for link in &other.links {
            let stamp = stamps.get(link.stamp as usize).copied().unwrap_or_default();
            self.push(&[other.name(link)], stamp, link.ordinal);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.links.is_empty()
    }

    fn name(&self, link: &Link) -> &[u8] {
        self.names.get(link.start..link.end).unwrap_or_default()
    }

    /// Whether these links are so few that they should not have a block of their own.
    pub(super) fn is_small(&self) -> bool {
        self.packed_len() < MIN_LEN
    }

    /// Whether these links are packed into one block that has room left.
    pub(super) fn is_roomy(&self) -> bool {
        self.packed_len() <= FULL_LEN
    }

    /// About how many bytes a link takes besides the stamps.
    fn len_of(&self, link: &Link, prefix: usize) -> usize {
        let varints = varint_len(link.stamp) + varint_len(link.ordinal);
        (link.end - link.start).saturating_sub(prefix) + varints + PLACE_LEN
    }

    /// About how many bytes all of them take; those of a part are never more.
    fn packed_len(&self) -> usize {
        let prefix = self.prefix_len(&self.links);
        let links: usize = self.links.iter().map(|link| self.len_of(link, prefix)).sum();
        HEADER_LEN + prefix + self.stamps.len() * STAMP_LEN + links
    }

    /// How many bytes the names of a part start with that are the same in all of them. The names
    /// are in order, so the first and the last tell.
    fn prefix_len(&self, part: &[Link]) -> usize {
        let (Some(first), Some(last)) = (part.first(), part.last()) else { return 0 };
        let (first, last) = (self.name(first), self.name(last));
        first.iter().zip(last).take_while(|(one, other)| one == other).count()
    }

    /// Packs all links into blocks, each with the name of its first link.
    pub(super) fn pack(&self) -> impl Iterator<Item = (&[u8], Vec<u8>)> {
        let limit = if self.packed_len() <= MAX_LEN { usize::MAX } else { self.even_len() };
        let mut rest = &self.links[..];
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
        let of_each = HEADER_LEN + self.prefix_len(&self.links) + STAMP_LEN;
        len.div_ceil(len.div_ceil(FULL_LEN)) + of_each
    }

    /// How many links from the front have `limit` bytes, one at least.
    fn fitting(&self, links: &[Link], limit: usize) -> usize {
        let prefix = self.prefix_len(&self.links);
        let mut len = HEADER_LEN + prefix;
        let mut stamp = None;
        let fits = |link: &&Link| {
            len += self.len_of(link, prefix);
            len += usize::from(stamp.replace(link.stamp) != Some(link.stamp)) * STAMP_LEN;
            len <= limit
        };
        links.iter().take_while(fits).count().max(1)
    }

    fn pack_part(&self, part: &[Link]) -> Vec<u8> {
        let prefix_len = self.prefix_len(part);
        let prefix = part.first().and_then(|first| self.name(first).get(..prefix_len));
        let mut numbers = vec![None; self.stamps.len()];
        let (mut stamps, mut stamp_count) = (Vec::new(), 0);
        let (mut directory, mut links) = (Vec::new(), Vec::new());
        for link in part {
            let Some(slot) = numbers.get_mut(link.stamp as usize) else { continue };
            let number = *slot.get_or_insert_with(|| {
                let (time, revision) =
                    self.stamps.get(link.stamp as usize).copied().unwrap_or_default();
                stamps.extend_from_slice(&time.as_millis().to_le_bytes());
                stamps.extend_from_slice(&revision.to_le_bytes());
                stamp_count += 1;
                stamp_count - 1
            });
            directory.extend_from_slice(&short(links.len()));
            push_varint(&mut links, number);
            push_varint(&mut links, link.ordinal);
            links.extend_from_slice(self.name(link).get(prefix_len..).unwrap_or_default());
        }
        let mut block = vec![FORMAT];
        block.extend_from_slice(&short(part.len()));
        block.extend_from_slice(&short(prefix_len));
        block.extend_from_slice(&short(stamp_count as usize));
        block.extend_from_slice(prefix.unwrap_or_default());
        block.extend_from_slice(&stamps);
        block.extend_from_slice(&directory);
        block.extend_from_slice(&links);
        block
    }
}

/// A length of a block, which has at most [`MAX_LEN`] bytes, or one link of a few hundred.
fn short(length: usize) -> [u8; 2] {
    u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes()
}

fn varint_len(number: u32) -> usize {
    (u32::BITS - (number | 1).leading_zeros()).div_ceil(7) as usize
}
