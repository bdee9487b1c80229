//! Arbitrary bytes, in place of what the store wrote.

use proptest::prelude::*;
use viewlink::decode_anything;

/// The bytes of a record that the store writes: the variant of an enum, numbers and short texts.
fn nearly_a_record() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        (0..4_u8).prop_map(|small| vec![small]),
        any::<u8>().prop_map(|byte| vec![byte]),
        "[a-z0-9]{0,8}".prop_map(|text| [&[text.len() as u8][..], text.as_bytes()].concat()),
        any::<u16>().prop_map(|short| short.to_le_bytes().to_vec()),
        any::<u64>().prop_map(|long| [&[253][..], &long.to_le_bytes()].concat()),
    ];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn arbitrary_bytes_are_valid_or_an_error(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        decode_anything(&bytes);
    }

    #[test]
    fn bytes_that_are_nearly_a_record_are_valid_or_an_error(bytes in nearly_a_record()) {
        decode_anything(&bytes);
    }
}
