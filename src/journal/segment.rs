//! Segment files: their header and their names.

use super::point::{Age, Point};
use super::store_id::StoreId;
use crate::model::chain_hash::ChainHash;
use crate::model::error::{Error, Result, StoreFile};
use crate::model::time::Timestamp;

/// The version of the segment format that is written.
const FORMAT: u32 = 1;
const MAGIC: [u8; 8] = *b"viewlink";

/// The bytes of a segment's header.
pub(super) const HEADER_LEN: u64 = ENCODED_LEN as u64;
pub(super) const ENCODED_LEN: usize = 72;

/// The start of a segment:
///
/// ```text
/// magic "viewlink" | format u32 | store id, 16 bytes | first revision u64
/// | after the change before it: chain hash, 16 bytes | age of the journal in ms u64 | reading of the clock in ms u64
/// | crc u32
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SegmentHeader {
    pub(super) store_id: StoreId,
    /// The point of the journal before the first change, even if that is not written yet.
    pub(super) before: Point,
}

impl SegmentHeader {
    /// The revision of the first change.
    pub(super) fn first(&self) -> u64 {
        self.before.revision.saturating_add(1)
    }

    pub(super) fn encode(&self) -> [u8; ENCODED_LEN] {
        let mut bytes = Vec::with_capacity(ENCODED_LEN);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&FORMAT.to_le_bytes());
        bytes.extend_from_slice(&self.store_id.0);
        bytes.extend_from_slice(&self.first().to_le_bytes());
        bytes.extend_from_slice(&self.before.hash.0);
        bytes.extend_from_slice(&self.before.age.millis.to_le_bytes());
        bytes.extend_from_slice(&self.before.age.clock.as_millis().to_le_bytes());
        bytes.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
        bytes.first_chunk().copied().unwrap_or([0; ENCODED_LEN])
    }

    /// Reads the header of the segment `name`, which starts at `first`. Without a store id, any store is accepted.
    pub(super) fn decode(
        bytes: &[u8; ENCODED_LEN],
        name: &str,
        first: u64,
        store_id: Option<StoreId>,
    ) -> Result<Self> {
        let damaged = |detail: String| Err(Error::damaged(StoreFile::Journal, name, detail));
        if bytes.first_chunk() != Some(&MAGIC) {
            return damaged("it does not begin with the header of a journal segment".to_owned());
        }
        let format = u32::from_le_bytes(array_at(bytes, 8));
        if format > FORMAT {
            let part = name.to_owned();
            return Err(Error::NewerFormat { part, found: format, supported: FORMAT });
        }
        let number = |start| u64::from_le_bytes(array_at(bytes, start));
        let header = Self {
            store_id: StoreId(array_at(bytes, 12)),
            before: Point {
                revision: number(28).saturating_sub(1),
                hash: ChainHash(array_at(bytes, 36)),
                age: Age { millis: number(52), clock: Timestamp::from_millis(number(60)) },
            },
        };
        if header.encode() != *bytes {
            return damaged("its header does not match its checksum".to_owned());
        }
        if store_id.is_some_and(|store_id| header.store_id != store_id) {
            return damaged("it belongs to another store".to_owned());
        }
        if header.first() != first {
            let starts = header.first();
            return damaged(format!("its header says that it starts at revision {starts}"));
        }
        Ok(header)
    }
}

/// The bytes from `start` on; zeros if there are too few.
fn array_at<const N: usize>(bytes: &[u8], start: usize) -> [u8; N] {
    bytes.get(start..).and_then(<[u8]>::first_chunk).copied().unwrap_or([0; N])
}

/// The name of the segment that starts with a revision, inside its directory.
pub(super) fn file_name(first: u64) -> String {
    format!("{first:020}.log")
}

/// The first revision of the segment with this name.
pub(super) fn first_of(name: &str) -> Option<u64> {
    let first = name.strip_suffix(".log")?.parse().ok()?;
    (file_name(first) == name).then_some(first)
}

#[cfg(test)]
mod tests;
