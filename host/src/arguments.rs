//! The command line.

use std::path::PathBuf;

use clap::Parser;
use tracing_subscriber::filter::LevelFilter;

use crate::settings::Settings;

/// Serves the Views REST API from a viewlink store.
#[derive(Clone, Debug, Parser)]
#[command(version, about)]
pub struct Arguments {
    /// The directory of the store, made where there is none
    #[arg(long, value_name = "DIR", default_value = "views.viewlink")]
    pub db: PathBuf,

    /// The address to listen on; with port 0 any free port is taken and printed
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub listen: String,

    /// A file of API keys, a line each: the key, then `reader` or `writer`; without it a writer
    /// key is generated and printed
    #[arg(long, value_name = "FILE")]
    pub keys: Option<PathBuf>,

    /// A file of resources to register before anything is served, a line of JSON each
    #[arg(long, value_name = "FILE")]
    pub resources: Option<PathBuf>,

    /// A file of members and teams, a line of JSON each: what answers tell of who looks after a view
    #[arg(long, value_name = "FILE")]
    pub members: Option<PathBuf>,

    /// Lets registered resources only be linked
    #[arg(long)]
    pub closed: bool,

    /// How many keys a link or unlink may have
    #[arg(long, value_name = "KEYS", default_value_t = 100_000)]
    pub batch_limit: usize,

    /// How many MiB of memory the state may take: changes that would need more are refused; without it there is no
    /// limit
    #[arg(long, value_name = "MIB")]
    pub memory_limit: Option<u64>,

    /// How many seconds requests may take to finish when the host is told to stop
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub grace: u64,

    /// What is logged to stderr, as JSON: off, error, warn, info, debug or trace
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    pub log: LevelFilter,

    /// Checks the store instead of serving it, and prints what is wrong
    #[arg(long)]
    pub verify: bool,

    /// How the API behaves.
    #[command(flatten)]
    pub settings: Settings,
}
