//! The commands.

mod stats;

use crate::arguments::Command;
use crate::error::Result;
use crate::exit::Exit;
use crate::output::Output;
use crate::transfer;

pub(crate) use stats::StatsArguments;

/// Does what a command asks for.
pub(crate) fn run(command: &Command, output: &mut Output) -> Result<Exit> {
    match command {
        Command::Stats(arguments) => stats::run(arguments, output),
        Command::Import(arguments) => transfer::import(arguments, output),
        Command::Export(arguments) => transfer::export(arguments, output),
    }
}
