//! Which log the host shares with other hosts.

use std::path::PathBuf;

use clap::Args;

use crate::secret::Secret;

/// The log that this host shares with others, each of which has a copy of the store. Without one the host has the only
/// copy.
#[derive(Clone, Debug, Args)]
#[group(skip)]
pub struct LogOptions {
    /// Servers of NATS JetStream that have the log: URLs separated by commas, or @FILE with one on each line
    #[arg(long, value_name = "URLS", env = "VIEWLINK_CLUSTER", hide_env_values = true,
          group = "shared", requires_all = ["proof", "keys"])]
    pub cluster: Option<Secret>,

    /// The stream of the log on these servers, created if it does not exist
    #[arg(long, value_name = "NAME", default_value = "viewlink", requires = "cluster")]
    pub stream: String,

    /// The number of these servers that keep each change; a stream with fewer is refused
    #[arg(long, value_name = "NUMBER", default_value_t = 3, requires = "cluster",
          value_parser = clap::value_parser!(u8).range(1..=5))]
    pub replicas: u8,

    /// A credentials file for these servers, as nsc writes it
    #[arg(long, value_name = "FILE", requires = "cluster")]
    pub nats_creds: Option<PathBuf>,

    /// Ask the servers in their system account whether they sync each change: their URLs with the user and password
    /// of that account, or @FILE
    #[arg(
        long,
        value_name = "URLS",
        env = "VIEWLINK_SYSTEM",
        hide_env_values = true,
        group = "proof",
        requires = "cluster"
    )]
    pub system: Option<Secret>,

    /// The same with a credentials file of the system account
    #[arg(long, value_name = "FILE", group = "proof", requires = "cluster")]
    pub system_creds: Option<PathBuf>,

    /// Do not ask: you ensure that all servers have `sync_interval: always`. Otherwise a loss of power loses changes
    #[arg(long, group = "proof", requires = "cluster")]
    pub trust_sync: bool,

    /// A server of PostgreSQL that has the log: its URL, or @FILE
    #[arg(long, value_name = "URL", env = "VIEWLINK_POSTGRES", hide_env_values = true,
          group = "shared", requires_all = ["snapshots", "keys"])]
    pub postgres: Option<Secret>,

    /// The table of the log in PostgreSQL, created if it does not exist
    #[arg(long, value_name = "NAME", default_value = "viewlink_log", requires = "postgres")]
    pub table: String,

    /// A directory for snapshots that all hosts can use, such as one on a shared file system; without it snapshots are
    /// on the servers of NATS
    #[arg(long, value_name = "DIR", requires = "shared")]
    pub snapshots: Option<PathBuf>,

    /// Publish a snapshot after this many seconds if no other host did
    #[arg(long, value_name = "SECONDS", requires = "shared",
          value_parser = clap::value_parser!(u64).range(1..))]
    pub snapshot_every: Option<u64>,

    /// Certificates of authorities for the servers of the log, in a PEM file; turns on TLS
    #[arg(long, value_name = "FILE", requires = "shared")]
    pub tls_ca: Option<PathBuf>,

    /// A client certificate for the servers of NATS, in a PEM file; turns on TLS
    #[arg(long, value_name = "FILE", requires_all = ["cluster", "tls_key"])]
    pub tls_cert: Option<PathBuf>,

    /// The key of that certificate, in a PEM file
    #[arg(long, value_name = "FILE", requires_all = ["cluster", "tls_cert"])]
    pub tls_key: Option<PathBuf>,
}

impl LogOptions {
    /// Whether there is a log.
    pub(crate) const fn is_shared(&self) -> bool {
        self.cluster.is_some() || self.postgres.is_some()
    }
}
