//! The tables of a checkpoint, and how rows are numbered.

use redb::{ReadableTable, TableDefinition};

use super::{damaged, row_error};
use crate::codec;
use crate::model::error::Result;
use crate::model::resource::ResourceType;

pub(super) type Definition = TableDefinition<'static, u64, &'static [u8]>;

pub(super) const HEAD: TableDefinition<'static, &'static str, &'static [u8]> =
    TableDefinition::new("head");
pub(super) const FORMAT_KEY: &str = "format";
pub(super) const STATE_KEY: &str = "state";

pub(super) const PROJECTS: Definition = TableDefinition::new("projects");
pub(super) const VIEWS: Definition = TableDefinition::new("views");

/// The owner of the rows of projects.
pub(super) const STORE: u32 = 0;

pub(super) const fn names(resource_type: ResourceType) -> Definition {
    TableDefinition::new(match resource_type {
        ResourceType::Flag => "names.flag",
        ResourceType::Segment => "names.segment",
        ResourceType::AiConfig => "names.aiConfig",
        ResourceType::Metric => "names.metric",
    })
}

pub(super) const fn links(resource_type: ResourceType) -> Definition {
    TableDefinition::new(match resource_type {
        ResourceType::Flag => "links.flag",
        ResourceType::Segment => "links.segment",
        ResourceType::AiConfig => "links.aiConfig",
        ResourceType::Metric => "links.metric",
    })
}

pub(super) const fn registry(resource_type: ResourceType) -> Definition {
    TableDefinition::new(match resource_type {
        ResourceType::Flag => "registry.flag",
        ResourceType::Segment => "registry.segment",
        ResourceType::AiConfig => "registry.aiConfig",
        ResourceType::Metric => "registry.metric",
    })
}

/// The key of a row.
pub(super) const fn key(owner: u32, number: u32) -> u64 {
    (owner as u64) << 32 | number as u64
}

/// The approximate bytes of a row: three rows and their keys fill a page of redb.
const ROW: usize = 1_280;
/// The number of items that is tried for the first row.
const FIRST: usize = 256;
/// The maximum number of items in a row.
pub(super) const MOST: usize = 4_096;

/// Encodes items into rows, as many in each as fit, and calls `write` with the number and the bytes of each row.
pub(super) fn pack<T>(
    items: &[T],
    encode: impl Fn(&[T]) -> Result<Vec<u8>>,
    mut write: impl FnMut(u32, &[u8]) -> Result<()>,
) -> Result<()> {
    let (mut rest, mut size, mut number) = (items, FIRST, 0);
    while !rest.is_empty() {
        let (here, remaining) = rest.split_at(size.min(rest.len()));
        let row = encode(here)?;
        let fitting = (here.len() * ROW / row.len().max(1)).clamp(1, MOST);
        if row.len() > ROW + ROW / 32 && here.len() > 1 {
            size = fitting.min(here.len() - 1);
            continue;
        }
        write(number, &row)?;
        (rest, size, number) = (remaining, fitting, number + 1);
    }
    Ok(())
}

/// Calls `act` with each row of an owner, in order; returns how many there are.
pub(super) fn each_row(
    part: &str,
    table: &impl ReadableTable<u64, &'static [u8]>,
    owner: u32,
    mut act: impl FnMut(&[u8]) -> Result<()>,
) -> Result<u64> {
    let mut count = 0;
    for row in table.range(key(owner, 0)..=key(owner, u32::MAX))? {
        let (at, bytes) = row?;
        if at.value() != u64::from(owner) << 32 | count {
            return Err(damaged(part, "a row is missing"));
        }
        act(bytes.value())?;
        count += 1;
    }
    Ok(count)
}

pub(super) fn encode(part: &str, row: &impl serde::Serialize) -> Result<Vec<u8>> {
    codec::encode(row).map_err(|source| row_error(part, source))
}

pub(super) fn decode<'a, T: serde::Deserialize<'a>>(part: &str, bytes: &'a [u8]) -> Result<T> {
    codec::decode(bytes).map_err(|source| row_error(part, source))
}
