//! Puts load on the host: many keep-alive connections that link and unlink flags of their own.
//!
//! ```text
//! cargo run --release -p viewlink-host --bin viewlink-load -- --seconds 30 --connections 64
//! ```
//!
//! The host runs in this process, on a free port of 127.0.0.1 and with a store of its own below
//! `--dir`. Each connection knows what is linked of its flags, so the answer to each request is
//! known before. The run fails when an answer is another, and when what was acknowledged is not
//! there: read over HTTP at the end, and again in the store opened anew, which is verified too.

#![forbid(unsafe_code)]

mod arguments;
mod client;
mod figures;
mod ledger;
mod readback;
mod run;
mod sync_time;
mod worker;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Parser as _;

/// What a run returns; the text says what was wrong.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> ExitCode {
    match run::run(&arguments::Arguments::parse()) {
        Ok(figures) => {
            // How it ended is told by the exit code, too, where nobody reads.
            let _ = write!(io::stdout(), "{figures}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            let _ = writeln!(io::stderr(), "viewlink-load: {error}");
            ExitCode::FAILURE
        }
    }
}
