//! Settings of the API.

use clap::Args;

use crate::cors::Origin;

/// Settings of the API, apart from where it listens.
#[derive(Clone, Debug, Args)]
pub struct Settings {
    /// The account id in the answers
    #[arg(long, value_name = "ID", default_value = Settings::ACCOUNT_ID)]
    pub account_id: String,

    /// The largest body, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = Settings::BODY_LIMIT)]
    pub body_limit: usize,

    /// The number of calls of the store that run at the same time; further calls wait
    #[arg(long, value_name = "CALLS", default_value_t = Settings::STORE_CALLS,
          value_parser = clap::value_parser!(u16).range(1..=512))]
    pub store_calls: u16,

    /// How many seconds a connection may be silent between requests
    #[arg(long, value_name = "SECONDS", default_value_t = Settings::IDLE,
          value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub idle: u64,

    /// The largest number of changes that `asOf` may go back; the more changes, the longer such a request takes
    #[arg(long, value_name = "CHANGES", default_value_t = Settings::AS_OF_CHANGES)]
    pub as_of_changes: u64,

    /// How many seconds a request with `atLeast` waits for the position
    #[arg(long, value_name = "SECONDS", default_value_t = Settings::WAIT,
          value_parser = clap::value_parser!(u64).range(0..=60))]
    pub wait: u64,

    /// An origin whose pages may call the API, as browsers write it: scheme, host and port, or * for any; may be given
    /// several times
    #[arg(long, value_name = "ORIGIN")]
    pub allow_origin: Vec<Origin>,
}

impl Settings {
    const ACCOUNT_ID: &str = "local";
    const BODY_LIMIT: usize = 16 << 20;
    // Calls that wait for a sync share it, so a larger number costs little. The runtime has 512 threads.
    const STORE_CALLS: u16 = 256;
    // Longer than proxies keep unused connections, so that the proxies close them first.
    const IDLE: u64 = 75;
    const AS_OF_CHANGES: u64 = 100_000;
    const WAIT: u64 = 5;
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            account_id: Self::ACCOUNT_ID.to_owned(),
            body_limit: Self::BODY_LIMIT,
            store_calls: Self::STORE_CALLS,
            idle: Self::IDLE,
            as_of_changes: Self::AS_OF_CHANGES,
            wait: Self::WAIT,
            allow_origin: Vec::new(),
        }
    }
}
