//! Copying the tables of one revision into a new database.

use std::sync::Arc;

use redb::{ReadableTable, TableHandle, WriteTransaction};

use super::read::ReadTables;
use super::state::{State, StateOptions};
use super::tables::{self, Definition};
use super::tail::Tail;
use crate::disk::DiskFile;
use crate::journal::StoreId;
use crate::model::error::Result;

impl ReadTables {
    /// Makes a state in an empty file that holds what these tables hold, with the tail folded into
    /// the posting lists; closed and synced when this returns.
    ///
    /// Everything is written in one transaction, which the database takes to the file as its cache
    /// fills, so that memory is bounded whatever the size.
    ///
    /// Cost: O(rows + changes of backlinks that wait).
    pub(crate) fn copy_to(
        &self,
        file: Arc<dyn DiskFile>,
        store_id: StoreId,
        options: StateOptions,
    ) -> Result<()> {
        State::create(Arc::clone(&file), store_id, options)?;
        let state = State::open(file, options, |_| {})?;
        state.admit()?;
        state.set_tail(Tail::clone(&self.tail));
        let transaction = state.begin()?;
        for definition in tables::all().filter(|table| table.name() != tables::META.name()) {
            self.copy_table(definition, &transaction.inner)?;
        }
        self.head().store(&mut transaction.inner.open_table(tables::META)?)?;
        let mut tables = transaction.tables()?;
        tables.fold_all()?;
        let finished = tables.finish()?;
        transaction.commit(finished)?;
        state.checkpoint()?;
        state.close()
    }

    /// Cost: O(rows of the table).
    fn copy_table(&self, definition: Definition, to: &WriteTransaction) -> Result<()> {
        let mut copy = to.open_table(definition)?;
        for row in self.transaction.open_table(definition)?.iter()? {
            let (key, value) = row?;
            copy.insert(key.value(), value.value())?;
        }
        Ok(())
    }
}
