//! The byte format of every record, and the only place that names it.
//!
//! bincode 2 with its standard configuration: little-endian, variable-length integers, no field
//! names. A record is an enum with one variant for each version of its format, so the first byte
//! tells the version. The bytes of every record are pinned by tests, so that another crate that
//! writes the same bytes can take over.

use bincode::config::{Config, standard};
use serde::{Deserialize, Serialize};

/// Why bytes are not a record, or a value cannot become one.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CodecError {
    #[error("a record cannot be encoded")]
    Encode(#[from] bincode::error::EncodeError),
    #[error("the bytes are not a record")]
    Decode(#[from] bincode::error::DecodeError),
    #[error("{0} bytes follow the record")]
    Trailing(usize),
}

pub(crate) fn encode<T: Serialize>(record: &T) -> Result<Vec<u8>, CodecError> {
    Ok(bincode::serde::encode_to_vec(record, standard())?)
}

/// Decodes a record that must fill `bytes`.
///
/// bincode allocates a text by its length before it looks whether the bytes are there, so the
/// length is limited by the size of the record: a wrong one is an error and no large allocation.
pub(crate) fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, CodecError> {
    // A number is counted against the limit with its full width, whatever it takes in the bytes.
    match bytes.len() {
        ..4_096 => decode_with(bytes, standard().with_limit::<{ 1 << 16 }>()),
        4_096..4_194_304 => decode_with(bytes, standard().with_limit::<{ 1 << 26 }>()),
        _ => decode_with(bytes, standard().with_limit::<{ u32::MAX as usize }>()),
    }
}

fn decode_with<'a, T: Deserialize<'a>>(
    bytes: &'a [u8],
    config: impl Config,
) -> Result<T, CodecError> {
    let (record, used) = bincode::serde::borrow_decode_from_slice(bytes, config)?;
    match bytes.len() - used {
        0 => Ok(record),
        more => Err(CodecError::Trailing(more)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_must_fill_its_bytes() {
        let mut bytes = encode(&("text".to_owned(), 7_u64)).unwrap();
        assert_eq!(decode::<(String, u64)>(&bytes).unwrap(), ("text".to_owned(), 7));
        bytes.push(0);
        assert!(matches!(decode::<(String, u64)>(&bytes), Err(CodecError::Trailing(1))));
    }

    #[test]
    fn a_huge_length_is_an_error_and_no_allocation() {
        let mut bytes = vec![253];
        bytes.extend_from_slice(&u64::MAX.to_le_bytes());
        assert!(decode::<String>(&bytes).is_err());
        assert!(decode::<Vec<u32>>(&bytes).is_err());
        assert!(decode::<&str>(&bytes).is_err());
    }

    #[test]
    fn a_record_of_any_size_is_below_its_limit() {
        for count in [0, 1, 500, 5_000, 100_000, 1_000_000] {
            let numbers: Vec<(u64, u32)> = (0..count).map(|number| (number, 1)).collect();
            let bytes = encode(&numbers).unwrap();
            assert_eq!(decode::<Vec<(u64, u32)>>(&bytes).unwrap(), numbers, "{count}");
            let text = "x".repeat(usize::try_from(count).unwrap());
            assert_eq!(decode::<String>(&encode(&text).unwrap()).unwrap(), text);
        }
    }
}
