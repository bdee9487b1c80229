//! The byte format of every record, and the only place that uses bincode.
//!
//! bincode 2 with its standard configuration: little-endian, variable-length integers, no field names. A record is an
//! enum with one variant for each version of its format, so the first byte is the version. Tests pin the bytes of every
//! record, and what counts against the limit of decoding. A crate that replaces bincode must pass both;
//! `docs/design.md` names those that do.

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
/// bincode allocates a text by its length before it checks that the bytes exist. So the length is limited by the size
/// of the record: a wrong length is an error, not a large allocation.
pub(crate) fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, CodecError> {
    // A number counts against the limit with its full width, however few bytes it takes.
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

    /// Decoding depends on this, and crates that write the same bytes differ in it.
    #[test]
    fn a_number_counts_against_the_limit_with_its_full_width_and_a_text_with_its_length() {
        let numbers = encode(&vec![1_u64; 1_000]).unwrap();
        let text = encode(&"x".repeat(1_000)).unwrap();
        assert_eq!((numbers.len(), text.len()), (1_003, 1_003));
        let low = standard().with_limit::<4_096>();
        assert!(decode_with::<Vec<u64>>(&numbers, low).is_err());
        let high = standard().with_limit::<16_384>();
        assert_eq!(decode_with::<Vec<u64>>(&numbers, high).unwrap().len(), 1_000);
        assert!(decode_with::<String>(&text, standard().with_limit::<999>()).is_err());
        assert_eq!(decode_with::<String>(&text, low).unwrap().len(), 1_000);
    }

    #[test]
    fn a_number_has_the_shortest_form_that_holds_it() {
        for (number, bytes) in [
            (0, &[0][..]),
            (127, &[127]),
            (128, &[128]),
            (250, &[250]),
            (251, &[251, 251, 0]),
            (0xffff, &[251, 255, 255]),
            (0x1_0000, &[252, 0, 0, 1, 0]),
            (0xffff_ffff, &[252, 255, 255, 255, 255]),
            (0x1_0000_0000, &[253, 0, 0, 0, 0, 1, 0, 0, 0]),
            (u64::MAX, &[253, 255, 255, 255, 255, 255, 255, 255, 255]),
        ] {
            assert_eq!(encode(&number).unwrap(), bytes, "{number}");
            assert_eq!(decode::<u64>(bytes).unwrap(), number);
            // The length of a text or list, and the number of a variant, are numbers as well.
            if let Ok(number) = u32::try_from(number) {
                assert_eq!(encode(&number).unwrap(), bytes, "{number}");
            }
        }
        assert_eq!(encode(&255_u8).unwrap(), [255], "a byte is a byte");
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
