//! LMDB: the tables of [`row`](super::row), with the view ids of a resource as duplicates of its
//! key.
//!
//! The flags of a named database are those of its creation: LMDB keeps them in the file, and a later opening with other
//! flags neither changes them nor fails.

use std::fs;
use std::ops::Bound;
use std::path::{Path, PathBuf};

use heed::types::{Bytes, Str};
use heed::{
    CommitOrAbort, CompactionOption, Database, DatabaseFlags, Env, EnvOpenOptions, PutFlags, RoTxn,
    RwTxn, WithTls,
};

use super::row::{LinkRow, ViewRow, link_key, oldest, resource_of};
use super::{Engine, Look, Order, Page, Reader, Size, changed, in_key_order, unknown_view};
use crate::Result;
use crate::clock::Clock;
use crate::text::Text;

/// Room for the largest store that is measured; the file is as large as what is used.
const MAP_SIZE: usize = 32 << 30;

/// How many views are loaded in one transaction, so that its changed pages fit into memory.
const LOADED_AT_ONCE: usize = 50;

/// An open environment.
pub(super) struct Lmdb {
    env: Env,
    tables: Tables,
    clock: Clock,
    dir: PathBuf,
}

#[derive(Clone, Copy)]
struct Tables {
    views: Database<'static, Str, Bytes>,
    names: Database<'static, Bytes, Str>,
    links: Database<'static, Bytes, Bytes>,
    backlinks: Database<'static, Str, Bytes>,
}

impl Lmdb {
    pub(super) fn open(dir: &Path, clock: Clock) -> Result<Self> {
        let mut options = EnvOpenOptions::new();
        options.map_size(MAP_SIZE).max_dbs(4);
        #[allow(unsafe_code, reason = "no other process uses the mapped file while it is open")]
        let env = unsafe { options.open(dir)? };
        let tables = Tables::open(&env)?;
        Ok(Self { env, tables, clock, dir: dir.to_owned() })
    }

    fn write<T>(&self, change: impl FnOnce(&mut RwTxn<'_>) -> Result<T>) -> Result<T> {
        let mut transaction = self.env.write_txn()?;
        let answer = change(&mut transaction)?;
        transaction.commit()?;
        Ok(answer)
    }
}

impl Tables {
    fn open(env: &Env) -> Result<Self> {
        let backlink_flags = DatabaseFlags::DUP_SORT | DatabaseFlags::DUP_FIXED;
        let opened = env.create_databases_and_commit(env.write_txn()?, |opener, transaction| {
            let views = opener.create_database(transaction, Some("views"))?;
            let names = opener.create_database(transaction, Some("names"))?;
            let links = opener.create_database(transaction, Some("links"))?;
            let mut options = opener.database_options().types();
            let backlinks = options.name("backlinks").flags(backlink_flags).create(transaction)?;
            let tables = (views, names, links, backlinks);
            Ok::<_, heed::Error>(CommitOrAbort::<_, ()>::Commit(tables))
        })?;
        let (views, names, links, backlinks) = opened.commit().ok_or("opening was given up")?;
        Ok(Self { views, names, links, backlinks })
    }

    fn view(self, transaction: &RoTxn<'_>, view: &str) -> Result<ViewRow> {
        match self.views.get(transaction, view)? {
            Some(bytes) => ViewRow::from_bytes(bytes),
            None => unknown_view(view),
        }
    }

    fn create_view(self, transaction: &mut RwTxn<'_>, view: &str) -> Result<u32> {
        let last = self.names.last(transaction)?;
        let last = last.map(|(id, _)| id.try_into().map(u32::from_be_bytes)).transpose()?;
        let id = last.unwrap_or(0) + 1;
        self.names.put(transaction, &id.to_be_bytes(), view)?;
        self.views.put(transaction, view, &ViewRow { id, links: 0 }.to_bytes())?;
        Ok(id)
    }

    /// Loads a view after all others, so that the pages of links are filled one after another.
    fn append_view(
        self,
        transaction: &mut RwTxn<'_>,
        linked_at: u64,
        view: &str,
        keys: &[String],
    ) -> Result<()> {
        let id = self.create_view(transaction, view)?;
        let mut buffer = Vec::new();
        in_key_order(keys, |place, key| {
            link_key(&mut buffer, id, key);
            let link = LinkRow { linked_at, place }.to_bytes();
            self.links.put_with_flags(transaction, PutFlags::APPEND, &buffer, &link)?;
            self.backlinks.put(transaction, key, &id.to_be_bytes())?;
            Ok(true)
        })?;
        let row = ViewRow { id, links: keys.len() as u64 };
        Ok(self.views.put(transaction, view, &row.to_bytes())?)
    }

    fn delete_view(self, transaction: &mut RwTxn<'_>, view: &str) -> Result<u64> {
        let ViewRow { id, links } = self.view(transaction, view)?;
        let prefix = id.to_be_bytes();
        let mut keys = Vec::new();
        for link in self.links.prefix_iter(transaction, &prefix)? {
            keys.push(resource_of(link?.0)?.to_owned());
        }
        for key in keys {
            self.backlinks.delete_one_duplicate(transaction, &key, &prefix)?;
        }
        let end = (id + 1).to_be_bytes();
        let range = (Bound::Included(&prefix[..]), Bound::Excluded(&end[..]));
        self.links.delete_range(transaction, &range)?;
        self.names.delete(transaction, &prefix)?;
        self.views.delete(transaction, view)?;
        Ok(links)
    }
}

impl Engine for Lmdb {
    fn load(&self, views: &mut dyn Iterator<Item = (String, Vec<String>)>) -> Result<()> {
        let mut views = views.peekable();
        while views.peek().is_some() {
            self.write(|transaction| {
                for (view, keys) in views.by_ref().take(LOADED_AT_ONCE) {
                    self.tables.append_view(transaction, self.clock.now(), &view, &keys)?;
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    fn create_view(&self, view: &str) -> Result<()> {
        self.write(|transaction| self.tables.create_view(transaction, view))?;
        Ok(())
    }

    fn link(&self, view: &str, keys: Vec<String>) -> Result<Vec<bool>> {
        let Tables { views, links, backlinks, .. } = self.tables;
        self.write(|transaction| {
            let mut row = self.tables.view(transaction, view)?;
            let linked_at = self.clock.now();
            let mut buffer = Vec::new();
            let answers = in_key_order(&keys, |place, key| {
                link_key(&mut buffer, row.id, key);
                let link = LinkRow { linked_at, place }.to_bytes();
                let new = links.get_or_put(transaction, &buffer, &link)?.is_none();
                if new {
                    backlinks.put(transaction, key, &row.id.to_be_bytes())?;
                }
                Ok(new)
            })?;
            row.links += changed(&answers);
            views.put(transaction, view, &row.to_bytes())?;
            Ok(answers)
        })
    }

    fn unlink(&self, view: &str, keys: Vec<String>) -> Result<Vec<bool>> {
        let Tables { views, links, backlinks, .. } = self.tables;
        self.write(|transaction| {
            let mut row = self.tables.view(transaction, view)?;
            let mut buffer = Vec::new();
            let answers = in_key_order(&keys, |_, key| {
                link_key(&mut buffer, row.id, key);
                let was = links.delete(transaction, &buffer)?;
                if was {
                    backlinks.delete_one_duplicate(transaction, key, &row.id.to_be_bytes())?;
                }
                Ok(was)
            })?;
            row.links -= changed(&answers);
            views.put(transaction, view, &row.to_bytes())?;
            Ok(answers)
        })
    }

    fn delete_view(&self, view: &str) -> Result<u64> {
        self.write(|transaction| self.tables.delete_view(transaction, view))
    }

    fn read(&self, look: &mut Look<'_>) -> Result<()> {
        let transaction = self.env.read_txn()?;
        look(&Snapshot { transaction, tables: self.tables })
    }

    fn settle(&self) -> Result<()> {
        Ok(self.env.force_sync()?)
    }

    /// The size of a compacted copy, as the file itself never gets smaller.
    fn compact(&mut self) -> Result<Size> {
        let path = self.dir.join("copy.mdb");
        let copy = self.env.copy_to_path(&path, CompactionOption::Enabled)?;
        let bytes = copy.metadata()?.len();
        fs::remove_file(path)?;
        Ok(Size::Bytes(bytes))
    }

    fn close(self: Box<Self>) -> Result<()> {
        let closing = self.env.clone().prepare_for_closing();
        drop(self);
        closing.wait();
        Ok(())
    }
}

struct Snapshot<'e> {
    transaction: RoTxn<'e, WithTls>,
    tables: Tables,
}

impl Reader for Snapshot<'_> {
    fn is_linked(&self, view: &str, key: &str) -> Result<bool> {
        let row = self.tables.view(&self.transaction, view)?;
        let mut buffer = Vec::with_capacity(64);
        link_key(&mut buffer, row.id, key);
        Ok(self.tables.links.get(&self.transaction, &buffer)?.is_some())
    }

    fn linked_views(&self, key: &str) -> Result<Vec<Text>> {
        let mut views = Vec::new();
        for backlink in
            self.tables.backlinks.get_duplicates(&self.transaction, key)?.into_iter().flatten()
        {
            let name = self.tables.names.get(&self.transaction, backlink?.1)?;
            views.push(name.ok_or("a view has no name")?.into());
        }
        views.sort_unstable();
        Ok(views)
    }

    fn page(&self, view: &str, order: Order, limit: usize) -> Result<Page> {
        let row = self.tables.view(&self.transaction, view)?;
        let prefix = row.id.to_be_bytes();
        let links = self.tables.links.prefix_iter(&self.transaction, &prefix)?;
        let links = links.map(|link| {
            let (key, value) = link?;
            Ok((LinkRow::from_bytes(value)?, resource_of(key)?))
        });
        let links: Vec<_> = match order {
            Order::Key => links.take(limit).collect::<Result<_>>()?,
            Order::LinkTime => oldest(links.collect::<Result<_>>()?, limit),
        };
        let items = links.into_iter().map(|(link, key)| (key.into(), link.linked_at));
        Ok(Page { items: items.collect(), total: row.links })
    }
}
