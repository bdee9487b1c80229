//! How large the tables are.

use redb::{ReadableTableMetadata, TableHandle};

use super::read::ReadTables;
use super::tables;
use crate::model::error::Result;
use crate::sizes::TableSize;

impl ReadTables {
    /// How large each table is, by name.
    ///
    /// Cost: O(pages).
    pub(crate) fn sizes(&self) -> Result<Vec<TableSize>> {
        let mut sizes = Vec::new();
        for definition in tables::all() {
            let table = self.transaction.open_table(definition)?;
            let stats = table.stats()?;
            sizes.push(TableSize {
                name: definition.name().to_owned(),
                rows: table.len()?,
                stored_bytes: stats.stored_bytes(),
                metadata_bytes: stats.metadata_bytes(),
                fragmented_bytes: stats.fragmented_bytes(),
            });
        }
        sizes.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        Ok(sizes)
    }
}
