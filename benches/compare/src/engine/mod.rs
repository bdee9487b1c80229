//! The operations of every compared store.
//!
//! The rivals are used as an expert would use them: prepared statements, keys in order, one transaction per batch, and
//! no unnecessary work for an answer. In three ways they do less than viewlink: they have one project and one type of
//! resource, keep no history of changes, and have no defined order for links of two changes in the same millisecond.
//!
//! Every engine syncs a batch before it acknowledges it. Engines with their own cache get 64 MiB of it. LMDB uses the
//! whole cache of the system, SQLite has another 64 MiB for reading, and fjall, canopydb and RocksDB have extra memory
//! for new rows or pages. Everything else has its default.

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

/// An open store. Any thread may call it; changes are made one after another.
pub(crate) trait Engine: Send + Sync {
    /// Fills an empty store with views and their keys, as fast as it can; durable once
    /// [`settle`](Self::settle) returned.
    fn load(&self, views: &mut dyn Iterator<Item = (String, Vec<String>)>) -> Result<()>;

    /// Creates a new view.
    fn create_view(&self, view: &str) -> Result<()>;

    /// Links keys, in one synced change; returns for each key, in request order, whether it is new.
    ///
    /// The engine may keep the keys, like those of a decoded request.
    fn link(&self, view: &str, keys: Vec<String>) -> Result<Vec<bool>>;

    /// Unlinks keys, in one synced change; returns for each key, in request order, whether it was linked.
    fn unlink(&self, view: &str, keys: Vec<String>) -> Result<Vec<bool>>;

    /// Deletes a view with its links in both directions; returns their number.
    fn delete_view(&self, view: &str) -> Result<u64>;

    /// Reads the current state in one read transaction.
    fn read(&self, look: &mut Look<'_>) -> Result<()>;

    /// Writes everything to its final place, so that the next opening has nothing to do.
    fn settle(&self) -> Result<()>;

    /// Makes the files as small as possible; returns the size of the data.
    fn compact(&mut self) -> Result<Size>;

    /// Closes the store cleanly.
    fn close(self: Box<Self>) -> Result<()>;
}

/// The size of a store's data.
#[derive(Clone, Debug)]
pub(crate) enum Size {
    Bytes(u64),
    /// The size of this file after closing: while it is open, redb reserves space in it.
    OfClosed(PathBuf),
}

/// The work inside a read transaction.
pub(crate) type Look<'a> = dyn FnMut(&dyn Reader) -> Result<()> + 'a;

/// A store at the start of the read transaction.
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

/// The error for an unknown view.
fn unknown_view<T>(view: &str) -> Result<T> {
    Err(format!("there is no view {view}").into())
}

/// Applies a change to each key, with its place in the request; returns the answers in request order.
///
/// The keys are processed in key order, so that neighbours in a tree are changed together.
fn in_key_order(
    keys: &[String],
    mut change: impl FnMut(u32, &str) -> Result<bool>,
) -> Result<Vec<bool>> {
    let mut order: Vec<_> = (0_u32..).zip(keys.iter().map(String::as_str)).collect();
    order.sort_unstable_by_key(|(place, key)| (*key, *place));
    let mut answers = vec![false; keys.len()];
    // Of equal keys, the first one counts.
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
