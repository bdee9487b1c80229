//! Records in a segment: a header with a checksum of its own, then the payload with another one,
//! so that the next record is found also behind a torn payload.
//!
//! ```text
//! length u32 | revision u64 | durable-up-to u64 | crc u32 | payload | crc u32
//! ```
//!
//! Little-endian. Both checksums start from the store id, so that bytes that somebody who does not
//! know it puts into a comment do not pass for a record. A header of zeros ends the segment.

use std::io;

use crc32fast::Hasher;

use super::store_id::StoreId;
use super::window::Window;
use crate::model::error::{Error, Result};

/// The bytes of a header.
pub(super) const HEADER_LEN: usize = 24;
/// The bytes a record takes besides its payload.
pub(super) const OVERHEAD: usize = HEADER_LEN + CRC_LEN;
/// The bytes of a checksum.
const CRC_LEN: usize = 4;

/// The header of a record, checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FrameHeader {
    /// The bytes of the payload.
    pub(super) length: u32,
    pub(super) revision: u64,
    /// The newest revision known to be synced when this record was written.
    pub(super) durable_up_to: u64,
}

impl FrameHeader {
    /// The bytes of the whole record.
    pub(super) fn record_len(&self) -> u64 {
        u64::from(self.length) + OVERHEAD as u64
    }
}

/// What stands where a header should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parsed {
    /// Zeros: nothing was written here.
    End,
    /// Something that is no header.
    Torn,
    Header(FrameHeader),
}

/// Appends a record to `buffer`.
///
/// # Errors
///
/// When the payload is 4 GiB or more.
pub(super) fn push(
    buffer: &mut Vec<u8>,
    store_id: StoreId,
    revision: u64,
    durable_up_to: u64,
    payload: &[u8],
) -> Result<()> {
    let length = u32::try_from(payload.len()).map_err(|_| Error::TooLong {
        what: "change",
        length: payload.len(),
        unit: "bytes",
        limit: u32::MAX as usize,
    })?;
    let start = buffer.len();
    buffer.extend_from_slice(&length.to_le_bytes());
    buffer.extend_from_slice(&revision.to_le_bytes());
    buffer.extend_from_slice(&durable_up_to.to_le_bytes());
    let crc = checksum(store_id, &[buffer.get(start..).unwrap_or_default()]);
    buffer.extend_from_slice(&crc.to_le_bytes());
    buffer.extend_from_slice(payload);
    buffer.extend_from_slice(&payload_checksum(store_id, revision, payload).to_le_bytes());
    Ok(())
}

pub(super) fn parse(store_id: StoreId, bytes: &[u8; HEADER_LEN]) -> Parsed {
    if bytes.iter().all(|&byte| byte == 0) {
        return Parsed::End;
    }
    let (length, rest) = split_u32(bytes);
    let (revision, rest) = split_u64(rest);
    let (durable_up_to, crc) = split_u64(rest);
    let header = FrameHeader { length, revision, durable_up_to };
    let (fields, _) = bytes.split_at(HEADER_LEN - CRC_LEN);
    let checks_out = length > 0
        && durable_up_to < revision
        && checksum(store_id, &[fields]).to_le_bytes() == crc;
    if checks_out { Parsed::Header(header) } else { Parsed::Torn }
}

/// The header at `offset`, if it checks out and is that of the record that is due.
pub(super) fn header_at(
    window: &mut Window,
    store_id: StoreId,
    offset: u64,
    due: u64,
) -> io::Result<Option<FrameHeader>> {
    let bytes = window.array::<HEADER_LEN>(offset)?;
    Ok(match bytes.map(|bytes| parse(store_id, &bytes)) {
        Some(Parsed::Header(header)) if header.revision == due => Some(header),
        _ => None,
    })
}

/// The payload behind the header at `offset`, if it checks out.
pub(super) fn payload_at<'w>(
    window: &'w mut Window,
    store_id: StoreId,
    offset: u64,
    header: &FrameHeader,
) -> io::Result<Option<&'w [u8]>> {
    let length = header.length as usize;
    let body = window.bytes(offset + HEADER_LEN as u64, length + CRC_LEN)?;
    Ok(body.and_then(|body| body.split_at_checked(length)).and_then(|(payload, crc)| {
        let expected = payload_checksum(store_id, header.revision, payload).to_le_bytes();
        (crc == expected).then_some(payload)
    }))
}

/// The checksum behind a payload.
fn payload_checksum(store_id: StoreId, revision: u64, payload: &[u8]) -> u32 {
    checksum(store_id, &[&revision.to_le_bytes(), payload])
}

fn checksum(store_id: StoreId, parts: &[&[u8]]) -> u32 {
    let mut hasher = Hasher::new();
    hasher.update(&store_id.0);
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize()
}

/// The number at the start and what follows it; 0 when there are too few bytes.
fn split_u32(bytes: &[u8]) -> (u32, &[u8]) {
    bytes
        .split_first_chunk()
        .map_or((0, bytes), |(number, rest)| (u32::from_le_bytes(*number), rest))
}

/// The number at the start and what follows it; 0 when there are too few bytes.
fn split_u64(bytes: &[u8]) -> (u64, &[u8]) {
    bytes
        .split_first_chunk()
        .map_or((0, bytes), |(number, rest)| (u64::from_le_bytes(*number), rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::{Disk, MemoryDisk};

    const ID: StoreId = StoreId([7; 16]);

    fn header_of(record: &[u8]) -> [u8; HEADER_LEN] {
        *record.first_chunk().unwrap()
    }

    #[test]
    fn the_bytes_of_a_record_are_pinned() {
        let mut record = Vec::new();
        push(&mut record, ID, 2, 1, b"abc").unwrap();
        let (header, rest) = record.split_at(HEADER_LEN);
        let expected =
            [3, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 214, 220, 8, 242];
        assert_eq!(header, expected);
        assert_eq!(rest, [b'a', b'b', b'c', 228, 76, 178, 103]);
    }

    #[test]
    fn a_header_reads_back() {
        let mut record = Vec::new();
        push(&mut record, ID, 9, 4, b"payload").unwrap();
        let header = FrameHeader { length: 7, revision: 9, durable_up_to: 4 };
        assert_eq!(parse(ID, &header_of(&record)), Parsed::Header(header));
        assert_eq!(record.len(), OVERHEAD + 7);
    }

    #[test]
    fn any_flipped_bit_of_a_header_shows() {
        let mut record = Vec::new();
        push(&mut record, ID, 9, 4, b"payload").unwrap();
        for bit in 0..HEADER_LEN * 8 {
            let mut header = header_of(&record);
            header[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(parse(ID, &header), Parsed::Torn, "bit {bit}");
        }
    }

    #[test]
    fn a_record_of_another_store_is_none() {
        let mut record = Vec::new();
        push(&mut record, StoreId([8; 16]), 9, 4, b"payload").unwrap();
        assert_eq!(parse(ID, &header_of(&record)), Parsed::Torn);
    }

    #[test]
    fn what_a_store_tells_of_its_id_does_not_make_a_record() {
        let (mut told, mut other) = (ID, Vec::new());
        told.0[15] ^= 1;
        assert_eq!(format!("{told:?}"), format!("{ID:?}"));
        push(&mut other, told, 9, 4, b"payload").unwrap();
        assert_eq!(parse(ID, &header_of(&other)), Parsed::Torn);
    }

    #[test]
    fn a_record_of_nothing_or_that_says_it_is_synced_itself_is_none() {
        for (durable_up_to, payload) in [(1, &b""[..]), (2, b"abc"), (3, b"abc")] {
            let mut record = Vec::new();
            push(&mut record, ID, 2, durable_up_to, payload).unwrap();
            assert_eq!(parse(ID, &header_of(&record)), Parsed::Torn, "{durable_up_to}");
        }
    }

    #[test]
    fn only_the_header_that_is_due_is_found() {
        let disk = MemoryDisk::default();
        let file = disk.create("segment").unwrap();
        let mut record = Vec::new();
        push(&mut record, ID, 3, 1, b"abc").unwrap();
        file.write_at(5, &record).unwrap();
        let mut window = Window::new(file);
        for (due, found) in [(2, false), (3, true), (4, false)] {
            let header = header_at(&mut window, ID, 5, due).unwrap();
            assert_eq!(header.is_some(), found, "due {due}");
        }
    }

    #[test]
    fn zeros_end_a_segment() {
        assert_eq!(parse(ID, &[0; HEADER_LEN]), Parsed::End);
    }
}
