//! The tables of a log, and whether the server keeps what it acknowledges.

use tokio_postgres::{Client, Error, Row};

use super::options::PostgresOptions;
use crate::LogError;
use crate::log::away;

/// Of one answer to a reader: no more messages or bytes than these, but for the last message.
const BATCH: (usize, usize) = (8192, 8 << 20);

/// What is asked of the tables of a log.
///
/// The head is one row, which an append locks until its commit is seen by all. So sequences have no gaps, and nobody
/// sees one before those below it.
#[derive(Debug)]
pub(super) struct Questions {
    pub(super) append: String,
    pub(super) read: String,
    pub(super) bounds: String,
    pub(super) trim: String,
    pub(super) notify: String,
    pub(super) listen: String,
    make: String,
    tables: [String; 2],
}

impl Questions {
    pub(super) fn of(options: &PostgresOptions) -> Self {
        let name = &options.table;
        // A name may be one of the words of the language.
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
            make: format!(
                "begin; select pg_advisory_xact_lock(hashtext('{name}')); \
                 create table if not exists {table} (sequence bigint primary key, message bytea not null); \
                 create table if not exists {head} (is_one boolean primary key default true check (is_one), last bigint not null); \
                 insert into {head} (last) values (0) on conflict do nothing; commit"
            ),
            tables: [table, head],
        }
    }

    /// Makes the tables where they are not there, and looks whether they outlive a crash.
    pub(super) async fn make_tables(&self, client: &Client, create: bool) -> Result<(), LogError> {
        const WHAT: &str = "the tables of the log";
        if !self.are_there(client).await? {
            if !create {
                let reason = format!("there is no table {}", self.tables.join(" or no table "));
                return Err(LogError::Unfit { reason });
            }
            client.batch_execute(&self.make).await.map_err(|error| refused(WHAT, error))?;
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
                    format!("table {table} is emptied by a crash; alter table {table} set logged");
                return Err(LogError::Unfit { reason });
            }
        }
        Ok(())
    }

    async fn are_there(&self, client: &Client) -> Result<bool, LogError> {
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

/// Whether the server keeps what it acknowledges to this session.
///
/// # Errors
///
/// [`LogError::Unfit`] with the setting that is wrong; [`LogError::Away`] where it does not answer or only reads.
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
        let what = "the server takes no changes; it is a standby, or set to read only";
        return Err(LogError::Away { what: what.to_owned(), source: None });
    }
    let skips_standbys = commit == "local" && !standbys.is_empty();
    let wrong = [
        (fsync == "off", "fsync is off: what it acknowledges is lost with the power"),
        (full_pages == "off", "full_page_writes is off: a torn page loses what was acknowledged"),
        (commit == "off", "synchronous_commit is off: what it acknowledges is lost with a crash"),
        (
            skips_standbys,
            "synchronous_commit is local: what it acknowledges may not be on its standbys",
        ),
    ];
    match wrong.iter().find(|(is_so, _)| *is_so) {
        Some((_, why)) if !options.accept_unsynced => {
            Err(LogError::Unfit { reason: format!("{why}; turn it on, or say accept_unsynced") })
        }
        _ => Ok(()),
    }
}

fn texts(row: &Row) -> Result<[String; 5], Error> {
    Ok([row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?, row.try_get(4)?])
}

/// What a server refused, or did not answer.
pub(super) fn refused(what: &str, error: Error) -> LogError {
    away(what.to_owned(), error)
}
