//! The bytes of a frame, and invalid frames.

use super::*;
use crate::disk::{Disk, MemoryDisk};

const ID: StoreId = StoreId([7; 16]);

fn before(revision: u64) -> Point {
    Point { revision, hash: ChainHash([5; 16]), age: Age::default() }
}

fn age() -> Age {
    Age { millis: 300, clock: Timestamp::from_millis(1_000) }
}

/// The frame of changes after a revision.
fn frame(revision: u64, durable_up_to: u64, mark: &[u8], payloads: &[&[u8]]) -> Vec<u8> {
    frame_of(ID, revision, durable_up_to, mark, payloads)
}

fn frame_of(
    id: StoreId,
    revision: u64,
    durable_up_to: u64,
    mark: &[u8],
    payloads: &[&[u8]],
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let before = before(revision);
    NewFrame { before, durable_up_to, age: age(), mark, payloads }.push(id, &mut bytes).unwrap();
    bytes
}

fn header_of(frame: &[u8]) -> [u8; HEADER_LEN] {
    *frame.first_chunk().unwrap()
}

fn read(bytes: &[u8], due: u64) -> Option<(Group, ChainHash)> {
    let disk = MemoryDisk::default();
    let file = disk.create("segment").unwrap();
    file.write_at(5, bytes).unwrap();
    let mut window = Window::new(file);
    let header = header_at(&mut window, ID, 5, due).unwrap()?;
    group_at(&mut window, ID, 5, &header, before(due - 1)).unwrap()
}

#[test]
fn the_bytes_of_a_frame_are_pinned() {
    let bytes = frame(1, 0, b"m", &[b"abc", b""]);
    let hash = before(1).hash.after(b"abc").after(b"");
    let mut expected = vec![32, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0];
    expected.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, 0, 44, 1, 0, 0, 0, 0, 0, 0]);
    expected.extend_from_slice(&[232, 3, 0, 0, 0, 0, 0, 0]);
    let crc = checksum(ID, &[&expected]);
    expected.extend_from_slice(&crc.to_le_bytes());
    expected.extend_from_slice(&hash.0);
    expected.extend_from_slice(b"\x01\0\0\0m\x03\0\0\0abc\0\0\0\0");
    assert_eq!(crc, 2_115_536_900, "header");
    let crc = checksum(ID, &[&expected[..40], &expected[44..]]);
    assert_eq!(crc, 3_549_200_981);
    expected.extend_from_slice(&crc.to_le_bytes());
    assert_eq!(bytes, expected);
}

#[test]
fn a_frame_reads_back() {
    let payloads: [&[u8]; 3] = [b"payload", b"", b"another one"];
    let bytes = frame(8, 4, b"mark", &payloads);
    let Parsed::Header(header) = parse(ID, &header_of(&bytes)) else { panic!() };
    assert_eq!((header.first, header.last(), header.durable_up_to), (9, 11, 4));
    assert_eq!((header.frame_len(), header.age), (bytes.len() as u64, age()));
    let (group, hash) = read(&bytes, 9).unwrap();
    assert_eq!((group.before, group.age, &*group.mark), (before(8), age(), &b"mark"[..]));
    assert!(group.changes.iter().map(AsRef::as_ref).eq(payloads));
    assert_eq!(group.end(), Point { revision: 11, hash, age: age() });
}

#[test]
fn any_flipped_bit_of_a_frame_is_detected() {
    let bytes = frame(8, 4, b"mark", &[b"payload", b"another one"]);
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if bit / 8 < HEADER_LEN {
            assert_eq!(parse(ID, &header_of(&flipped)), Parsed::Torn, "bit {bit}");
        }
        assert_eq!(read(&flipped, 9), None, "bit {bit}");
    }
}

#[test]
fn a_frame_that_ends_early_is_invalid() {
    let bytes = frame(8, 4, b"mark", &[b"payload", b"another one"]);
    for length in 0..bytes.len() {
        assert_eq!(read(&bytes[..length], 9), None, "{length} bytes");
        let mut torn = bytes.clone();
        torn[length..].fill(0);
        assert!(read(&torn, 9).is_none() || torn == bytes, "zeros after {length} bytes");
    }
}

#[test]
fn a_body_belongs_to_one_header_only() {
    let (one, other) = (frame(8, 4, b"", &[b"payload"]), frame(8, 5, b"", &[b"payload"]));
    let mixed = [&one[..HEADER_LEN], &other[HEADER_LEN..]].concat();
    assert_eq!(read(&mixed, 9), None);
}

#[test]
fn a_frame_of_another_store_is_invalid() {
    let bytes = frame_of(StoreId([8; 16]), 8, 4, b"", &[b"payload"]);
    assert_eq!(parse(ID, &header_of(&bytes)), Parsed::Torn);
}

#[test]
fn the_displayed_part_of_a_store_id_is_not_enough_to_imitate_a_frame() {
    let mut told = ID;
    told.0[15] ^= 1;
    assert_eq!(format!("{told:?}"), format!("{ID:?}"));
    let bytes = frame_of(told, 8, 4, b"", &[b"payload"]);
    assert_eq!(parse(ID, &header_of(&bytes)), Parsed::Torn);
}

#[test]
fn a_frame_that_states_itself_as_synced_is_invalid() {
    for (durable_up_to, is_frame) in [(1, true), (2, false), (3, false)] {
        let header = header_of(&frame(1, durable_up_to, b"", &[b"abc"]));
        assert_eq!(matches!(parse(ID, &header), Parsed::Header(_)), is_frame, "{durable_up_to}");
    }
}

/// With correct checksums, which only a defect could write.
#[test]
fn a_frame_with_contradicting_lengths_is_invalid() {
    let bytes = frame(1, 0, b"mark", &[b"abc", b"de"]);
    let parsed = |count, body_len| {
        let Parsed::Header(header) = parse(ID, &header_of(&bytes)) else { panic!() };
        let header = FrameHeader { count, body_len, ..header }.encode(ID);
        matches!(parse(ID, &header), Parsed::Header(_))
    };
    assert!(parsed(1, 24) && !parsed(1, 23) && !parsed(0, 24) && !parsed(2, 27));
    for (at, byte) in [(12, 1), (12, 3), (60, 5), (60, 255), (68, 4), (68, 2), (75, 3), (75, 1)] {
        let mut wrong = bytes.clone();
        wrong[at] = byte;
        let crc = checksum(ID, &[&wrong[..HEADER_LEN - CRC_LEN]]).to_le_bytes();
        wrong[HEADER_LEN - CRC_LEN..HEADER_LEN].copy_from_slice(&crc);
        let end = wrong.len() - CRC_LEN;
        let crc = frame_checksum(ID, &wrong[..end]).to_le_bytes();
        wrong[end..].copy_from_slice(&crc);
        assert_eq!(read(&wrong, 2), None, "byte {at} is {byte}");
    }
}

#[test]
fn only_the_frame_with_the_expected_revision_is_found() {
    let bytes = frame(2, 1, b"", &[b"abc"]);
    for (due, found) in [(2, false), (3, true), (4, false)] {
        assert_eq!(read(&bytes, due).is_some(), found, "due {due}");
    }
}

#[test]
fn zeros_end_a_segment() {
    assert_eq!(parse(ID, &[0; HEADER_LEN]), Parsed::End);
}

/// The memory is not touched: the length is known before any copying.
#[test]
fn a_group_of_4_gib_is_too_long_and_does_not_change_the_buffer() {
    let part = vec![0; 1 << 30];
    let payloads: Vec<&[u8]> = vec![&part; 4];
    let mut buffer = vec![1];
    let frame = NewFrame {
        before: before(0),
        durable_up_to: 0,
        age: age(),
        mark: b"",
        payloads: &payloads,
    };
    let error = frame.push(ID, &mut buffer).unwrap_err();
    assert!(matches!(error, Error::TooLong { what: "group of changes", .. }), "{error}");
    assert_eq!(buffer, [1]);
}
