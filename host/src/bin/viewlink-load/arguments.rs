//! The command line.

use std::path::PathBuf;

use clap::Parser;

/// Puts load on a host of its own, and checks every answer and what is left in the store.
#[derive(Debug, Parser)]
#[command(version, about)]
pub(crate) struct Arguments {
    /// For how many seconds
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(crate) seconds: u64,

    /// From how many connections, each with one request at a time
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub(crate) connections: u32,

    /// How many flags a request links or unlinks at most
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) keys: u32,

    /// At how many requests a connection stops before the time is over
    #[arg(long, default_value_t = 1_000_000)]
    pub(crate) requests: u32,

    /// Where the store is while it is used; on the disk that is meant
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) dir: PathBuf,
}
