//! The column families, and iteration over their rows.

use rocksdb::{
    ColumnFamily, DBAccess, DBRawIteratorWithThreadMode, PrefixRange, ReadOptions, TransactionDB,
};

use crate::Result;

/// The names of all column families.
pub(super) const NAMES: [&str; 5] = ["views", "names", "links", "backlinks", "counts"];

/// The column families of an open database.
#[derive(Clone, Copy)]
pub(super) struct Tables<'d> {
    pub(super) views: &'d ColumnFamily,
    pub(super) names: &'d ColumnFamily,
    pub(super) links: &'d ColumnFamily,
    pub(super) backlinks: &'d ColumnFamily,
    pub(super) counts: &'d ColumnFamily,
}

impl<'d> Tables<'d> {
    pub(super) fn of(database: &'d TransactionDB) -> Result<Self> {
        let table = |name| database.cf_handle(name).ok_or("a column family is missing");
        Ok(Self {
            views: table("views")?,
            names: table("names")?,
            links: table("links")?,
            backlinks: table("backlinks")?,
            counts: table("counts")?,
        })
    }
}

/// Options to read the rows whose keys begin with a prefix.
pub(super) fn under(prefix: &[u8]) -> ReadOptions {
    let mut options = ReadOptions::default();
    options.set_iterate_range(PrefixRange(prefix));
    options
}

/// Passes rows in key order to `each`, until there are no more or it returns that it has enough.
pub(super) fn walk<D: DBAccess>(
    mut rows: DBRawIteratorWithThreadMode<'_, D>,
    mut each: impl FnMut(&[u8], &[u8]) -> Result<bool>,
) -> Result<()> {
    rows.seek_to_first();
    while let Some((key, value)) = rows.item() {
        if !each(key, value)? {
            break;
        }
        rows.next();
    }
    Ok(rows.status()?)
}

/// The part of a view's number of links in a row of `counts`.
pub(super) fn count_of(bytes: &[u8]) -> Result<i64> {
    Ok(i64::from_be_bytes(bytes.try_into()?))
}
