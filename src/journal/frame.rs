//! Frames in a segment. A frame is a group: changes that were written by one append and are atomic together. Its header
//! has its own checksum, so the next frame is found even after a torn body.
//!
//! ```text
//! header  length of the body u32 | first revision u64 | count of changes u32 | durable-up-to u64
//!         | age of the journal in ms u64 | reading of the clock in ms u64 | crc u32
//! body    chain hash after the last change, 16 bytes | length of the mark u32 | mark
//!         | for each change: length u32, payload
//! end     crc u32
//! ```
//!
//! Little-endian. Both checksums start from the store id, so bytes in a comment cannot imitate a frame unless their
//! author knows the id. The second checksum covers the fields of the header and the body, so a body belongs to exactly
//! one header. A header of zeros ends the segment.
//!
//! The age and the reading of the clock are those of the append. After an opening, the age continues from these two
//! values of the last frame, whatever the clock did in between.

use std::collections::VecDeque;
use std::io;

use crc32fast::Hasher;

use super::group::{Group, GroupChange};
use super::point::{Age, Point};
use super::store_id::StoreId;
use super::window::Window;
use crate::model::chain_hash::{ChainHash, HASH_LEN};
use crate::model::error::{Error, Result};
use crate::model::time::Timestamp;

/// The bytes of a header.
pub(super) const HEADER_LEN: usize = 44;
/// The bytes of a checksum.
const CRC_LEN: usize = 4;
/// The bytes of a length.
const LENGTH_LEN: usize = 4;
/// The bytes of a body without mark and changes.
const BODY_BASE: usize = HASH_LEN + LENGTH_LEN;
/// The bytes of a frame with one change, without its payload and its mark.
#[cfg(test)]
pub(super) const OVERHEAD: usize = HEADER_LEN + BODY_BASE + LENGTH_LEN + CRC_LEN;

/// The header of a frame, checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FrameHeader {
    /// The bytes of the body.
    body_len: u32,
    /// The revision of the first change.
    pub(super) first: u64,
    /// How many changes there are; not 0.
    count: u32,
    /// The newest revision known to be synced when this frame was written.
    pub(super) durable_up_to: u64,
    /// The age of the journal.
    pub(super) age: Age,
}

impl FrameHeader {
    /// The bytes of the whole frame.
    pub(super) fn frame_len(&self) -> u64 {
        u64::from(self.body_len) + (HEADER_LEN + CRC_LEN) as u64
    }

    /// The revision of the last change.
    pub(super) fn last(&self) -> u64 {
        self.first.saturating_add(u64::from(self.count) - 1)
    }

    fn encode(&self, store_id: StoreId) -> [u8; HEADER_LEN] {
        let mut bytes = Vec::with_capacity(HEADER_LEN);
        bytes.extend_from_slice(&self.body_len.to_le_bytes());
        bytes.extend_from_slice(&self.first.to_le_bytes());
        bytes.extend_from_slice(&self.count.to_le_bytes());
        bytes.extend_from_slice(&self.durable_up_to.to_le_bytes());
        bytes.extend_from_slice(&self.age.millis.to_le_bytes());
        bytes.extend_from_slice(&self.age.clock.as_millis().to_le_bytes());
        bytes.extend_from_slice(&checksum(store_id, &[&bytes]).to_le_bytes());
        bytes.first_chunk().copied().unwrap_or([0; HEADER_LEN])
    }

    /// Whether the fields are possible for a frame.
    fn is_possible(&self) -> bool {
        let least = BODY_BASE as u64 + u64::from(self.count) * LENGTH_LEN as u64;
        self.count > 0
            && u64::from(self.body_len) >= least
            && self.durable_up_to < self.first
            && self.first.checked_add(u64::from(self.count)).is_some()
    }
}

/// The result of parsing a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parsed {
    /// Zeros: nothing was written here.
    End,
    /// Bytes that are not a valid header.
    Torn,
    Header(FrameHeader),
}

/// Changes to be written as a frame.
#[derive(Debug)]
pub(super) struct NewFrame<'a, P> {
    /// The point of the journal before them.
    pub(super) before: Point,
    /// The newest revision known to be synced.
    pub(super) durable_up_to: u64,
    pub(super) age: Age,
    pub(super) mark: &'a [u8],
    /// Not empty.
    pub(super) payloads: &'a [P],
}

impl<P: AsRef<[u8]>> NewFrame<'_, P> {
    /// Appends the frame to `buffer`; returns the point of the journal after it.
    ///
    /// # Errors
    ///
    /// [`Error::TooLong`] when the body would have 4 GiB or more; `buffer` is then unchanged.
    pub(super) fn push(&self, store_id: StoreId, buffer: &mut Vec<u8>) -> Result<Point> {
        let Self { before, durable_up_to, age, mark, payloads } = *self;
        debug_assert!(!payloads.is_empty(), "a frame has at least one change");
        let body_len = self.body_len()?;
        let count = u32::try_from(payloads.len()).unwrap_or(u32::MAX);
        let first = before.revision + 1;
        let header = FrameHeader { body_len, first, count, durable_up_to, age };
        let hash = payloads.iter().fold(before.hash, |hash, payload| hash.after(payload.as_ref()));
        let start = buffer.len();
        buffer.reserve(usize::try_from(header.frame_len()).unwrap_or_default());
        buffer.extend_from_slice(&header.encode(store_id));
        buffer.extend_from_slice(&hash.0);
        push_with_length(buffer, mark);
        payloads.iter().for_each(|payload| push_with_length(buffer, payload.as_ref()));
        let crc = frame_checksum(store_id, buffer.get(start..).unwrap_or_default());
        buffer.extend_from_slice(&crc.to_le_bytes());
        Ok(Point { revision: header.last(), hash, age })
    }

    fn body_len(&self) -> Result<u32> {
        let lengths = self.payloads.iter().map(|payload| payload.as_ref().len());
        let parts =
            lengths.chain([self.mark.len()]).map(|length| length as u64 + LENGTH_LEN as u64);
        let length = parts.fold(HASH_LEN as u64, u64::saturating_add);
        u32::try_from(length).map_err(|_| Error::TooLong {
            what: "group of changes",
            length: usize::try_from(length).unwrap_or(usize::MAX),
            unit: "bytes",
            limit: u32::MAX as usize,
        })
    }
}

/// Appends the length of bytes, which is below 4 GiB, and the bytes.
fn push_with_length(buffer: &mut Vec<u8>, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    buffer.extend_from_slice(&length.to_le_bytes());
    buffer.extend_from_slice(bytes);
}

pub(super) fn parse(store_id: StoreId, bytes: &[u8; HEADER_LEN]) -> Parsed {
    if bytes.iter().all(|&byte| byte == 0) {
        return Parsed::End;
    }
    let (body_len, rest) = split_u32(bytes);
    let (first, rest) = split_u64(rest);
    let (count, rest) = split_u32(rest);
    let (durable_up_to, rest) = split_u64(rest);
    let (millis, rest) = split_u64(rest);
    let (clock, _) = split_u64(rest);
    let age = Age { millis, clock: Timestamp::from_millis(clock) };
    let header = FrameHeader { body_len, first, count, durable_up_to, age };
    let checks_out = header.is_possible() && header.encode(store_id) == *bytes;
    if checks_out { Parsed::Header(header) } else { Parsed::Torn }
}

/// The header at `offset`, if it is valid and belongs to the expected frame.
pub(super) fn header_at(
    window: &mut Window,
    store_id: StoreId,
    offset: u64,
    due: u64,
) -> io::Result<Option<FrameHeader>> {
    let bytes = window.array::<HEADER_LEN>(offset)?;
    Ok(match bytes.map(|bytes| parse(store_id, &bytes)) {
        Some(Parsed::Header(header)) if header.first == due => Some(header),
        _ => None,
    })
}

/// The hash after the last change, as the frame at `offset` states it; the body is not checked.
pub(super) fn hash_at(window: &mut Window, offset: u64) -> io::Result<Option<ChainHash>> {
    Ok(window.array(offset + HEADER_LEN as u64)?.map(ChainHash))
}

/// The group in the frame at `offset`, after `before`, with the hash that the frame states; `None` if the checksum is
/// wrong.
pub(super) fn group_at(
    window: &mut Window,
    store_id: StoreId,
    offset: u64,
    header: &FrameHeader,
    before: Point,
) -> io::Result<Option<(Group, ChainHash)>> {
    let Ok(length) = usize::try_from(header.frame_len() - CRC_LEN as u64) else {
        return Ok(None);
    };
    let frame = window.bytes(offset, length + CRC_LEN)?;
    let Some((checked, crc)) = frame.and_then(|frame| frame.split_at_checked(length)) else {
        return Ok(None);
    };
    if crc != frame_checksum(store_id, checked).to_le_bytes() {
        return Ok(None);
    }
    Ok(checked.get(HEADER_LEN..).and_then(|body| parse_body(header, before, body)))
}

fn parse_body(header: &FrameHeader, before: Point, body: &[u8]) -> Option<(Group, ChainHash)> {
    let (hash, rest) = body.split_first_chunk()?;
    let (mark, mut rest) = split_with_length(rest)?;
    let mut last = before.hash;
    let mut changes = VecDeque::new();
    while !rest.is_empty() {
        let (payload, remaining) = split_with_length(rest)?;
        last = last.after(payload);
        changes.push_back(GroupChange { hash: last, payload: payload.to_vec() });
        rest = remaining;
    }
    let is_whole = changes.len() as u64 == u64::from(header.count);
    let group = Group { before, age: header.age, mark: mark.to_vec(), changes };
    is_whole.then_some((group, ChainHash(*hash)))
}

/// The checksum at the end of a frame, over the fields of the header and the body. It leaves out the header's own
/// checksum: with that included, the CRC would be the same for every header.
fn frame_checksum(store_id: StoreId, frame: &[u8]) -> u32 {
    let (fields, rest) = frame.split_at_checked(HEADER_LEN - CRC_LEN).unwrap_or_default();
    checksum(store_id, &[fields, rest.get(CRC_LEN..).unwrap_or_default()])
}

fn checksum(store_id: StoreId, parts: &[&[u8]]) -> u32 {
    let mut hasher = Hasher::new();
    hasher.update(&store_id.0);
    parts.iter().for_each(|part| hasher.update(part));
    hasher.finalize()
}

/// Splits off the bytes after a length at the start.
fn split_with_length(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)
}

/// The number at the start and the rest; 0 if there are too few bytes.
fn split_u32(bytes: &[u8]) -> (u32, &[u8]) {
    bytes
        .split_first_chunk()
        .map_or((0, bytes), |(number, rest)| (u32::from_le_bytes(*number), rest))
}

/// The number at the start and the rest; 0 if there are too few bytes.
fn split_u64(bytes: &[u8]) -> (u64, &[u8]) {
    bytes
        .split_first_chunk()
        .map_or((0, bytes), |(number, rest)| (u64::from_le_bytes(*number), rest))
}

#[cfg(test)]
mod tests;
