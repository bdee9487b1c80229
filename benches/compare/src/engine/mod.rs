//! What every store under comparison does, in the same words.
//!
//! The rivals are used as someone would who knows them well: prepared statements, keys walked in
//! order, one transaction for a batch, and no more work than the answers need. In three things they
//! are let off what viewlink does: they know one project and one type of resource, keep no history
//! of changes, and order links of two changes in the same millisecond as it happens.
//!
//! Every engine syncs a batch before it acknowledges it, and has 64 MiB of cache where it has a
//! cache of its own; LMDB has all of the system's, SQLite has as much again for reading, and fjall,
//! canopydb and RocksDB have memory for new rows or pages besides.
//! Everything else is left at its default.

mod canopydb;
mod fjall;
mod kind;
mod lmdb;
mod redb;
#[cfg(feature = "rocksdb")]
mod rocksdb;
mod row;
mod sqlite;
mod sqlite_ids;
mod sqlite_text;
mod viewlink;

pub(crate) use kind::{Kind, locked};

use std::path::PathBuf;

use crate::Result;
use crate::text::Text;

/// Memory for pages, for every engine that has a cache of its own.
pub(crate) const CACHE: usize = 64 << 20;

/// A store that is open. Any thread may call it; changes are made one after the other.
pub(crate) trait Engine: Send + Sync {
    /// Fills an empty store with views and their keys, as fast as it can; durable once
    /// [`settle`](Self::settle) returned.
    fn load(&self, views: &mut dyn Iterator<Item = (String, Vec<String>)>) -> Result<()>;

    /// Creates a view that is not there.
    fn create_view(&self, view: &str) -> Result<()>;

    /// Links keys, in one synced change; tells for each key, in request order, whether it is new.
    ///
    /// The keys are the engine's to keep, as those of a decoded request would be.
    fn link(&self, view: &str, keys: Vec<String>) -> Result<Vec<bool>>;

    /// Unlinks keys, in one synced change; tells for each key, in request order, whether it was
    /// linked.
    fn unlink(&self, view: &str, keys: Vec<String>) -> Result<Vec<bool>>;

    /// Deletes a view with its links in both directions; tells how many there were.
    fn delete_view(&self, view: &str) -> Result<u64>;

    /// Lets look at the store as it stands, in one read transaction.
    fn read(&self, look: &mut Look<'_>) -> Result<()>;

    /// Brings everything to where it stays: the next opening has nothing to do.
    fn settle(&self) -> Result<()>;

    /// Makes the files as small as they get; tells how many bytes the data then takes.
    fn compact(&mut self) -> Result<Size>;

    /// Closes the store in good order.
    fn close(self: Box<Self>) -> Result<()>;
}

/// What the data of a store takes.
#[derive(Clone, Debug)]
pub(crate) enum Size {
    Bytes(u64),
    /// What this file takes once the store is closed: while it is open, redb keeps room in it.
    OfClosed(PathBuf),
}

/// What is done inside a read transaction.
pub(crate) type Look<'a> = dyn FnMut(&dyn Reader) -> Result<()> + 'a;

/// A store as it stood when the read transaction began.
pub(crate) trait Reader {
    /// Whether a key is linked to a view.
    fn is_linked(&self, view: &str, key: &str) -> Result<bool>;

    /// The views a key is linked to, in key order.
    fn linked_views(&self, key: &str) -> Result<Vec<Text>>;

    /// The first links of a view.
    fn page(&self, view: &str, order: Order, limit: usize) -> Result<Page>;
}

/// The order of a view's links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// By key.
    Key,
    /// The oldest first; those of one change in request order.
    LinkTime,
}

/// The first links of a view.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// Key and link time, in milliseconds.
    pub(crate) items: Vec<(Text, u64)>,
    /// How many links the view has.
    pub(crate) total: u64,
}

/// A request that names a view nobody created.
fn unknown_view<T>(view: &str) -> Result<T> {
    Err(format!("there is no view {view}").into())
}

/// Applies a change to each key, with its place in the request; tells what it answered, in request
/// order.
///
/// The keys are taken in key order, since neighbours in a tree are then touched in one go.
fn in_key_order(
    keys: &[String],
    mut change: impl FnMut(u32, &str) -> Result<bool>,
) -> Result<Vec<bool>> {
    let mut order: Vec<_> = (0_u32..).zip(keys.iter().map(String::as_str)).collect();
    order.sort_unstable_by_key(|(place, key)| (*key, *place));
    let mut answers = vec![false; keys.len()];
    // Of equal keys the first counts.
    order.dedup_by_key(|(_, key)| *key);
    for (place, key) in order {
        let answer = change(place, key)?;
        if let Some(slot) = answers.get_mut(place as usize) {
            *slot = answer;
        }
    }
    Ok(answers)
}

/// How many keys changed something.
fn changed(answers: &[bool]) -> u64 {
    answers.iter().filter(|answer| **answer).count() as u64
}

#[cfg(test)]
mod tests;
