//! From the tables of an older format to those of this one.

use redb::{Database, Durability, ReadableTable, Table, TableHandle, WriteTransaction};
use serde::Deserialize;

use super::pack::Packer;
use super::posting::Posting;
use super::records::{Head, LinkRecord, ProjectRow};
use super::state::FORMAT;
use super::tables::{self, Bytes, Definition, row_key, split_row_key};
use crate::codec;
use crate::model::error::{Error, Result, StoreFile};
use crate::model::resource::ResourceType;

/// Brings the tables of an older format to the present one.
///
/// - In format 1 a link and a posting list were a row each, and the head did not tell how far
///   backlinks are folded, since all were.
/// - In formats 1 and 2 there was no registry, and a project did not count its resources.
///
/// One transaction, made durable by the next checkpoint; until then a crash leaves the old format.
///
/// Cost: from format 1 O(links), from format 2 O(projects).
pub(super) fn upgrade(database: &Database, from: u32) -> Result<()> {
    let mut transaction = database.begin_write()?;
    transaction.set_durability(Durability::None)?;
    if from < 2 {
        pack_all(&transaction)?;
    }
    for definition in tables::all() {
        transaction.open_table(definition)?;
    }
    count_resources(&transaction)?;
    {
        let mut meta = transaction.open_table(tables::META)?;
        Head::load(&meta)?.store(&mut meta)?;
        meta.insert(tables::FORMAT_NAME, &FORMAT.to_le_bytes()[..])?;
    }
    transaction.commit()?;
    Ok(())
}

/// Lets each project say that it has no resources.
fn count_resources(transaction: &WriteTransaction) -> Result<()> {
    let mut table = transaction.open_table(tables::PROJECTS)?;
    let rows = table.iter()?.map(|row| {
        let (key, value) = row?;
        ProjectRow::from_row(key.value(), value.value())
    });
    for project in rows.collect::<Result<Vec<_>>>()? {
        table.insert(project.key.as_str().as_bytes(), &*project.encode()?)?;
    }
    Ok(())
}

fn pack_all(transaction: &WriteTransaction) -> Result<()> {
    for resource_type in ResourceType::ALL {
        pack_rows(transaction, tables::links(resource_type), |name, value, packer| {
            let LinkRow::V1(record) = decode("link record", value)?;
            record.push(name, packer);
            Ok(())
        })?;
        pack_rows(transaction, tables::backlinks(resource_type), |name, value, packer| {
            let PostingRow::V1 { gaps } = decode("posting list", value)?;
            let posting = Posting::from_gaps(gaps.into_iter().map(Some))?;
            packer.push(&[name], 0, &posting.encode());
            Ok(())
        })?;
    }
    Ok(())
}

/// Packs the rows of a table into blocks; `pack` adds one.
fn pack_rows(
    transaction: &WriteTransaction,
    definition: Definition,
    pack: impl Fn(&[u8], &[u8], &mut Packer) -> Result<()>,
) -> Result<()> {
    transaction.rename_table(definition, ROWS)?;
    {
        let rows = transaction.open_table(ROWS)?;
        let mut blocks = transaction.open_table(definition)?;
        let (mut owner, mut entries) = (None, Packer::default());
        let mut is_first = true;
        for row in rows.iter()? {
            let (key, value) = row?;
            let (of, name) = split_row_key(key.value()).ok_or_else(|| {
                let part = format!("table {}", definition.name());
                Error::damaged(StoreFile::State, part, "a row has a key that is none")
            })?;
            if owner != Some(of) || entries.len() >= AT_ONCE {
                put(&mut blocks, owner, is_first, &std::mem::take(&mut entries))?;
                is_first = owner.replace(of) != Some(of);
            }
            pack(name, value.value(), &mut entries)?;
        }
        put(&mut blocks, owner, is_first, &entries)?;
    }
    transaction.delete_table(ROWS)?;
    Ok(())
}

/// When a link was made.
#[derive(Deserialize)]
pub(super) enum LinkRow {
    V1(LinkRecord),
}

/// The gaps between the sorted ids of the views of a resource, the first one counted from 0.
#[derive(Deserialize)]
pub(super) enum PostingRow {
    V1 { gaps: Vec<u32> },
}

fn decode<'v, T: Deserialize<'v>>(part: &str, value: &'v [u8]) -> Result<T> {
    codec::decode(value).map_err(|source| Error::undecodable(StoreFile::State, part, source))
}

/// How many rows are packed together: what a packer does with stamps takes the square of their
/// number.
const AT_ONCE: usize = 1_000;

/// Where the rows of the old format are while they are packed.
const ROWS: Definition = Definition::new("rows");

/// Writes entries of an owner, the first ones or others, as blocks.
fn put(
    blocks: &mut Table<'_, Bytes, Bytes>,
    owner: Option<u32>,
    are_first: bool,
    entries: &Packer,
) -> Result<()> {
    let Some(owner) = owner else { return Ok(()) };
    for (place, (first, block)) in entries.pack().enumerate() {
        let name = if place == 0 && are_first { &[] } else { first };
        blocks.insert(&*row_key(owner, name), &*block)?;
    }
    Ok(())
}
