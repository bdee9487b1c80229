//! Unlinking resources from a view.

use clap::Args;

use super::change::ChangeArguments;
use crate::error::Result;
use crate::exit::Exit;
use crate::output::Output;
use crate::store::StoreArguments;

const HELP: &str = "\
Examples:
  viewlink unlink views.viewlink my-view checkout-v2 no-such-flag --comment retired
  viewlink unlink views.viewlink my-view --keys-from retired.txt
  sort -u retired.txt | viewlink unlink views.viewlink my-view --keys-from -
  viewlink unlink views.viewlink my-view --filter archived:true --dry-run

A failed key does not stop the others. It is printed with its code and the reason, and the exit code is 1.";

/// Unlink resources from a view, in one change
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct UnlinkArguments {
    #[command(flatten)]
    store: StoreArguments,

    #[command(flatten)]
    change: ChangeArguments,

    /// Do not count a resource that is not linked as a failure
    #[arg(long)]
    ignore_missing: bool,

    /// Keep a resource in its last view, and count it as a failure
    #[arg(long)]
    keep_last_view: bool,
}

pub(crate) fn run(arguments: &UnlinkArguments, output: &mut Output) -> Result<Exit> {
    let UnlinkArguments { store, change, .. } = arguments;
    let batch = change.batch()?;
    let batch = if arguments.ignore_missing { batch.ignore_missing() } else { batch };
    let batch = if arguments.keep_last_view { batch.keep_last_view() } else { batch };
    let opened = store.open(change.store_options(), output)?;
    let project = change.handle(opened.project(change.project.key().as_str())?);
    let report = project.unlink(change.view.as_str(), batch)?;
    let exit = change.print_report(&report, None, output)?;
    opened.close()?;
    Ok(exit)
}
