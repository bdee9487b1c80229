//! The links the other way round: which views a resource is in (invariant 2).
//!
//! A change of links is remembered in the [tail](super::tail) and folded into the lists later.
//!
//! Deleting a view leaves its id in posting lists, so that it costs nothing there. A reader drops
//! an id with no view, and any rewrite of a list drops them for good; ids are never used again.

use std::collections::HashMap;

use redb::WriteTransaction;

use super::posting::Posting;
use super::run::RunKey;
use super::tables::{self, Lazy};
use super::tail::Slice;
use super::write::WriteTables;
use crate::error::Result;
use crate::resource::ResourceType;

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
    /// The live views of a resource.
    pub(super) fn posting(&mut self, resource_type: ResourceType, key: &[u8]) -> Result<Posting> {
        let mut posting = self.stored_posting(resource_type, key)?;
        self.tail.apply(&RunKey::of_row(resource_type, key), &mut posting);
        self.live.retain(self.transaction, &mut posting)?;
        Ok(posting)
    }

    /// The list of a resource without what the tail knows.
    fn stored_posting(&mut self, resource_type: ResourceType, key: &[u8]) -> Result<Posting> {
        let table = self.backlinks.get_mut(resource_type).get(self.transaction)?;
        Ok(tables::get(table, key, Posting::decode)?.unwrap_or_default())
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

    /// Whether a slice is to be folded, when up to `limit` changes may wait.
    pub(crate) fn is_fold_due(&self, limit: usize) -> bool {
        self.tail.is_fold_due(limit)
    }

    /// Folds all there is.
    pub(crate) fn fold_all(&mut self) -> Result<()> {
        while !self.tail.is_empty() {
            self.fold(usize::MAX)?;
        }
        Ok(())
    }

    /// Brings posting lists up to date: one slice of a fold, which begins where none is under way.
    /// Tells how many changes of backlinks are in the lists now that were not before.
    ///
    /// Cost: O(changes · (log rows + views of the resource)).
    pub(crate) fn fold(&mut self, limit: usize) -> Result<u64> {
        self.tail.begin_fold(self.head.revision);
        let Some(Slice { resources, next }) = self.tail.slice(limit) else {
            return Ok(0);
        };
        let mut folded = 0;
        for (key, members) in resources {
            let Some((resource_type, list)) = key.list() else { continue };
            let mut posting = self.stored_posting(resource_type, list)?;
            folded += members.len() as u64;
            posting.apply(members);
            self.live.retain(self.transaction, &mut posting)?;
            self.put_posting(resource_type, list, &posting)?;
        }
        if let Some(until) = self.tail.folded(next) {
            self.head.unfolded_from = until;
        }
        Ok(folded)
    }
}
