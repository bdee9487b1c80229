//! Blocks against a sorted map, and against bytes that are none.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::storage::read_links::record as record_at;
use crate::storage::records::LinkRecord;

type Links = BTreeMap<Vec<u8>, LinkRecord>;

fn record() -> impl Strategy<Value = LinkRecord> {
    (0..4_u64, 0..4_u64, any::<u32>()).prop_map(|(time, revision, request_index)| {
        let linked_at = Timestamp::from_millis(1_700_000_000_000 + time);
        LinkRecord { linked_at, revision, request_index }
    })
}

fn links(most: usize) -> impl Strategy<Value = Links> {
    let name = prop_oneof![
        "[a-c]{1,3}",
        "flag-[0-9a-f]{8}",
        "(prod|test)\0[a-z]{1,9}",
        "x{200,513}",
        "flag-checkout-[a-z]{40,60}",
    ];
    prop::collection::btree_map(name.prop_map(String::into_bytes), record(), 0..most)
}

fn pack(links: &Links) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut packer = Packer::default();
    for (name, record) in links {
        record.push(name, &mut packer);
    }
    packer.pack().map(|(first, block)| (first.to_vec(), block)).collect()
}

fn links_of(bytes: &[u8]) -> Result<Vec<(Vec<u8>, LinkRecord)>> {
    let block = Block::parse(bytes)?;
    (0..block.len()).map(|place| Ok((block.name(place)?, record_at(&block, place)?))).collect()
}

proptest! {
    #[test]
    fn what_is_packed_is_there_in_order(links in links(400)) {
        let blocks = pack(&links);
        let mut found = Vec::new();
        for (first, block) in &blocks {
            let in_block = links_of(block).unwrap();
            prop_assert_eq!(&in_block[0].0, first);
            prop_assert!(block.len() <= 4_000, "a block of {} bytes", block.len());
            found.extend(in_block);
        }
        prop_assert_eq!(found, links.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn a_name_is_found_where_it_is_or_belongs(links in links(60), other in links(20)) {
        for (_, block) in pack(&links) {
            let names: Vec<_> = links_of(&block).unwrap().into_iter().map(|(name, _)| name).collect();
            let block = Block::parse(&block).unwrap();
            for name in names.iter().chain(other.keys()) {
                prop_assert_eq!(block.find(0, name).unwrap(), names.binary_search(name));
            }
        }
    }

    #[test]
    fn links_packed_again_take_no_more(links in links(60)) {
        for (_, block) in pack(&links) {
            let mut packer = Packer::default();
            Block::parse(&block).unwrap().unpack_all(&mut packer).unwrap();
            let again: Vec<_> = packer.pack().map(|(_, block)| block).collect();
            prop_assert_eq!(again, [block]);
        }
    }

    #[test]
    fn two_packers_come_together_as_one(links in links(60), cut in 0..60_usize) {
        let cut = links.keys().nth(cut).cloned().unwrap_or_default();
        let (mut front, mut back) = (Packer::default(), Packer::default());
        for (name, record) in &links {
            let half = if *name < cut { &mut front } else { &mut back };
            record.push(name, half);
        }
        front.append(&back);
        let joined: Vec<_> =
            front.pack().flat_map(|(_, block)| links_of(&block).unwrap()).collect();
        prop_assert_eq!(joined, links.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn arbitrary_bytes_are_a_block_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        read_all(&bytes);
    }

    #[test]
    fn a_changed_byte_is_a_block_or_an_error(links in links(30), at in any::<usize>(), byte: u8) {
        for (_, mut block) in pack(&links) {
            let at = at % block.len();
            block[at] = byte;
            read_all(&block);
        }
    }
}

/// Every way to read a block, none of which may panic.
fn read_all(bytes: &[u8]) {
    let _ = links_of(bytes);
    if let Ok(block) = Block::parse(bytes) {
        let _ = block.find(0, b"flag-1");
        let _ = block.unpack_all(&mut Packer::default());
    }
}

#[test]
fn the_bytes_of_a_block_are_pinned() {
    let record = |time, request_index| LinkRecord {
        linked_at: Timestamp::from_millis(time),
        revision: 3,
        request_index,
    };
    let links = [(b"ab1".to_vec(), record(5, 0)), (b"ab22".to_vec(), record(5, 300))];
    let blocks = pack(&links.into());
    let mut expected = vec![1, 2, 0, 2, 0, 1, 0, b'a', b'b'];
    expected.extend_from_slice(&[5, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0]);
    expected.extend_from_slice(&[0, 0, 4, 0]);
    expected.extend_from_slice(&[1, b'1', 0, 0, 2, b'2', b'2', 0, 0xac, 2]);
    assert_eq!(blocks, [(b"ab1".to_vec(), expected)]);
}

#[test]
fn a_thousand_links_of_one_change_take_few_blocks() {
    let record = |request_index| LinkRecord {
        linked_at: Timestamp::from_millis(1_700_000_000_000),
        revision: 1,
        request_index,
    };
    let links: Links = (0..1_000)
        .map(|n: u32| (format!("flag-{:016x}", n * 7_919).into_bytes(), record(n)))
        .collect();
    let blocks = pack(&links);
    assert!(blocks.len() <= 10, "{} blocks", blocks.len());
    let sizes: Vec<_> = blocks.iter().map(|(_, block)| block.len()).collect();
    assert!(sizes.iter().all(|&size| size > 1_500 && size <= 3_000), "{sizes:?}");
}

/// Packed anew, it would become a block of other names.
#[test]
fn a_block_that_is_not_in_order_is_not_packed_again() {
    for names in [["b", "c", "b"], ["a", "a", "b"], ["a", "c", "b"]] {
        let mut bytes = vec![FORMAT, 3, 0, 0, 0, 0, 0, 0, 0, 4, 0, 8, 0];
        for name in names {
            bytes.extend_from_slice(&[1, name.as_bytes()[0], 0, 0]);
        }
        let block = Block::parse(&bytes).unwrap();
        assert_eq!(block.name(2).unwrap(), names[2].as_bytes());
        let mut packer = Packer::default();
        assert!(block.unpack_all(&mut packer).is_err(), "{names:?}");
        // Also where the parts that are copied begin in the middle.
        let unpacking = block.unpack(&mut packer);
        let parts = [0..1, 1..2, 2..3].map(|part| unpacking.copy(part, &mut packer));
        assert!(parts.iter().any(Result::is_err), "{names:?}");
    }
}

#[test]
fn a_block_of_another_format_or_with_a_prefix_that_no_name_has_is_none() {
    let block = |format: u8, prefix: u16| {
        let mut bytes = vec![format, 0, 0];
        bytes.extend_from_slice(&prefix.to_le_bytes());
        bytes.extend_from_slice(&[0, 0]);
        bytes.resize(HEADER_LEN + usize::from(prefix), b'x');
        bytes
    };
    let longest = u16::try_from(MAX_NAME_LEN).unwrap();
    assert!(Block::parse(&block(FORMAT, longest)).is_ok());
    assert!(Block::parse(&block(FORMAT, longest + 1)).is_err());
    assert!(Block::parse(&block(FORMAT + 1, longest)).is_err());
    assert!(Block::parse(&block(0, 0)).is_err());
}

#[test]
fn an_entry_with_a_stamp_that_is_not_there_is_not_packed_again() {
    for (stamp, fits) in [(0, true), (1, false)] {
        let mut bytes = vec![FORMAT, 1, 0, 0, 0, 1, 0];
        bytes.extend_from_slice(&[0; STAMP_LEN]);
        bytes.extend_from_slice(&[0, 0, 1, b'a', stamp, 0]);
        let unpacked = Block::parse(&bytes).unwrap().unpack_all(&mut Packer::default());
        assert_eq!(unpacked.is_ok(), fits, "stamp {stamp}");
    }
}
