//! Packs many small numbers: each takes as many bits as the largest one needs.

use crate::state::Sound;

/// Set if the numbers are differences.
const STEPS: u8 = 0x40;

/// Packs numbers: first the number of bits of each, then the bits, the low ones first.
pub(super) fn pack(numbers: impl Iterator<Item = u32> + Clone) -> Vec<u8> {
    let width = u32::BITS - numbers.clone().fold(0, |all, number| all | number).leading_zeros();
    let mut bytes = vec![width as u8]; // 32 at most
    let (mut held, mut bits) = (0_u64, 0);
    for number in numbers {
        held |= u64::from(number) << bits;
        bits += width;
        while bits >= 8 {
            bytes.push(held as u8);
            (held, bits) = (held >> 8, bits - 8);
        }
    }
    if bits > 0 {
        bytes.push(held as u8);
    }
    bytes
}

/// Unpacks `count` numbers.
pub(super) fn unpack(bytes: &[u8], count: usize) -> Sound<Vec<u32>> {
    const CUT: &str = "numbers are truncated";
    let (width, bytes) = bytes.split_first().ok_or(CUT)?;
    let width = u32::from(*width);
    if width > u32::BITS || bytes.len() != (count * width as usize).div_ceil(8) {
        return Err(CUT);
    }
    let mask = (1_u64 << width) - 1;
    let (mut held, mut bits, mut bytes) = (0_u64, 0, bytes.iter());
    let mut numbers = Vec::with_capacity(count);
    for _ in 0..count {
        while bits < width {
            held |= u64::from(*bytes.next().ok_or(CUT)?) << bits;
            bits += 8;
        }
        numbers.push((held & mask) as u32);
        (held, bits) = (held >> width, bits - width);
    }
    if held == 0 { Ok(numbers) } else { Err("bits follow the numbers") }
}

/// Packs numbers, or the differences between them if those are smaller: consecutive numbers take no space. `first` is
/// the first number, which is stored elsewhere.
pub(super) fn pack_either(first: u32, numbers: &[u32]) -> Vec<u8> {
    let expected =
        std::iter::once(first).chain(numbers.iter().map(|number| number.wrapping_add(1)));
    let steps = numbers.iter().zip(expected);
    let mut steps = pack(steps.map(|(number, expected)| folded(number.wrapping_sub(expected))));
    let plain = pack(numbers.iter().copied());
    if plain.len() <= steps.len() {
        return plain;
    }
    if let Some(width) = steps.first_mut() {
        *width |= STEPS;
    }
    steps
}

/// Unpacks the numbers of [`pack_either`].
pub(super) fn unpack_either(first: u32, bytes: &[u8], count: usize) -> Sound<Vec<u32>> {
    let Some((width, rest)) = bytes.split_first().filter(|(width, _)| *width & STEPS != 0) else {
        return unpack(bytes, count);
    };
    let mut steps = vec![width & !STEPS];
    steps.extend_from_slice(rest);
    let mut expected = first;
    let mut numbers = unpack(&steps, count)?;
    for number in &mut numbers {
        *number = expected.wrapping_add(unfolded(*number));
        expected = number.wrapping_add(1);
    }
    Ok(numbers)
}

/// Maps a signed number to an unsigned one that is small if the signed one is near 0 (zigzag encoding).
const fn folded(step: u32) -> u32 {
    (step << 1) ^ ((step as i32 >> 31) as u32)
}

/// The inverse of [`folded`].
const fn unfolded(folded: u32) -> u32 {
    (folded >> 1) ^ (folded & 1).wrapping_neg()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_are_the_same_after_unpacking(numbers: Vec<u32>, shift in 0..32_u32, up: bool) {
            let shifted = numbers.iter().map(|number| number >> shift);
            let numbers: Vec<u32> =
                if up { (shift * 900..).zip(shifted).map(|(at, _)| at).collect() } else { shifted.collect() };
            let packed = pack(numbers.iter().copied());
            prop_assert_eq!(&unpack(&packed, numbers.len()).unwrap(), &numbers);
            let first = numbers.first().copied().unwrap_or_default();
            let packed = pack_either(first, &numbers);
            prop_assert_eq!(&unpack_either(first, &packed, numbers.len()).unwrap(), &numbers);
        }

        #[test]
        fn any_bytes_give_the_right_count_of_numbers_or_an_error(bytes: Vec<u8>, count in 0..100_usize) {
            let found = [unpack(&bytes, count), unpack_either(7, &bytes, count)];
            for numbers in found.into_iter().flatten() {
                prop_assert_eq!(numbers.len(), count);
            }
        }
    }

    #[test]
    fn the_bytes_of_numbers_are_pinned() {
        assert_eq!(pack([1, 2, 3, 7].into_iter()), [3, 0b1101_0001, 0b1110]);
        assert_eq!(pack([0, 0, 0].into_iter()), [0]);
        assert_eq!(pack_either(0, &[0, 1, 2, 3]), [STEPS]);
        assert_eq!(pack_either(700, &[700, 701, 703, 704]), [STEPS | 2, 0b10_0000]);
        assert_eq!(pack_either(3, &[3, 0, 2, 1]), [2, 0b0110_0011]);
    }
}
