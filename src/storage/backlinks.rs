//! The links the other way round: which views a resource is in (invariant 2).
//!
//! Deleting a view leaves its id in posting lists, so that it costs nothing there. A reader drops
//! an id with no view, and any rewrite of a list drops them for good; ids are never used again.

use std::collections::HashMap;

use redb::WriteTransaction;

use super::links::Edit;
use super::posting::Posting;
use super::tables::{self, Lazy};
use super::write::WriteTables;
use crate::error::{Error, Result, StoreFile};
use crate::resource::{ResourceName, ResourceType};

/// Which view ids still have a view.
pub(super) struct LiveViews<'t> {
    pub(super) view_keys: Lazy<'t>,
    /// Without any deleted view there is nothing to look up.
    any_deleted: bool,
    known: HashMap<u32, bool>,
}

impl<'t> LiveViews<'t> {
    pub(super) fn new(any_deleted: bool) -> Self {
        Self { view_keys: Lazy::new(tables::VIEW_KEYS), any_deleted, known: HashMap::new() }
    }

    /// Drops the dead ids of a list.
    ///
    /// Cost: O(ids), and one look-up for each id not seen before in the transaction.
    pub(super) fn retain(
        &mut self,
        transaction: &'t WriteTransaction,
        posting: &mut Posting,
    ) -> Result<()> {
        if !self.any_deleted {
            return Ok(());
        }
        let table = self.view_keys.get(transaction)?;
        let known = &mut self.known;
        posting.retain(|id| match known.get(&id) {
            Some(&live) => Ok(live),
            None => {
                let live = tables::get(table, &id.to_be_bytes(), |_| Ok(()))?.is_some();
                known.insert(id, live);
                Ok(live)
            }
        })
    }

    /// Says that a view is gone.
    pub(super) fn bury(&mut self, transaction: &'t WriteTransaction, id: u32) -> Result<()> {
        self.any_deleted = true;
        self.known.insert(id, false);
        self.view_keys.get(transaction)?.remove(&id.to_be_bytes()[..])?;
        Ok(())
    }
}

impl WriteTables<'_> {
    /// Adds a view to the posting lists of resources, or takes it out of them.
    ///
    /// Cost: O(names · (log rows + views of the resource)).
    pub(super) fn change_backlinks<'k>(
        &mut self,
        (project, view): (u32, u32),
        resource_type: ResourceType,
        edit: Edit,
        names: impl Iterator<Item = &'k ResourceName<'k>>,
    ) -> Result<()> {
        for name in names {
            let key = tables::row_key(project, name.as_bytes());
            let mut posting = self.posting(resource_type, &key)?;
            let changed = match edit {
                Edit::Link => posting.insert(view),
                Edit::Unlink => posting.remove(view),
            };
            if !changed {
                return Err(Error::damaged(
                    StoreFile::State,
                    format!("table backlinks.{resource_type}"),
                    format!("the views of a resource contradict the links of view {view}"),
                ));
            }
            self.put_posting(resource_type, &key, &posting)?;
        }
        Ok(())
    }

    /// The live views of a resource.
    pub(super) fn posting(&mut self, resource_type: ResourceType, key: &[u8]) -> Result<Posting> {
        let table = self.backlinks.get_mut(resource_type).get(self.transaction)?;
        let mut posting = tables::get(table, key, Posting::decode)?.unwrap_or_default();
        self.live.retain(self.transaction, &mut posting)?;
        Ok(posting)
    }

    fn put_posting(
        &mut self,
        resource_type: ResourceType,
        key: &[u8],
        posting: &Posting,
    ) -> Result<()> {
        let table = self.backlinks.get_mut(resource_type).get(self.transaction)?;
        if posting.is_empty() {
            table.remove(key)?;
        } else {
            table.insert(key, &*posting.encode()?)?;
        }
        Ok(())
    }
}
