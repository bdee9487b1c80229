//! Giving unused space back.

use clap::Args;
use indicatif::HumanBytes;
use serde::Serialize;

use crate::error::Result;
use crate::exit::Exit;
use crate::output::Output;
use crate::progress;
use crate::store::{self, StoreArguments};

const HELP: &str = "\
Example:
  viewlink compact views.viewlink

It helps after much was deleted; `stats` tells how much of the state is free.";

/// Give the space back that the state does not need
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct CompactArguments {
    #[command(flatten)]
    store: StoreArguments,
}

/// The length of the state before and after, for machines.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Compacted {
    state_bytes_before: u64,
    state_bytes_after: u64,
}

pub(crate) fn run(arguments: &CompactArguments, output: &mut Output) -> Result<Exit> {
    let store = arguments.store.open(store::options(), output)?;
    let before = store.sizes()?.state_bytes;
    let spinner = progress::spinner("compacting", output.is_quiet());
    let compacted = store.compact();
    spinner.finish_and_clear();
    compacted?;
    let after = store.sizes()?.state_bytes;
    store.close()?;
    if output.is_json() {
        output.json(&Compacted { state_bytes_before: before, state_bytes_after: after })?;
    } else {
        let (before, after) = (HumanBytes(before), HumanBytes(after));
        output.note(format_args!("the state takes {after}, and took {before}"));
    }
    Ok(Exit::Done)
}
