//! Where the blocks of an owner are: those of a view's links, those of a project's posting lists.
//!
//! The key of a block's row is the owner's id and a name that no entry in it is below, and that all
//! entries of the blocks before are below. The first block is made with the empty name, so every
//! name has one block that it is in or belongs into; when all its entries went, names below the next
//! block have none, until one of them is put there.

use std::ops::Bound;

use redb::{AccessGuard, Range, ReadableTable, Table};

use super::block::{Block, Entry};
use super::pack::Packer;
use super::splice::Splices;
use super::tables::{Bytes, Prefix, row_key, split_row_key};
use crate::model::error::Result;

pub(super) type Guard<'t> = AccessGuard<'t, Bytes>;

/// The row of the block that a name is in or belongs into; `None` when the owner has none there.
pub(super) fn holding<'t>(
    table: &'t impl ReadableTable<Bytes, Bytes>,
    owner: u32,
    name: &[u8],
) -> Result<Option<(Guard<'t>, Guard<'t>)>> {
    let key = row_key(owner, name);
    let mut cursor = table.upper_bound(Bound::Included(&*key))?;
    Ok(cursor.prev()?.filter(|(key, _)| is_of(key.value(), owner)))
}

/// The rows of an owner from the block on that a name is in or belongs into; from the first one on
/// where the name belongs before it.
pub(super) fn rows_from<'t>(
    table: &'t impl ReadableTable<Bytes, Bytes>,
    owner: u32,
    name: &[u8],
) -> Result<Range<'t, Bytes, Bytes>> {
    let all = Prefix::of(owner);
    let holding = holding(table, owner, name)?;
    let range = holding.as_ref().map_or_else(|| all.range(), |(key, _)| all.range_on(key.value()));
    Ok(table.range::<&[u8]>(range)?)
}

/// Reads what is known of a name.
///
/// Cost: O(log rows).
pub(super) fn get<T>(
    table: &impl ReadableTable<Bytes, Bytes>,
    owner: u32,
    name: &[u8],
    read: impl FnOnce(&Block<'_>, Entry<'_>) -> Result<T>,
) -> Result<Option<T>> {
    let Some((_, value)) = holding(table, owner, name)? else { return Ok(None) };
    let block = Block::parse(value.value())?;
    match block.find(0, name)? {
        Ok(place) => read(&block, block.entry(place)?).map(Some),
        Err(_) => Ok(None),
    }
}

fn is_of(key: &[u8], owner: u32) -> bool {
    split_row_key(key).is_some_and(|(found, _)| found == owner)
}

/// What becomes of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It stays, or stays away.
    Keep,
    /// What was pushed takes its place, or nothing if nothing was.
    Replace,
}

/// Edits entries of an owner: calls `edit` for each item, in order of their names, with what is
/// there under the name. Tells how many blocks changed.
///
/// Cost: O(items · log entries + blocks they are in · entries of a block).
pub(super) fn edit<I>(
    table: &mut Table<'_, Bytes, Bytes>,
    owner: u32,
    items: &[I],
    name_of: impl Fn(&I) -> &[u8],
    mut edit: impl FnMut(&I, Option<Entry<'_>>, &mut Packer) -> Result<Fate>,
) -> Result<u64> {
    let mut rest = items;
    let mut blocks = 0;
    while let Some(first) = rest.first() {
        let place = place_of(table, owner, name_of(first))?;
        // The first one is below the end, so this ends.
        let in_place = rest.partition_point(|item| place.holds(name_of(item)));
        let (mine, behind) = rest.split_at(in_place.max(1));
        let edited = place.with_block(|block| {
            let splices = splice(&block, mine, &name_of, &mut edit)?;
            Edited::new(block, &splices)
        })?;
        let row = place.into_row();
        blocks += u64::from(!matches!(edited, Edited::Not));
        match edited {
            Edited::Not => {}
            Edited::Patched(block) => drop(table.insert(&*row.key, &*block)?),
            Edited::Unpacked(entries) => row.replace(table, entries)?,
        }
        rest = behind;
    }
    Ok(blocks)
}

/// Finds out what an edit changes of a block.
fn splice<I>(
    block: &Block<'_>,
    items: &[I],
    name_of: impl Fn(&I) -> &[u8],
    edit: &mut impl FnMut(&I, Option<Entry<'_>>, &mut Packer) -> Result<Fate>,
) -> Result<Splices> {
    let mut splices = Splices::with_capacity(items.len());
    let mut done = 0;
    for item in items {
        let found = block.find(done, name_of(item))?;
        let (Ok(place) | Err(place)) = found;
        let entry = found.ok().map(|place| block.entry(place)).transpose()?;
        done = place;
        if edit(item, entry, splices.added())? == Fate::Replace {
            splices.note(place, found.is_ok());
            done += usize::from(found.is_ok());
        }
    }
    Ok(splices)
}

/// What an edit makes of a block.
enum Edited {
    Not,
    /// The block as it is to be.
    Patched(Vec<u8>),
    /// The entries that it is to have.
    Unpacked(Packer),
}

impl Edited {
    fn new(block: Block<'_>, splices: &Splices) -> Result<Self> {
        if splices.is_empty() {
            return Ok(Self::Not);
        }
        match splices.patch(&block) {
            Some(patched) => Ok(Self::Patched(patched)),
            None => splices.unpack(block).map(Self::Unpacked),
        }
    }
}

/// The block that a name is in or belongs into, as the table has it.
struct Place<'t> {
    row: Row,
    value: Option<Guard<'t>>,
}

/// The row of a block.
struct Row {
    owner: u32,
    key: Vec<u8>,
    /// The key of the next block of the owner.
    end: Option<Vec<u8>>,
    /// Whether the row is in the table.
    is_there: bool,
}

fn place_of<'t>(table: &'t Table<'_, Bytes, Bytes>, owner: u32, name: &[u8]) -> Result<Place<'t>> {
    let key = row_key(owner, name);
    let mut cursor = table.upper_bound(Bound::Included(&*key))?;
    let next = cursor.peek_next()?.filter(|(key, _)| is_of(key.value(), owner));
    let end = next.map(|(key, _)| key.value().to_vec());
    let found = cursor.prev()?.filter(|(key, _)| is_of(key.value(), owner));
    let (key, value) = match found {
        Some((key, value)) => (key.value().to_vec(), Some(value)),
        None => (row_key(owner, b""), None),
    };
    Ok(Place { row: Row { owner, key, end, is_there: value.is_some() }, value })
}

impl Place<'_> {
    /// Whether a name, not below the one the place was looked for by, belongs here.
    fn holds(&self, name: &[u8]) -> bool {
        let end = self.row.end.as_deref().and_then(split_row_key);
        end.is_none_or(|(_, end)| name < end)
    }

    fn with_block<T>(&self, act: impl FnOnce(Block<'_>) -> Result<T>) -> Result<T> {
        match &self.value {
            Some(value) => act(Block::parse(value.value())?),
            None => act(Block::default()),
        }
    }

    /// The row, so that the table can be written.
    fn into_row(self) -> Row {
        self.row
    }
}

impl Row {
    /// Writes entries in place of those of the block.
    fn replace(self, table: &mut Table<'_, Bytes, Bytes>, entries: Packer) -> Result<()> {
        let (entries, row) =
            if entries.is_small() { self.join(table, entries)? } else { (entries, self) };
        if entries.is_empty() && row.is_there {
            table.remove(&*row.key)?;
        }
        let mut key = Some(row.key);
        for (first, block) in entries.pack() {
            let key = key.take().unwrap_or_else(|| row_key(row.owner, first));
            table.insert(&*key, &*block)?;
        }
        Ok(())
    }

    /// Puts few entries together with the block behind or before them, where both fit into one.
    fn join(self, table: &mut Table<'_, Bytes, Bytes>, entries: Packer) -> Result<(Packer, Self)> {
        if let Some(end) = &self.end {
            let mut joined = entries.clone();
            if let Some(value) = table.get(&**end)? {
                Block::parse(value.value())?.unpack_all(&mut joined)?;
            }
            if joined.is_roomy() {
                table.remove(&**end)?;
                return Ok((joined, self));
            }
        }
        let Some((key, mut joined)) = self.before(table)? else { return Ok((entries, self)) };
        joined.append(&entries);
        if !joined.is_roomy() {
            return Ok((entries, self));
        }
        table.remove(&*self.key)?;
        Ok((joined, Self { key, is_there: true, ..self }))
    }

    /// The block before it of the same owner.
    fn before(&self, table: &Table<'_, Bytes, Bytes>) -> Result<Option<(Vec<u8>, Packer)>> {
        let all = Prefix::of(self.owner);
        let mut rows = table.range::<&[u8]>(all.range_before(&self.key))?;
        let Some((key, value)) = rows.next_back().transpose()? else { return Ok(None) };
        let mut entries = Packer::default();
        Block::parse(value.value())?.unpack_all(&mut entries)?;
        Ok(Some((key.value().to_vec(), entries)))
    }
}

#[cfg(test)]
mod tests;
