//! The rows of the key-value stores: the same bytes in LMDB, fjall, redb, canopydb and RocksDB, which has the number of
//! links in a separate table.
//!
//! | table | key | value |
//! | --- | --- | --- |
//! | views | view key | id, number of links |
//! | names | view id | view key |
//! | links | view id ‖ resource key | link time, place in the request |
//! | backlinks | resource key ‖ 0 ‖ view id | nothing |

use crate::Result;

/// A view's row.
#[derive(Clone, Copy)]
pub(super) struct ViewRow {
    pub(super) id: u32,
    pub(super) links: u64,
}

impl ViewRow {
    pub(super) fn to_bytes(self) -> [u8; 12] {
        join(self.id.to_be_bytes(), self.links.to_be_bytes())
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let (id, links) = split(bytes)?;
        Ok(Self { id: u32::from_be_bytes(id), links: u64::from_be_bytes(whole(links)?) })
    }
}

/// A link's row: big-endian, so that links are in time order when their rows are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LinkRow {
    pub(super) linked_at: u64,
    pub(super) place: u32,
}

impl LinkRow {
    pub(super) fn to_bytes(self) -> [u8; 12] {
        join(self.linked_at.to_be_bytes(), self.place.to_be_bytes())
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let (linked_at, place) = split(bytes)?;
        let linked_at = u64::from_be_bytes(linked_at);
        Ok(Self { linked_at, place: u32::from_be_bytes(whole(place)?) })
    }
}

/// Writes the key of a link; the buffer is used again for the next one.
pub(super) fn link_key(buffer: &mut Vec<u8>, view: u32, key: &str) {
    buffer.clear();
    buffer.extend_from_slice(&view.to_be_bytes());
    buffer.extend_from_slice(key.as_bytes());
}

/// The resource key in the key of a link.
pub(super) fn resource_of(link_key: &[u8]) -> Result<&str> {
    let (_, key) = split::<4>(link_key)?;
    Ok(str::from_utf8(key)?)
}

/// The common prefix of the keys of a resource's backlinks.
pub(super) fn backlink_prefix(buffer: &mut Vec<u8>, key: &str) {
    buffer.clear();
    buffer.extend_from_slice(key.as_bytes());
    // Below every byte of a key, so that the backlinks of two keys do not mix.
    buffer.push(0);
}

/// Writes the key of a backlink; the buffer is used again for the next one.
pub(super) fn backlink_key(buffer: &mut Vec<u8>, key: &str, view: u32) {
    backlink_prefix(buffer, key);
    buffer.extend_from_slice(&view.to_be_bytes());
}

/// The view id at the end of the key of a backlink.
pub(super) fn view_of(backlink_key: &[u8]) -> Result<[u8; 4]> {
    backlink_key.last_chunk().copied().ok_or_else(|| "a backlink is too short".into())
}

/// The first `limit` links in the order of their times.
pub(super) fn oldest<K>(mut links: Vec<(LinkRow, K)>, limit: usize) -> Vec<(LinkRow, K)> {
    if limit < links.len() {
        links.select_nth_unstable_by_key(limit, |(row, _)| *row);
        links.truncate(limit);
    }
    links.sort_unstable_by_key(|(row, _)| *row);
    links
}

fn join<const A: usize, const B: usize>(front: [u8; A], back: [u8; B]) -> [u8; 12] {
    const { assert!(A + B == 12) };
    let mut bytes = [0; 12];
    let (first, second) = bytes.split_at_mut(A);
    first.copy_from_slice(&front);
    second.copy_from_slice(&back);
    bytes
}

fn split<const N: usize>(bytes: &[u8]) -> Result<([u8; N], &[u8])> {
    let (front, back) = bytes.split_first_chunk().ok_or("a row is too short")?;
    Ok((*front, back))
}

fn whole<const N: usize>(bytes: &[u8]) -> Result<[u8; N]> {
    Ok(bytes.try_into()?)
}
