//! Writing a checkpoint, which has only the current state.

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

It writes a checkpoint: the next opening does not need the journal, and deleted data no longer takes space.";

/// Write a checkpoint, which frees the space of deleted data
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct CompactArguments {
    #[command(flatten)]
    store: StoreArguments,
}

/// The length of the checkpoint before and after, as JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Compacted {
    checkpoint_bytes_before: u64,
    checkpoint_bytes_after: u64,
}

pub(crate) fn run(arguments: &CompactArguments, output: &mut Output) -> Result<Exit> {
    let store = arguments.store.open(store::options(), output)?;
    let before = store.sizes()?.checkpoint_bytes;
    let spinner = progress::spinner("compacting", output.is_quiet());
    let compacted = store.compact();
    spinner.finish_and_clear();
    compacted?;
    let after = store.sizes()?.checkpoint_bytes;
    store.close()?;
    if output.is_json() {
        output
            .json(&Compacted { checkpoint_bytes_before: before, checkpoint_bytes_after: after })?;
    } else {
        let (before, after) = (HumanBytes(before), HumanBytes(after));
        output.note(format_args!("the checkpoint has {after}; before, it had {before}"));
    }
    Ok(Exit::Done)
}
