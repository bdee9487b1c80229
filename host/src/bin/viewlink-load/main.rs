//! Puts load on the host: many keep-alive connections that link and unlink their own flags.
//!
//! ```text
//! cargo run --release -p viewlink-host --bin viewlink-load -- --seconds 30 --connections 64
//! ```
//!
//! The host runs in this process, on a free port of 127.0.0.1, with its own store below `--dir`. Each connection knows
//! the links of its flags, so it knows the answer to each request in advance. The run fails if an answer is different,
//! or if an acknowledged change is missing at the end. The links are read over HTTP, and again from the reopened store,
//! which is also verified.

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

/// The result of a run; the text of the error says what was wrong.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> ExitCode {
    match run::run(&arguments::Arguments::parse()) {
        Ok(figures) => {
            // The exit code also reports the result, in case stderr is closed.
            let _ = write!(io::stdout(), "{figures}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            let _ = writeln!(io::stderr(), "viewlink-load: {error}");
            ExitCode::FAILURE
        }
    }
}
