//! Serves the Views REST API from a viewlink store. `--help` describes the options.

use std::process::ExitCode;

use clap::Parser as _;
use viewlink_host::{Arguments, run};

fn main() -> ExitCode {
    run(&Arguments::parse())
}
