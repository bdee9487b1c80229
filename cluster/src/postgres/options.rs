//! The server and the table of a log.

use std::fmt::{Debug, Formatter};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use tokio_postgres::Config;

use crate::LogError;

/// A server of PostgreSQL, and the table of a log in it.
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
    /// A URL or a connection string in the format of libpq, and the name of the table of the log. A second table has the same
    /// name with the suffix `_head`. The URL may have several hosts; with `target_session_attrs=read-write` the client connects
    /// to the one that accepts writes.
    ///
    /// # Errors
    ///
    /// [`LogError::Unfit`] if the URL is invalid, or if the name is empty, has more than 50 bytes, has other characters than
    /// lower-case letters, digits and `_`, or begins with a digit.
    pub fn new(url: &str, table: impl Into<String>) -> Result<Self, LogError> {
        let table = table.into();
        let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let begins_with_digit = table.starts_with(|first: char| first.is_ascii_digit());
        if table.is_empty() || table.len() > 50 || begins_with_digit || !table.bytes().all(is_name)
        {
            let reason =
                "the name of a table must have 1 to 50 lower-case letters, digits and '_', and not begin with a digit".to_owned();
            return Err(LogError::Unfit { reason });
        }
        // The error of the parser does not contain the URL, and so no password.
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

    /// Whether to create tables that do not exist. Default: yes.
    pub fn create(mut self, create: bool) -> Self {
        self.create = create;
        self
    }

    /// Certificates of authorities in a PEM file, to check the certificate of the server with. Requires TLS. Without this option
    /// the connection has no TLS.
    pub fn root_certificates(mut self, path: impl AsRef<Path>) -> Self {
        self.roots = Some(path.as_ref().to_owned());
        self
    }

    /// Accepts a server that may lose acknowledged messages: with `fsync`, `full_page_writes` or `synchronous_commit` off.
    pub fn accept_unsynced(mut self, accept: bool) -> Self {
        self.accept_unsynced = accept;
        self
    }

    /// How long to wait for an answer. Default: 5 seconds.
    pub fn answer_within(mut self, within: Duration) -> Self {
        self.answer_within = within;
        self
    }

    /// How long opening waits for the server. Default: 10 seconds. If it cannot be reached, the log is opened nevertheless, and
    /// every call tries to reach it.
    pub fn open_within(mut self, within: Duration) -> Self {
        self.open_within = within;
        self
    }
}

// The configuration may contain a password.
impl Debug for PostgresOptions {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresOptions").field("table", &self.table).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_url_and_an_invalid_name_are_refused() {
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
