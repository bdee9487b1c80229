//! Every decoder of a row, fed anything.

use super::block::Block;
use super::pack::Packer;
use super::posting::Posting;
use super::records::{Head, LinkRecord, ProjectRow, ViewKeyRecord, ViewRow};
use super::resource_record::ResourceRow;
use super::tables::split_row_key;
use super::term::Term;
use super::upgrade::{LinkRow, PostingRow};
use crate::codec;
use crate::model::error::Result;
use crate::model::resource::ResourceType;

/// Reads bytes as each kind of row there is or was; none may panic, whatever the bytes are.
pub(crate) fn decode_row(bytes: &[u8]) {
    let (key, value) = bytes.split_at(bytes.len().min(bytes.first().map_or(0, |&at| at.into())));
    let _ = ProjectRow::from_row(key, value);
    let _ = ViewRow::from_row(key, value);
    let _ = split_row_key(key);
    if let Ok(row) = ResourceRow::decode(key, value) {
        for term in Term::of(&row.fields) {
            let _ = term.row_key(0, row.name.as_str());
        }
        for resource_type in ResourceType::ALL {
            let _ = row.clone().into_resource(resource_type);
        }
    }
    let _ = ViewKeyRecord::decode(bytes);
    let _ = Head::decode(bytes);
    let _ = Posting::decode(bytes);
    let _ = codec::decode::<LinkRow>(bytes);
    if let Ok(PostingRow::V1 { gaps }) = codec::decode(bytes) {
        let _ = Posting::from_gaps(gaps.into_iter().map(Some));
    }
    let _ = read_block(bytes, key);
}

fn read_block(bytes: &[u8], name: &[u8]) -> Result<()> {
    let block = Block::parse(bytes)?;
    let _ = block.find(0, name);
    for place in 0..block.len() {
        let _ = block.name(place);
        if let Ok(entry) = block.entry(place) {
            let _ = LinkRecord::of_entry(&block, &entry);
            let _ = Posting::decode(entry.payload);
        }
    }
    block.unpack_all(&mut Packer::default())
}
