//! A journal whose only segment has arbitrary bytes.

use std::sync::Arc;

use super::frame::NewFrame;
use super::point::{Age, Point};
use super::reader::Reader;
use super::scan::{StateHead, scan};
use super::segment::SegmentHeader;
use super::segments::Segments;
use super::store_id::StoreId;
use crate::disk::{Disk, MemoryDisk};
use crate::model::ChangeRecord;
use crate::model::chain_hash::ChainHash;
use crate::model::error::{Error, Result};

/// Reads bytes as a change, as a segment, as frames after a valid header, and as a payload with valid checksums. None
/// of these may panic, whatever the bytes are.
pub(crate) fn read_journal(bytes: &[u8]) {
    let _ = ChangeRecord::decode(bytes);
    let store_id = StoreId([7; 16]);
    let before = Point::default();
    let header = SegmentHeader { store_id, before }.encode();
    let mut framed = header.to_vec();
    let (one, other) = bytes.split_at(bytes.len() / 2);
    let (durable_up_to, age) = (0, Age::default());
    let frame = NewFrame { before, durable_up_to, age, mark: other, payloads: &[one, other] };
    let _ = frame.push(store_id, &mut framed);
    for segment in [bytes, &[&header, bytes].concat(), &framed] {
        let _ = read_segment(segment, store_id);
    }
}

fn read_segment(bytes: &[u8], store_id: StoreId) -> Result<()> {
    let disk = MemoryDisk::default();
    Segments::create_dir(&disk)
        .and_then(|()| disk.create("journal/00000000000000000001.log"))
        .and_then(|file| file.write_at(0, bytes))
        .map_err(|error| Error::io("make a journal", error))?;
    let segments = Arc::new(Segments::open(Arc::new(disk), store_id)?);
    for revision in 0..3 {
        let hash = segments.hash_at(revision)?.filter(|&hash| hash != ChainHash::default());
        let found = scan(&segments, StateHead { revision, hash })?;
        for change in Reader::new(Arc::clone(&segments), 1, found.head)? {
            let (_, payload) = change?;
            let _ = ChangeRecord::decode(&payload);
        }
    }
    Ok(())
}
