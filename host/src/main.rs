//! Serves the Views REST API from a viewlink store; `--help` tells the options.

use std::process::ExitCode;

use clap::Parser as _;
use viewlink_host::{Arguments, run};

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("viewlink-host: {}", error.chain());
            error.exit_code()
        }
    }
}
