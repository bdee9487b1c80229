//! The command line.

use std::path::PathBuf;

use clap::Parser;

/// Starts a host, puts load on it, and checks every answer and the final state of the store.
#[derive(Debug, Parser)]
#[command(version, about)]
pub(crate) struct Arguments {
    /// The duration of the load, in seconds
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(crate) seconds: u64,

    /// The number of connections; each sends one request at a time
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub(crate) connections: u32,

    /// The largest number of flags that a request links or unlinks
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) keys: u32,

    /// The number of requests after which a connection stops, even if time is left
    #[arg(long, default_value_t = 1_000_000)]
    pub(crate) requests: u32,

    /// The directory for the temporary store; choose one on the disk to be measured
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) dir: PathBuf,
}
