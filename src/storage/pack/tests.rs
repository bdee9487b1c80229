//! How long blocks become, to the byte.

use super::*;
use crate::model::time::Timestamp;

/// Entries with names of a common beginning and one stamp each of `stamps` in turn.
fn packer(entries: usize, stamps: usize) -> Packer {
    let mut packer = Packer::default();
    for number in 0..entries {
        let time = Timestamp::from_millis((number % stamps) as u64);
        let stamp = packer.stamp((time, 1));
        let name = format!("{}{number:05}", "common-".repeat(5));
        packer.push(&[name.as_bytes()], stamp, b"payload");
    }
    packer
}

/// An entry of which all but the payload takes 12 bytes.
fn of_len(len: usize) -> Packer {
    let mut packer = Packer::default();
    packer.push(&[b""], 0, &vec![7; len - 12]);
    assert_eq!(packer.packed_len(), len);
    packer
}

/// The length of the rest of a name is expected to take two bytes, and that of a short one takes one.
#[test]
fn the_length_of_a_block_is_known_before_it_is_packed() {
    for (entries, stamps) in [(1, 1), (2, 1), (2, 2), (40, 1), (40, 5), (40, 40)] {
        let packer = packer(entries, stamps);
        let blocks: Vec<_> = packer.pack().collect();
        assert_eq!(blocks.len(), 1);
        assert_eq!(packer.packed_len(), blocks[0].1.len() + entries, "{entries}, {stamps}");
    }
}

#[test]
fn what_is_small_or_roomy_is_so_to_the_byte() {
    assert!(of_len(899).is_small() && !of_len(900).is_small());
    assert!(of_len(2_700).is_roomy() && !of_len(2_701).is_roomy());
}

#[test]
fn a_block_is_divided_into_even_parts_when_it_is_too_long_for_one() {
    for (entries, stamps) in [(300, 1), (1_000, 1), (300, 300)] {
        let packer = packer(entries, stamps);
        let parts = packer.packed_len().div_ceil(2_700);
        // Each part has a header, the common beginning and a stamp of its own.
        let prefix = packer.prefix_len(&packer.entries);
        assert_eq!(packer.even_len(), packer.packed_len().div_ceil(parts) + 7 + prefix + 16);
        let blocks: Vec<_> = packer.pack().map(|(_, block)| block.len()).collect();
        assert!((parts..=parts + 1).contains(&blocks.len()), "{blocks:?} in {parts}");
        assert!(blocks.iter().all(|&len| len <= packer.even_len()), "{blocks:?}");
    }
}
