//! A journal whose only segment holds anything.

use std::sync::Arc;

use super::frame;
use super::reader::Reader;
use super::segment::{SegmentHeader, Segments};
use super::store_id::StoreId;
use super::survey::survey;
use crate::disk::{Disk, MemoryDisk};
use crate::model::Change;
use crate::model::error::Result;
use crate::model::time::Timestamp;

/// Reads bytes as a change, as a segment, as what follows a right header, and as a payload whose
/// checksums are right; none may panic, whatever the bytes are.
pub(crate) fn read_journal(bytes: &[u8]) {
    let _ = Change::from_record(1, bytes);
    let store_id = StoreId([7; 16]);
    let header = SegmentHeader { store_id, first: 1, base_time: Timestamp::from_millis(1) };
    let header = header.encode();
    let mut framed = header.to_vec();
    let (one, other) = bytes.split_at(bytes.len() / 2);
    let _ = frame::push(&mut framed, store_id, 1, 0, one);
    let _ = frame::push(&mut framed, store_id, 2, 1, other);
    for segment in [bytes, &[&header, bytes].concat(), &framed] {
        let _ = read_segment(segment, store_id);
    }
}

fn read_segment(bytes: &[u8], store_id: StoreId) -> Result<()> {
    let disk = MemoryDisk::default();
    Segments::create_dir(&disk)
        .and_then(|()| disk.create("journal/00000000000000000001.log"))
        .and_then(|file| file.write_at(0, bytes))
        .map_err(|error| crate::Error::io("make a journal", error))?;
    let segments = Arc::new(Segments::open(Arc::new(disk), store_id)?);
    for state_revision in 0..2 {
        let found = survey(&segments, state_revision)?;
        for change in Reader::new(Arc::clone(&segments), 1, found.head)? {
            let (revision, payload) = change?;
            let _ = Change::from_record(revision, &payload);
        }
    }
    Ok(())
}
