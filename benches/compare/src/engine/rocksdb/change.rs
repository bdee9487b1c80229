//! A change in its transaction.

use rocksdb::{Transaction, TransactionDB};

use super::super::row::{LinkRow, backlink_key, link_key, resource_of};
use super::super::{changed, in_key_order, unknown_view};
use super::table::{Tables, count_of, under, walk};
use crate::Result;

/// In `names`, before the id of the first view: the last id in use.
const LAST_ID: [u8; 4] = [0; 4];

/// A transaction that changes something.
pub(super) struct Change<'d> {
    pub(super) transaction: Transaction<'d, TransactionDB>,
    pub(super) tables: Tables<'d>,
    /// The counting row of a view that only this change uses.
    pub(super) place: u32,
}

impl Change<'_> {
    /// The id of a view, which cannot be deleted before this change is committed. With `alone`, its links cannot be
    /// changed before that either.
    pub(super) fn view(&self, view: &str, alone: bool) -> Result<u32> {
        match self.transaction.get_pinned_for_update_cf(self.tables.views, view, alone)? {
            Some(id) => Ok(u32::from_be_bytes(id.as_ref().try_into()?)),
            None => unknown_view(view),
        }
    }

    pub(super) fn create_view(&self, view: &str) -> Result<u32> {
        let Tables { views, names, .. } = self.tables;
        let last = self.transaction.get_pinned_for_update_cf(names, LAST_ID, true)?;
        let last = last.map(|id| id.as_ref().try_into().map(u32::from_be_bytes)).transpose()?;
        let id = last.unwrap_or(0) + 1;
        self.transaction.put_cf(names, LAST_ID, id.to_be_bytes())?;
        self.transaction.put_cf(names, id.to_be_bytes(), view)?;
        self.transaction.put_cf(views, view, id.to_be_bytes())?;
        Ok(id)
    }

    pub(super) fn link(&self, linked_at: u64, id: u32, keys: &[String]) -> Result<Vec<bool>> {
        let Tables { links, backlinks, .. } = self.tables;
        let mut buffer = Vec::new();
        let answers = in_key_order(keys, |place, key| {
            link_key(&mut buffer, id, key);
            let new = self.transaction.get_pinned_for_update_cf(links, &buffer, true)?.is_none();
            if new {
                self.transaction.put_cf(links, &buffer, LinkRow { linked_at, place }.to_bytes())?;
                backlink_key(&mut buffer, key, id);
                self.transaction.put_cf(backlinks, &buffer, [])?;
            }
            Ok(new)
        })?;
        self.count(id, i64::try_from(changed(&answers))?)?;
        Ok(answers)
    }

    pub(super) fn unlink(&self, id: u32, keys: &[String]) -> Result<Vec<bool>> {
        let Tables { links, backlinks, .. } = self.tables;
        let mut buffer = Vec::new();
        let answers = in_key_order(keys, |_, key| {
            link_key(&mut buffer, id, key);
            let was = self.transaction.get_pinned_for_update_cf(links, &buffer, true)?.is_some();
            if was {
                self.transaction.delete_cf(links, &buffer)?;
                backlink_key(&mut buffer, key, id);
                self.transaction.delete_cf(backlinks, &buffer)?;
            }
            Ok(was)
        })?;
        self.count(id, -i64::try_from(changed(&answers))?)?;
        Ok(answers)
    }

    fn count(&self, id: u32, change: i64) -> Result<()> {
        let key = [id.to_be_bytes(), self.place.to_be_bytes()].concat();
        let old = self.transaction.get_pinned_for_update_cf(self.tables.counts, &key, true)?;
        let old = old.map(|bytes| count_of(&bytes)).transpose()?.unwrap_or(0);
        Ok(self.transaction.put_cf(self.tables.counts, &key, (old + change).to_be_bytes())?)
    }

    /// Row by row, as a range cannot be deleted in a transaction.
    pub(super) fn delete_view(&self, view: &str) -> Result<u64> {
        let Tables { views, names, links, backlinks, counts } = self.tables;
        let id = self.view(view, true)?;
        let prefix = id.to_be_bytes();
        let mut keys = Vec::new();
        walk(self.transaction.raw_iterator_cf_opt(links, under(&prefix)), |key, _| {
            keys.push(key.to_vec());
            Ok(true)
        })?;
        let mut buffer = Vec::new();
        for key in &keys {
            backlink_key(&mut buffer, resource_of(key)?, id);
            self.transaction.delete_cf(backlinks, &buffer)?;
            self.transaction.delete_cf(links, key)?;
        }
        let mut places = Vec::new();
        walk(self.transaction.raw_iterator_cf_opt(counts, under(&prefix)), |key, _| {
            places.push(key.to_vec());
            Ok(true)
        })?;
        places.iter().try_for_each(|key| self.transaction.delete_cf(counts, key))?;
        self.transaction.delete_cf(names, prefix)?;
        self.transaction.delete_cf(views, view)?;
        Ok(keys.len() as u64)
    }
}
