//! An entry of the log: changes, and the position at which they were decided.
//!
//! ```text
//! magic "vlog" | format u8: 1 | checksum u32 (CRC-32 of what follows, little-endian)
//! | postcard: base (length, 40 bytes), nonce u128, part u32, parts u32, body (length, bytes)
//! ```
//!
//! The body of an entry is the list of its changes in postcard. A long body is cut into parts, so that each message has at
//! most [`MAX_MESSAGE`] bytes. An entry without changes has an empty body: it begins a log, or asks whether its base is the
//! newest position.

use serde::{Deserialize, Serialize};
use viewlink::Position;

/// The maximal length of a message in bytes, even if the log accepts more.
pub(crate) const MAX_MESSAGE: usize = 512 << 10;
/// The maximal number of bytes of a message in addition to its body.
const OVERHEAD: usize = 128;

const MAGIC: &[u8; 4] = b"vlog";
/// The format of new entries, and the newest format that can be read.
const FORMAT: u8 = 1;

/// One message of the log: an entry, or a part of an entry that is too long for one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry<'m> {
    /// The position at which the changes were decided.
    pub(crate) base: Position,
    /// A random number that identifies the entry.
    pub(crate) nonce: u128,
    /// The number of this part, from 0.
    pub(crate) part: u32,
    /// The number of parts, at least 1.
    pub(crate) parts: u32,
    pub(crate) body: &'m [u8],
}

/// The encoded form of an entry.
#[derive(Serialize, Deserialize)]
struct Encoded<'m> {
    base: &'m [u8],
    nonce: u128,
    part: u32,
    parts: u32,
    body: &'m [u8],
}

/// The reason why a message is not an entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EntryError {
    /// It was written by a later version.
    #[error("it has format {found}")]
    Newer { found: u8 },
    /// It is anything else.
    #[error(
        "message {sequence} of the log is not an entry of this store ({reason}): remove the message from the log if another \
         program appended it"
    )]
    NoEntry { sequence: u64, reason: &'static str },
}

impl EntryError {
    pub(crate) const SUPPORTED: u8 = FORMAT;
}

impl<'m> Entry<'m> {
    /// Decodes the entry in a message.
    pub(crate) fn decode(sequence: u64, bytes: &'m [u8]) -> Result<Self, EntryError> {
        let no = |reason| EntryError::NoEntry { sequence, reason };
        let rest =
            bytes.strip_prefix(MAGIC).ok_or_else(|| no("it does not begin like an entry"))?;
        let (&format, rest) = rest.split_first().ok_or_else(|| no("it is too short"))?;
        if format > FORMAT {
            return Err(EntryError::Newer { found: format });
        }
        let (crc, rest) = rest.split_first_chunk().ok_or_else(|| no("it is too short"))?;
        if crc32fast::hash(rest) != u32::from_le_bytes(*crc) {
            return Err(no("its checksum is wrong"));
        }
        let Encoded { base, nonce, part, parts, body } =
            postcard::from_bytes(rest).map_err(|_| no("its fields cannot be read"))?;
        let base = base.try_into().map_err(|_| no("its base is invalid"))?;
        let entry = Self { base: Position::from_bytes(base), nonce, part, parts, body };
        if part >= parts { Err(no("its part number is invalid")) } else { Ok(entry) }
    }

    /// Encodes the entry as a message.
    pub(crate) fn encode(&self) -> Result<Vec<u8>, postcard::Error> {
        let Self { base, nonce, part, parts, body } = *self;
        let fields = Encoded { base: &base.to_bytes(), nonce, part, parts, body };
        let fields = postcard::to_stdvec(&fields)?;
        let mut bytes = MAGIC.to_vec();
        bytes.push(FORMAT);
        bytes.extend_from_slice(&crc32fast::hash(&fields).to_le_bytes());
        bytes.extend_from_slice(&fields);
        Ok(bytes)
    }

    /// Whether it is the first entry of a log.
    pub(crate) const fn is_genesis(&self) -> bool {
        self.base.revision() == 0 && self.body.is_empty()
    }
}

/// The messages of changes that were decided at a position. Without changes it is one message with an empty body.
pub(crate) fn messages(
    base: Position,
    nonce: u128,
    changes: &[Vec<u8>],
    max_message: usize,
) -> Result<Vec<Vec<u8>>, postcard::Error> {
    let body = if changes.is_empty() { Vec::new() } else { postcard::to_stdvec(changes)? };
    let most = max_message.min(MAX_MESSAGE).saturating_sub(OVERHEAD).max(1);
    let parts = u32::try_from(body.len().div_ceil(most).max(1));
    let parts = parts.map_err(|_| postcard::Error::SerializeBufferFull)?;
    let encode = |part: u32| {
        let from = body.len().min(part as usize * most);
        let body = body.get(from..body.len().min(from + most)).unwrap_or_default();
        Entry { base, nonce, part, parts, body }.encode()
    };
    (0..parts).map(encode).collect()
}

/// Decodes the changes of a complete body.
pub(crate) fn changes(sequence: u64, body: &[u8]) -> Result<Vec<Vec<u8>>, EntryError> {
    let changes: Vec<&[u8]> = postcard::from_bytes(body)
        .map_err(|_| EntryError::NoEntry { sequence, reason: "its changes cannot be read" })?;
    Ok(changes.into_iter().map(<[u8]>::to_vec).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> Position {
        Position::from_bytes([7; 40])
    }

    #[test]
    fn an_entry_is_read_as_it_was_written_and_its_bytes_are_pinned() {
        let entry = Entry { base: base(), nonce: 300, part: 1, parts: 3, body: b"abc" };
        let bytes = entry.encode().unwrap();
        assert_eq!(Entry::decode(4, &bytes), Ok(entry));
        let mut expected = b"vlog\x01\0\0\0\0\x28".to_vec();
        expected.extend_from_slice(&[7; 40]);
        expected.extend_from_slice(b"\xac\x02\x01\x03\x03abc");
        expected[5..9].copy_from_slice(&bytes[5..9]);
        assert_eq!(bytes, expected);
    }

    #[test]
    fn every_flipped_bit_and_every_missing_end_is_noticed() {
        let entry = Entry { base: base(), nonce: u128::MAX, part: 0, parts: 1, body: b"abc" };
        let bytes = entry.encode().unwrap();
        for at in 0..bytes.len() * 8 {
            let mut bytes = bytes.clone();
            bytes[at / 8] ^= 1 << (at % 8);
            let found = Entry::decode(4, &bytes);
            // The checksum does not cover the number of the format, because another format may have no checksum.
            assert!(found.is_err() || (32..40).contains(&at), "{at}: {found:?}");
        }
        for length in 0..bytes.len() {
            assert!(Entry::decode(4, &bytes[..length]).is_err(), "{length}");
        }
        let mut newer = bytes;
        newer[4] = 2;
        assert_eq!(Entry::decode(4, &newer), Err(EntryError::Newer { found: 2 }));
    }

    #[test]
    fn long_changes_are_cut_into_parts_that_fit() {
        let long: Vec<Vec<u8>> = (0..9).map(|number| vec![number; 1_000]).collect();
        for (changes, parts) in [(&long[..], 4), (&long[..1], 1), (&[], 1)] {
            let messages = messages(base(), 5, changes, 3_000).unwrap();
            assert_eq!(messages.len(), parts);
            assert!(messages.iter().all(|message| message.len() <= 3_000));
            let entries = messages.iter().map(|message| Entry::decode(1, message).unwrap());
            let body: Vec<u8> = entries.clone().flat_map(|entry| entry.body).copied().collect();
            assert!(entries.enumerate().all(|(at, entry)| entry.part as usize == at));
            match changes.is_empty() {
                true => assert!(body.is_empty()),
                false => assert_eq!(self::changes(1, &body).unwrap(), changes),
            }
        }
    }
}
