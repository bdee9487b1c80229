//! Numbers in as few bytes as they need: seven bits a byte, the low ones first.

/// The most bytes a number takes.
const MAX_LEN: usize = 5;

/// Adds a number to `bytes`.
pub(super) fn push(bytes: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
}

/// The number at the start, and what follows it.
pub(super) fn split(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let mut number = 0_u32;
    for (place, &byte) in bytes.iter().enumerate().take(MAX_LEN) {
        number |= u32::from(byte & 0x7f) << (7 * place);
        if byte < 0x80 {
            return Some((number, bytes.get(place + 1..)?));
        }
    }
    None
}

/// How many bytes a number takes.
pub(super) fn len(number: u32) -> usize {
    (u32::BITS - (number | 1).leading_zeros()).div_ceil(7) as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_number_reads_back(number: u32, shift in 0..32_u32, behind: Vec<u8>) {
            let number = number >> shift;
            let mut bytes = Vec::new();
            push(&mut bytes, number);
            prop_assert_eq!(bytes.len(), len(number));
            bytes.extend_from_slice(&behind);
            prop_assert_eq!(split(&bytes), Some((number, &*behind)));
        }
    }

    #[test]
    fn a_number_that_does_not_end_is_none() {
        assert_eq!(split(&[0x80; 4]), None);
        assert_eq!(split(&[0x80; 9]), None);
    }
}
