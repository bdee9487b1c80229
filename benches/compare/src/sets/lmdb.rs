//! LMDB: links by view and by resource, as big-endian numbers, walked in order and merged.

use std::fs;
use std::path::Path;

use heed::types::{Bytes, Unit};
use heed::{CommitOrAbort, Database, DatabaseFlags, Env, EnvOpenOptions, PutFlags, RoTxn, WithTls};

use super::{FIRST, Fixture, Found, Question, Sets};
use crate::Result;

const MAP_SIZE: usize = 1 << 30;

pub(super) struct Lmdb {
    env: Env,
    tables: Tables,
}

#[derive(Clone, Copy)]
struct Tables {
    registered: Database<'static, Bytes, Unit>,
    /// View and resource.
    links: Database<'static, Bytes, Unit>,
    /// The views of a resource are duplicates of its key.
    backlinks: Database<'static, Bytes, Bytes>,
}

fn number(bytes: &[u8]) -> Result<u32> {
    let last = bytes.last_chunk().ok_or("a key is too short")?;
    Ok(u32::from_be_bytes(*last))
}

impl Lmdb {
    pub(super) fn open(dir: &Path, fixture: &Fixture) -> Result<Self> {
        fs::create_dir_all(dir)?;
        let mut options = EnvOpenOptions::new();
        options.map_size(MAP_SIZE).max_dbs(3);
        #[allow(unsafe_code, reason = "no other process uses the mapped file while it is open")]
        let env = unsafe { options.open(dir)? };
        let opened = env.create_databases_and_commit(env.write_txn()?, |opener, transaction| {
            let registered = opener.create_database(transaction, Some("registered"))?;
            let links = opener.create_database(transaction, Some("links"))?;
            let mut options = opener.database_options().types();
            let flags = DatabaseFlags::DUP_SORT | DatabaseFlags::DUP_FIXED;
            let backlinks = options.name("backlinks").flags(flags).create(transaction)?;
            let tables = (registered, links, backlinks);
            Ok::<_, heed::Error>(CommitOrAbort::<_, ()>::Commit(tables))
        })?;
        let (registered, links, backlinks) = opened.commit().ok_or("opening was given up")?;
        let tables = Tables { registered, links, backlinks };
        let lmdb = Self { env, tables };
        lmdb.fill(fixture)?;
        Ok(lmdb)
    }

    fn fill(&self, fixture: &Fixture) -> Result<()> {
        let Tables { registered, links, backlinks } = self.tables;
        let mut transaction = self.env.write_txn()?;
        for id in 0..fixture.registered {
            let key = id.to_be_bytes();
            registered.put_with_flags(&mut transaction, PutFlags::APPEND, &key, &())?;
        }
        let mut transposed = Vec::new();
        for (view, ids) in (0_u32..).zip(&fixture.views) {
            let mut ids = ids.clone();
            ids.sort_unstable();
            for id in ids {
                let key = [view.to_be_bytes(), id.to_be_bytes()].concat();
                links.put_with_flags(&mut transaction, PutFlags::APPEND, &key, &())?;
                transposed.push((id, view));
            }
        }
        transposed.sort_unstable();
        for (id, view) in transposed {
            backlinks.put(&mut transaction, &id.to_be_bytes(), &view.to_be_bytes())?;
        }
        Ok(transaction.commit()?)
    }

    fn in_both(&self, transaction: &RoTxn<'_, WithTls>, views: [u32; 2]) -> Result<Found> {
        let [one, other] = views.map(u32::to_be_bytes);
        let mut others = self.tables.links.prefix_iter(transaction, &other)?;
        let mut found = Finding::default();
        let mut next = others.next().transpose()?;
        for link in self.tables.links.prefix_iter(transaction, &one)? {
            let id = number(link?.0)?;
            while let Some((key, ())) = next
                && number(key)? < id
            {
                next = others.next().transpose()?;
            }
            if let Some((key, ())) = next
                && number(key)? == id
            {
                found.add(id);
            }
        }
        Ok(found.0)
    }

    fn with_all(&self, transaction: &RoTxn<'_, WithTls>, ids: &[u32]) -> Result<Found> {
        let mut views: Option<Vec<u32>> = None;
        for id in ids {
            let backlinks = self.tables.backlinks.get_duplicates(transaction, &id.to_be_bytes())?;
            let own = backlinks.into_iter().flatten().map(|link| number(link?.1));
            let own = own.collect::<Result<Vec<u32>>>()?;
            let mut rest = own.as_slice();
            match &mut views {
                None => views = Some(own),
                Some(views) => views.retain(|view| {
                    while let [first, behind @ ..] = rest
                        && first < view
                    {
                        rest = behind;
                    }
                    rest.first() == Some(view)
                }),
            }
        }
        let mut found = Finding::default();
        views.into_iter().flatten().for_each(|view| found.add(view));
        Ok(found.0)
    }

    fn unassigned(&self, transaction: &RoTxn<'_, WithTls>) -> Result<Found> {
        let mut linked = self.tables.backlinks.iter(transaction)?.move_between_keys();
        let mut found = Finding::default();
        let mut next = linked.next().transpose()?;
        for registered in self.tables.registered.iter(transaction)? {
            let (id, ()) = registered?;
            while let Some((key, _)) = next
                && key < id
            {
                next = linked.next().transpose()?;
            }
            if next.is_none_or(|(key, _)| key != id) {
                found.add(number(id)?);
            }
        }
        Ok(found.0)
    }
}

/// The results so far.
struct Finding(Found);

impl Default for Finding {
    fn default() -> Self {
        Self(Found { total: 0, first: Vec::with_capacity(FIRST) })
    }
}

impl Finding {
    fn add(&mut self, id: u32) {
        self.0.total += 1;
        if self.0.first.len() < FIRST {
            self.0.first.push(id);
        }
    }
}

impl Sets for Lmdb {
    fn ask(&self, question: &Question) -> Result<Found> {
        let transaction = self.env.read_txn()?;
        match question {
            Question::InBoth(views) => self.in_both(&transaction, *views),
            Question::WithAll(ids) => self.with_all(&transaction, ids),
            Question::Unassigned => self.unassigned(&transaction),
        }
    }
}
