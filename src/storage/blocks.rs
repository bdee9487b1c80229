//! Where the blocks of a view are.
//!
//! The key of a block's row is the view's id and a name that no link in it is below, and that all
//! links of the blocks before are below. The first block has the empty name. So every name has one
//! block that it is in or belongs into.

use std::ops::Bound;

use redb::{AccessGuard, ReadableTable, Table};

use super::block::Block;
use super::pack::Packer;
use super::tables::{Bytes, Prefix, row_key, split_row_key};
use crate::error::Result;

type Guard<'t> = AccessGuard<'t, Bytes>;

/// The row of the block that a name is in or belongs into; `None` when the view has none there.
pub(super) fn holding<'t>(
    table: &'t impl ReadableTable<Bytes, Bytes>,
    view: u32,
    name: &[u8],
) -> Result<Option<(Guard<'t>, Guard<'t>)>> {
    let key = row_key(view, name);
    let mut cursor = table.upper_bound(Bound::Included(&*key))?;
    Ok(cursor.prev()?.filter(|(key, _)| is_of(key.value(), view)))
}

fn is_of(key: &[u8], view: u32) -> bool {
    split_row_key(key).is_some_and(|(found, _)| found == view)
}

/// The block that a name is in or belongs into, as the table has it.
pub(super) struct Place<'t> {
    row: Row,
    value: Option<Guard<'t>>,
}

/// The row of a block.
pub(super) struct Row {
    view: u32,
    key: Vec<u8>,
    /// The key of the next block of the view.
    end: Option<Vec<u8>>,
    /// Whether the row is in the table.
    is_there: bool,
}

pub(super) fn place_of<'t>(
    table: &'t Table<'_, Bytes, Bytes>,
    view: u32,
    name: &[u8],
) -> Result<Place<'t>> {
    let key = row_key(view, name);
    let mut cursor = table.upper_bound(Bound::Included(&*key))?;
    let next = cursor.peek_next()?.filter(|(key, _)| is_of(key.value(), view));
    let end = next.map(|(key, _)| key.value().to_vec());
    let found = cursor.prev()?.filter(|(key, _)| is_of(key.value(), view));
    let (key, value) = match found {
        Some((key, value)) => (key.value().to_vec(), Some(value)),
        None => (row_key(view, b""), None),
    };
    Ok(Place { row: Row { view, key, end, is_there: value.is_some() }, value })
}

impl Place<'_> {
    /// Whether a name, not below the one the place was looked for by, belongs here.
    pub(super) fn holds(&self, name: &[u8]) -> bool {
        self.row
            .end
            .as_ref()
            .is_none_or(|end| split_row_key(end).is_some_and(|(_, end)| name < end))
    }

    pub(super) fn with_block<T>(&self, act: impl FnOnce(Block<'_>) -> Result<T>) -> Result<T> {
        match &self.value {
            Some(value) => act(Block::parse(value.value())?),
            None => act(Block::default()),
        }
    }

    /// The row, so that the table can be written.
    pub(super) fn into_row(self) -> Row {
        self.row
    }
}

impl Row {
    /// Writes links in place of those of the block.
    pub(super) fn replace(self, table: &mut Table<'_, Bytes, Bytes>, links: Packer) -> Result<()> {
        let (links, row) = if links.is_small() { self.join(table, links)? } else { (links, self) };
        if links.is_empty() && row.is_there {
            table.remove(&*row.key)?;
        }
        let mut key = Some(row.key);
        for (first, block) in links.pack() {
            let key = key.take().unwrap_or_else(|| row_key(row.view, first));
            table.insert(&*key, &*block)?;
        }
        Ok(())
    }

    /// Puts few links together with the block behind or before them, where both fit into one.
    fn join(self, table: &mut Table<'_, Bytes, Bytes>, links: Packer) -> Result<(Packer, Self)> {
        if let Some(end) = &self.end {
            let mut joined = links.clone();
            if let Some(value) = table.get(&**end)? {
                Block::parse(value.value())?.unpack_all(&mut joined)?;
            }
            if joined.is_roomy() {
                table.remove(&**end)?;
                return Ok((joined, self));
            }
        }
        let Some((key, mut joined)) = self.before(table)? else { return Ok((links, self)) };
        joined.append(&links);
        if !joined.is_roomy() {
            return Ok((links, self));
        }
        table.remove(&*self.key)?;
        Ok((joined, Self { key, is_there: true, ..self }))
    }

    /// The block before it in the view.
    fn before(&self, table: &Table<'_, Bytes, Bytes>) -> Result<Option<(Vec<u8>, Packer)>> {
        let all = Prefix::of(self.view);
        let mut rows = table.range::<&[u8]>(all.range_before(&self.key))?;
        let Some((key, value)) = rows.next_back().transpose()? else { return Ok(None) };
        let mut links = Packer::default();
        Block::parse(value.value())?.unpack_all(&mut links)?;
        Ok(Some((key.value().to_vec(), links)))
    }
}
