//! Where the database is, and which table is meant.

use std::fmt::{Debug, Formatter};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use tokio_postgres::Config;

use crate::LogError;

/// Where a PostgreSQL server is, and the table of a log in it.
///
/// ```
/// # use viewlink_cluster::PostgresOptions;
/// # fn main() -> Result<(), viewlink_cluster::LogError> {
/// let url = "postgres://viewlink:secret@db1,db2/flags?target_session_attrs=read-write";
/// let options = PostgresOptions::new(url, "viewlink_log")?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct PostgresOptions {
    pub(super) config: Config,
    pub(super) table: String,
    pub(super) create: bool,
    pub(super) accept_unsynced: bool,
    pub(super) roots: Option<PathBuf>,
    pub(super) answer_within: Duration,
    pub(super) open_within: Duration,
}

impl PostgresOptions {
    /// A URL or a connection string as of libpq, and the name of the log's table; its head is in a table that has
    /// `_head` behind that name. Several hosts may be named; with `target_session_attrs=read-write` the one is taken
    /// that leads.
    ///
    /// # Errors
    ///
    /// [`LogError::Unfit`] where the URL is invalid, or the name is empty, has more than 50 bytes, or one that is no
    /// small letter, digit or `_`, or begins with a digit.
    pub fn new(url: &str, table: impl Into<String>) -> Result<Self, LogError> {
        let table = table.into();
        let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let begins_with_digit = table.starts_with(|first: char| first.is_ascii_digit());
        if table.is_empty() || table.len() > 50 || begins_with_digit || !table.bytes().all(is_name)
        {
            let reason =
                "a name of a log's table is 1 to 50 small letters, digits and '_'".to_owned();
            return Err(LogError::Unfit { reason });
        }
        // The error of the parser has no URL, and so no password.
        let config = Config::from_str(url).map_err(|error| {
            let why =
                std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            LogError::Unfit { reason: format!("the URL of PostgreSQL: {error} {why}") }
        })?;
        Ok(Self {
            config,
            table,
            create: true,
            accept_unsynced: false,
            roots: None,
            answer_within: Duration::from_secs(5),
            open_within: Duration::from_secs(10),
        })
    }

    /// Whether tables that are not there are made, as by default.
    pub fn create(mut self, create: bool) -> Self {
        self.create = create;
        self
    }

    /// Certificates of authorities in a PEM file, which the server's certificate is checked with; asks for TLS. Without
    /// it there is none.
    pub fn root_certificates(mut self, path: impl AsRef<Path>) -> Self {
        self.roots = Some(path.as_ref().to_owned());
        self
    }

    /// Takes a server that may lose what it acknowledged: with `fsync`, `full_page_writes` or `synchronous_commit` off.
    pub fn accept_unsynced(mut self, accept: bool) -> Self {
        self.accept_unsynced = accept;
        self
    }

    /// How long an answer is waited for, 5 s by default.
    pub fn answer_within(mut self, within: Duration) -> Self {
        self.answer_within = within;
        self
    }

    /// How long opening waits for the server, 10 s by default. A log that is away then is opened all the same, and is
    /// tried again at every call.
    pub fn open_within(mut self, within: Duration) -> Self {
        self.open_within = within;
        self
    }
}

// The configuration may hold a password.
impl Debug for PostgresOptions {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresOptions").field("table", &self.table).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_url_and_no_name_is_refused() {
        let url = "postgres://u:hidden@h/d";
        assert!(PostgresOptions::new(url, "changes_2").is_ok());
        assert!(PostgresOptions::new("postgres://u:hidden@h/d?nothing=1", "t").is_err());
        for name in ["", "a-b", "A", "a;drop", "1a", &"a".repeat(51)] {
            assert!(PostgresOptions::new(url, name).is_err(), "{name}");
        }
        let shown = format!("{:?}", PostgresOptions::new(url, "t").unwrap());
        assert!(!shown.contains("hidden"), "{shown}");
    }
}
