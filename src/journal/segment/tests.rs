//! The header of a segment, and the names of segments.

use super::*;
use crate::disk::{Disk, MemoryDisk};
use crate::journal::segments::Segments;

const ID: StoreId = StoreId([1; 16]);

fn header() -> SegmentHeader {
    let age = Age { millis: 6, clock: Timestamp::from_millis(9) };
    let before = Point { revision: 4, hash: ChainHash([2; 16]), age };
    SegmentHeader { store_id: ID, before }
}

fn decode(bytes: &[u8; ENCODED_LEN], first: u64, store_id: StoreId) -> Result<SegmentHeader> {
    SegmentHeader::decode(bytes, "segment", first, Some(store_id))
}

#[test]
fn the_bytes_of_a_segment_header_are_pinned() {
    let bytes = header().encode();
    let mut expected = b"viewlink\x01\0\0\0".to_vec();
    expected.extend_from_slice(&[1; 16]);
    expected.extend_from_slice(&[5, 0, 0, 0, 0, 0, 0, 0]);
    expected.extend_from_slice(&[2; 16]);
    expected.extend_from_slice(&[6, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(bytes[..68], expected);
    assert_eq!(bytes[68..], crc32fast::hash(&expected).to_le_bytes());
    assert_eq!(decode(&bytes, 5, ID).unwrap(), header());
}

#[test]
fn any_flipped_bit_of_a_segment_header_is_detected() {
    for bit in 0..ENCODED_LEN * 8 {
        let mut bytes = header().encode();
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(decode(&bytes, 5, ID).is_err(), "bit {bit}");
    }
}

#[test]
fn a_newer_format_a_foreign_store_and_a_wrong_name_have_different_errors() {
    let bytes = header().encode();
    let mut newer = bytes;
    newer[8] = 2;
    let error = decode(&newer, 5, ID).unwrap_err();
    assert!(matches!(error, Error::NewerFormat { found: 2, .. }), "{error}");
    let error = decode(&bytes, 5, StoreId([2; 16])).unwrap_err();
    assert!(error.to_string().contains("another store"), "{error}");
    let error = decode(&bytes, 6, ID).unwrap_err();
    assert!(error.to_string().contains("starts at revision 5"), "{error}");
}

#[test]
fn only_names_of_segments_are_accepted() {
    let disk = MemoryDisk::default();
    Segments::create_dir(&disk).unwrap();
    assert_eq!(Segments::foreign_name(&disk).unwrap(), None);
    for known in ["journal/unfinished", "journal/ahead", "journal/00000000000000000007.log"] {
        disk.create(known).unwrap();
    }
    assert_eq!(Segments::foreign_name(&disk).unwrap(), None);
    for foreign in ["finished", "7.log", "0000000000000000000x.log"] {
        let name = format!("journal/{foreign}");
        disk.create(&name).unwrap();
        assert_eq!(Segments::foreign_name(&disk).unwrap().as_deref(), Some(foreign));
        disk.remove(&name).unwrap();
    }
}
