//! SQLite with a join table of integer ids, indexed in both directions.

use std::fs;
use std::path::Path;

use rusqlite::{Connection, ToSql, params};

use super::{FIRST, Fixture, Found, Question, Sets};
use crate::Result;
use crate::engine::CACHE;

/// The statements of the questions; each returns ids.
pub(super) struct Statements {
    in_both: &'static str,
    unassigned: &'static str,
    /// Makes the statement for a number of resources.
    with_all: fn(usize) -> String,
}

/// With joins.
pub(super) static JOIN: Statements = Statements {
    in_both: "
        SELECT one.resource_id AS id FROM links AS one
        CROSS JOIN links AS other ON other.view_id = ?2 AND other.resource_id = one.resource_id
        WHERE one.view_id = ?1",
    unassigned: "
        SELECT id FROM resources
        WHERE NOT EXISTS (SELECT 1 FROM links WHERE links.resource_id = resources.id)",
    with_all: |count| {
        let joins = (1..count).map(|place| {
            format!(
                " CROSS JOIN links AS l{place}
                  ON l{place}.resource_id = ?{} AND l{place}.view_id = l0.view_id",
                place + 1
            )
        });
        let joins: String = joins.collect();
        format!("SELECT l0.view_id AS id FROM links AS l0{joins} WHERE l0.resource_id = ?1")
    },
};

/// With operations on sets.
pub(super) static SET: Statements = Statements {
    in_both: "
        SELECT resource_id AS id FROM links WHERE view_id = ?1
        INTERSECT SELECT resource_id FROM links WHERE view_id = ?2",
    unassigned: "SELECT id FROM resources EXCEPT SELECT resource_id FROM links",
    with_all: |count| {
        let of = |place: usize| {
            format!("SELECT view_id AS id FROM links WHERE resource_id = ?{}", place + 1)
        };
        (0..count).map(of).collect::<Vec<_>>().join(" INTERSECT ")
    },
};

pub(super) struct Sqlite {
    connection: Connection,
    statements: &'static Statements,
}

impl Sqlite {
    pub(super) fn open(
        dir: &Path,
        fixture: &Fixture,
        statements: &'static Statements,
    ) -> Result<Self> {
        fs::create_dir_all(dir)?;
        let mut connection = Connection::open(dir.join("sets.sqlite"))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // Negative: in KiB.
        connection.pragma_update(None, "cache_size", -i64::try_from(CACHE >> 10)?)?;
        connection.execute_batch(
            "CREATE TABLE resources(id INTEGER PRIMARY KEY);
             CREATE TABLE links(
                view_id INTEGER NOT NULL, resource_id INTEGER NOT NULL,
                PRIMARY KEY (view_id, resource_id)) WITHOUT ROWID;",
        )?;
        let transaction = connection.transaction()?;
        {
            let mut register = transaction.prepare("INSERT INTO resources VALUES (?1)")?;
            for id in 0..fixture.registered {
                register.execute([id])?;
            }
            let mut link = transaction.prepare("INSERT INTO links VALUES (?1, ?2)")?;
            for (view, ids) in (0_u32..).zip(&fixture.views) {
                let mut ids = ids.clone();
                ids.sort_unstable();
                for id in ids {
                    link.execute(params![view, id])?;
                }
            }
        }
        transaction.commit()?;
        connection.execute_batch(
            "CREATE INDEX backlinks ON links(resource_id, view_id); ANALYZE;
             PRAGMA wal_checkpoint(TRUNCATE);",
        )?;
        Ok(Self { connection, statements })
    }

    fn find(&self, of: &str, values: &[&dyn ToSql]) -> Result<Found> {
        let mut count = self.connection.prepare_cached(&format!("SELECT count(*) FROM ({of})"))?;
        let total: i64 = count.query_row(values, |row| row.get(0))?;
        let first = format!("SELECT id FROM ({of}) ORDER BY id LIMIT {FIRST}");
        let mut first = self.connection.prepare_cached(&first)?;
        let first = first.query_map(values, |row| row.get(0))?;
        Ok(Found { total: u64::try_from(total)?, first: first.collect::<rusqlite::Result<_>>()? })
    }
}

impl Sets for Sqlite {
    fn ask(&self, question: &Question) -> Result<Found> {
        match question {
            Question::InBoth([one, other]) => {
                self.find(self.statements.in_both, &[one as &dyn ToSql, other])
            }
            Question::Unassigned => self.find(self.statements.unassigned, &[]),
            Question::WithAll(ids) => {
                let values: Vec<&dyn ToSql> = ids.iter().map(|id| id as &dyn ToSql).collect();
                // The results are few, so all are read and counted here.
                let text = (self.statements.with_all)(ids.len());
                let mut statement = self.connection.prepare_cached(&text)?;
                let found = statement.query_map(values.as_slice(), |row| row.get(0))?;
                let mut found = found.collect::<rusqlite::Result<Vec<u32>>>()?;
                found.sort_unstable();
                let total = found.len() as u64;
                found.truncate(FIRST);
                Ok(Found { total, first: found })
            }
        }
    }
}
