//! The tables of a log, and the checks that the server keeps acknowledged messages.

use tokio_postgres::{Client, Error, Row};

use super::options::PostgresOptions;
use crate::LogError;
use crate::log::away;

/// The maximal number of messages and of bytes of one answer to a reader; the last message may exceed it.
const BATCH: (usize, usize) = (8192, 8 << 20);

/// The queries on the tables of a log.
///
/// The head is one row, which an append locks until its commit is visible. So sequences have no gaps, and no reader sees a
/// message before the ones with lower sequences.
#[derive(Debug)]
pub(super) struct Queries {
    pub(super) append: String,
    pub(super) read: String,
    pub(super) bounds: String,
    pub(super) trim: String,
    pub(super) notify: String,
    pub(super) listen: String,
    create: String,
    tables: [String; 2],
}

impl Queries {
    pub(super) fn of(options: &PostgresOptions) -> Self {
        let name = &options.table;
        // A name may be a keyword of SQL.
        let (table, head) = (format!("\"{name}\""), format!("\"{name}_head\""));
        let (messages, bytes) = BATCH;
        Self {
            append: format!(
                "with moved as (update {head} set last = last + 1 where $1::bigint is null or last = $1 returning last) \
                 insert into {table} (sequence, message) select last, $2 from moved returning sequence"
            ),
            read: format!(
                "select h.last, m.sequence, m.message from {head} h left join lateral ( \
                   select sequence, message from ( \
                     select sequence, message, \
                       sum(octet_length(message)) over (order by sequence) - octet_length(message) as before \
                     from (select sequence, message from {table} where sequence >= $1 order by sequence limit {messages}) w \
                   ) v where before < {bytes} \
                 ) m on true order by m.sequence"
            ),
            bounds: format!(
                "select coalesce((select min(sequence) from {table}), h.last + 1), h.last from {head} h"
            ),
            trim: format!("delete from {table} where sequence < $1"),
            notify: format!("select pg_notify('{name}', '')"),
            listen: format!("listen {table}"),
            create: format!(
                "begin; select pg_advisory_xact_lock(hashtext('{name}')); \
                 create table if not exists {table} (sequence bigint primary key, message bytea not null); \
                 create table if not exists {head} (is_one boolean primary key default true check (is_one), last bigint not null); \
                 insert into {head} (last) values (0) on conflict do nothing; commit"
            ),
            tables: [table, head],
        }
    }

    /// Creates the tables if they do not exist, and checks that a crash does not empty them.
    pub(super) async fn create_tables(
        &self,
        client: &Client,
        may_create: bool,
    ) -> Result<(), LogError> {
        const WHAT: &str = "the tables of the log";
        if !self.exist(client).await? {
            if !may_create {
                let reason =
                    format!("there is no table {}: create them", self.tables.join(" or no table "));
                return Err(LogError::Unfit { reason });
            }
            client.batch_execute(&self.create).await.map_err(|error| refused(WHAT, error))?;
        }
        for table in &self.tables {
            let kind = client
                .query_one(
                    "select relpersistence::text from pg_class where oid = to_regclass($1)",
                    &[table],
                )
                .await
                .and_then(|row| row.try_get::<_, String>(0))
                .map_err(|error| refused(WHAT, error))?;
            if kind != "p" {
                let reason =
                    format!("a crash empties table {table}; alter table {table} set logged");
                return Err(LogError::Unfit { reason });
            }
        }
        Ok(())
    }

    async fn exist(&self, client: &Client) -> Result<bool, LogError> {
        let [table, head] = &self.tables;
        client
            .query_one(
                "select to_regclass($1) is not null and to_regclass($2) is not null",
                &[table, head],
            )
            .await
            .and_then(|row| row.try_get(0))
            .map_err(|error| refused("the tables of the log", error))
    }
}

/// Checks that the server keeps messages that it acknowledges to this session.
///
/// # Errors
///
/// [`LogError::Unfit`] with the wrong setting; [`LogError::Away`] if the server does not answer or is read-only.
pub(super) async fn check_server(
    client: &Client,
    options: &PostgresOptions,
) -> Result<(), LogError> {
    const WHAT: &str = "the settings of the server";
    let row = client
        .query_one(
            "select current_setting('fsync'), current_setting('full_page_writes'), \
               current_setting('synchronous_commit'), current_setting('synchronous_standby_names'), \
               (pg_is_in_recovery() or current_setting('transaction_read_only') = 'on')::text",
            &[],
        )
        .await
        .map_err(|error| refused(WHAT, error))?;
    let [fsync, full_pages, commit, standbys, only_reads] =
        texts(&row).map_err(|error| refused(WHAT, error))?;
    if only_reads == "true" {
        let what = "the server accepts no changes; it is a standby, or set to read only";
        return Err(LogError::Away { what: what.to_owned(), source: None });
    }
    let skips_standbys = commit == "local" && !standbys.is_empty();
    let wrong = [
        (fsync == "off", "fsync is off: a loss of power loses acknowledged messages"),
        (full_pages == "off", "full_page_writes is off: a torn page loses acknowledged messages"),
        (commit == "off", "synchronous_commit is off: a crash loses acknowledged messages"),
        (
            skips_standbys,
            "synchronous_commit is local: acknowledged messages may be missing on standbys",
        ),
    ];
    match wrong.iter().find(|(is_so, _)| *is_so) {
        Some((_, why)) if !options.accept_unsynced => Err(LogError::Unfit {
            reason: format!("{why}; turn it on, or set the option accept_unsynced of the log"),
        }),
        _ => Ok(()),
    }
}

fn texts(row: &Row) -> Result<[String; 5], Error> {
    Ok([row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?, row.try_get(4)?])
}

/// The error of a query that the server refused or did not answer.
pub(super) fn refused(what: &str, error: Error) -> LogError {
    away(what.to_owned(), error)
}
