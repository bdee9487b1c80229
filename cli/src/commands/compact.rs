//! Giving unused space back.

use clap::Args;
use serde::Serialize;

use crate::error::Result;
use crate::exit::Exit;
use crate::output::Output;
use crate::progress;
use crate::store::StoreArguments;

const HELP: &str = "\
Example:
  viewlink compact views.viewlink

It helps after much was deleted. While it runs the state is there twice.";

/// Give the space back that the state does not need
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct CompactArguments {
    #[command(flatten)]
    store: StoreArguments,
}

/// What was given back, for machines.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Compacted {
    bytes_before: u64,
    bytes_after: u64,
}

pub(crate) fn run(arguments: &CompactArguments, output: &mut Output) -> Result<Exit> {
    let store = arguments.store.open(output)?;
    let before = arguments.store.bytes()?;
    let spinner = progress::spinner("compacting", output.is_quiet());
    let compacted = store.compact();
    spinner.finish_and_clear();
    compacted?;
    store.close()?;
    let after = arguments.store.bytes()?;
    if output.is_json() {
        output.json(&Compacted { bytes_before: before, bytes_after: after })?;
    } else {
        output.note(format_args!("{before} bytes before, {after} bytes after"));
    }
    Ok(Exit::Done)
}
