//! From the tables of an older format to those of this one.

use redb::{Database, Durability, ReadableTable, Table, WriteTransaction};
use serde::Deserialize;

use super::pack::Packer;
use super::records::{Head, LinkRecord};
use super::state::FORMAT;
use super::tables::{self, Bytes, row_key, split_row_key};
use crate::codec;
use crate::error::{Error, Result, StoreFile};
use crate::resource::ResourceType;

/// Brings the tables of format 1 to the present one: a link was a row there, and the head did not
/// tell how far backlinks are folded, since all were.
///
/// One transaction, made durable by the next checkpoint; until then a crash leaves the old format.
///
/// Cost: O(links).
pub(super) fn upgrade(database: &Database) -> Result<()> {
    let mut transaction = database.begin_write()?;
    transaction.set_durability(Durability::None)?;
    for resource_type in ResourceType::ALL {
        pack_rows(&transaction, resource_type)?;
    }
    {
        let mut meta = transaction.open_table(tables::META)?;
        Head::load(&meta)?.store(&mut meta)?;
        meta.insert(tables::FORMAT_NAME, &FORMAT.to_le_bytes()[..])?;
    }
    transaction.commit()?;
    Ok(())
}

/// Packs the rows of a table of links into blocks.
fn pack_rows(transaction: &WriteTransaction, resource_type: ResourceType) -> Result<()> {
    let definition = tables::links(resource_type);
    transaction.rename_table(definition, ROWS)?;
    {
        let rows = transaction.open_table(ROWS)?;
        let mut blocks = transaction.open_table(definition)?;
        let (mut view, mut links) = (None, Packer::default());
        for row in rows.iter()? {
            let (key, value) = row?;
            let (of, name) = split_row_key(key.value()).ok_or_else(|| {
                let part = format!("table links.{resource_type}");
                Error::damaged(StoreFile::State, part, "a row has a key that is none")
            })?;
            if view != Some(of) {
                put(&mut blocks, view.replace(of), &std::mem::take(&mut links))?;
            }
            let LinkRow::V1(record) = codec::decode(value.value())
                .map_err(|source| Error::undecodable(StoreFile::State, "link record", source))?;
            links.push_record(name, &record);
        }
        put(&mut blocks, view, &links)?;
    }
    transaction.delete_table(ROWS)?;
    Ok(())
}

/// The value of a row.
#[derive(Deserialize)]
enum LinkRow {
    V1(LinkRecord),
}

/// Where the rows of the old format are while they are packed.
const ROWS: tables::Definition = tables::Definition::new("rows");

fn put(blocks: &mut Table<'_, Bytes, Bytes>, view: Option<u32>, links: &Packer) -> Result<()> {
    let Some(view) = view else { return Ok(()) };
    for (place, (first, block)) in links.pack().enumerate() {
        let name = if place == 0 { &[] } else { first };
        blocks.insert(&*row_key(view, name), &*block)?;
    }
    Ok(())
}
