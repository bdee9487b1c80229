//! The command line.

use std::path::PathBuf;

use clap::Parser;
use tracing_subscriber::filter::LevelFilter;

use crate::log_options::LogOptions;
use crate::settings::Settings;

/// Serves the Views REST API from a viewlink store.
#[derive(Clone, Debug, Parser)]
#[command(version, about)]
pub struct Arguments {
    /// The directory of the store; it is created if it does not exist
    #[arg(long, value_name = "DIR", default_value = "views.viewlink")]
    pub db: PathBuf,

    /// The address to listen on; with port 0 the host takes any free port and prints it
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub listen: String,

    /// A file of API keys, one per line: the key, then `reader` or `writer`; without this option a writer key is
    /// generated and printed
    #[arg(long, value_name = "FILE")]
    pub keys: Option<PathBuf>,

    /// A file of resources to register before the host serves requests, one line of JSON each
    #[arg(long, value_name = "FILE")]
    pub resources: Option<PathBuf>,

    /// A file of members and teams, one line of JSON each, with the names of the maintainers of views
    #[arg(long, value_name = "FILE")]
    pub members: Option<PathBuf>,

    /// Only registered resources may be linked
    #[arg(long)]
    pub closed: bool,

    /// The largest number of keys in one link or unlink
    #[arg(long, value_name = "KEYS", default_value_t = 100_000)]
    pub batch_limit: usize,

    /// The most memory, in MiB, that the state may use: changes that would need more are refused; without this option
    /// there is no limit
    #[arg(long, value_name = "MIB")]
    pub memory_limit: Option<u64>,

    /// The number of seconds that running requests may take to finish when the host stops
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub grace: u64,

    /// The level of the log, which goes to stderr as JSON: off, error, warn, info, debug or trace
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    pub log: LevelFilter,

    /// Verify the store instead of serving it, and print each problem
    #[arg(long)]
    pub verify: bool,

    /// The log that several hosts share.
    #[command(flatten)]
    pub log_options: LogOptions,

    /// How the API behaves.
    #[command(flatten)]
    pub settings: Settings,
}

impl Arguments {
    /// The directory of the store itself: a copy that follows a log has other files next to it.
    pub(crate) fn store(&self) -> PathBuf {
        if self.log_options.is_shared() { self.db.join("store") } else { self.db.clone() }
    }
}
