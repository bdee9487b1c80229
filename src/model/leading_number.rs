//! The beginning of a text as a number.

/// The first eight bytes as a number with the same order as the bytes; a shorter text is padded with zeros.
#[inline]
pub(crate) fn leading_number(bytes: &[u8]) -> u64 {
    match bytes.first_chunk::<8>() {
        Some(bytes) => u64::from_be_bytes(*bytes),
        None => {
            let mut start = [0; 8];
            start.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
            u64::from_be_bytes(start)
        }
    }
}
