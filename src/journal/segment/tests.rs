//! The header of a segment, and which names are those of segments.

use super::*;
use crate::disk::MemoryDisk;

const ID: StoreId = StoreId([1; 16]);

fn header() -> SegmentHeader {
    SegmentHeader { store_id: ID, first: 5, base_time: Timestamp::from_millis(9) }
}

#[test]
fn the_bytes_of_a_segment_header_are_pinned() {
    let bytes = header().encode();
    let mut expected = b"viewlink\x01\0\0\0".to_vec();
    expected.extend_from_slice(&[1; 16]);
    expected.extend_from_slice(&[5, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(bytes[..44], expected);
    assert_eq!(bytes[44..], crc32fast::hash(&expected).to_le_bytes());
    assert_eq!(SegmentHeader::decode(&bytes, 5, ID).unwrap(), header());
}

#[test]
fn any_flipped_bit_of_a_segment_header_shows() {
    for bit in 0..ENCODED_LEN * 8 {
        let mut bytes = header().encode();
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(SegmentHeader::decode(&bytes, 5, ID).is_err(), "bit {bit}");
    }
}

#[test]
fn a_newer_format_a_foreign_store_and_a_wrong_name_are_told_apart() {
    let bytes = header().encode();
    let mut newer = bytes;
    newer[8] = 2;
    let error = SegmentHeader::decode(&newer, 5, ID).unwrap_err();
    assert!(matches!(error, Error::NewerFormat { found: 2, .. }), "{error}");
    let error = SegmentHeader::decode(&bytes, 5, StoreId([2; 16])).unwrap_err();
    assert!(error.to_string().contains("another store"), "{error}");
    let error = SegmentHeader::decode(&bytes, 6, ID).unwrap_err();
    assert!(error.to_string().contains("starts at revision 5"), "{error}");
}

#[test]
fn only_segments_are_segments() {
    let disk = MemoryDisk::default();
    Segments::create_dir(&disk).unwrap();
    assert_eq!(Segments::foreign_name(&disk).unwrap(), None);
    for known in ["journal/unfinished", "journal/00000000000000000007.log"] {
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
