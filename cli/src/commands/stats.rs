//! Figures of a store.

use clap::Args;

use crate::error::Result;
use crate::exit::Exit;
use crate::output::Output;
use crate::store::StoreArguments;

/// Show the size of a store: tables, links, journal, free space
#[derive(Debug, Args)]
pub(crate) struct StatsArguments {
    #[command(flatten)]
    store: StoreArguments,
}

pub(crate) fn run(arguments: &StatsArguments, output: &mut Output) -> Result<Exit> {
    let store = arguments.store.open(output)?;
    let stats = store.stats();
    store.close()?;
    output.line(format_args!("revision {}", stats.revision))?;
    Ok(Exit::Done)
}
