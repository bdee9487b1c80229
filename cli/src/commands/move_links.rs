//! Moving links from one view to another.

use clap::Args;
use viewlink::{Batch, ResourceFilter, ResourceType, ViewKey};

use super::change::ChangeArguments;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::Output;
use crate::store::StoreArguments;

const HELP: &str = "\
Examples:
  viewlink move views.viewlink old-view --to new-view checkout-v2 search-v3
  viewlink move views.viewlink old-view --to new-view --filter tags:beta --dry-run
  viewlink move views.viewlink old-view --to new-view --all

A resource that the other view has already keeps its link there, and is unlinked from the first one.
A failed key stops none of the others: it is printed with its code and the reason, and the exit code is 1.";

/// Move links from a view to another one, in one change
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct MoveArguments {
    #[command(flatten)]
    store: StoreArguments,

    #[command(flatten)]
    change: ChangeArguments,

    /// The view that gets the links
    #[arg(long, value_name = "VIEW")]
    to: ViewKey,

    /// Move everything, of every type
    #[arg(long)]
    all: bool,

    /// Do not count a resource that is not linked as a failure
    #[arg(long)]
    ignore_missing: bool,

    /// Keep what the other view already has where it is, and count it as a failure
    #[arg(long)]
    refuse_existing: bool,
}

impl MoveArguments {
    fn batches(&self) -> Result<Vec<Batch>> {
        let batches = match (self.all, self.change.names_none()) {
            (true, true) => {
                let all = |of| Batch::matching(of, ResourceFilter::all());
                ResourceType::ALL.map(all).to_vec()
            }
            (true, false) => {
                return Err(Error::Usage("--all moves everything: leave keys and filters out"));
            }
            (false, _) => vec![self.change.batch()?],
        };
        let chosen = |batch: Batch| {
            let batch = if self.ignore_missing { batch.ignore_missing() } else { batch };
            if self.refuse_existing { batch.refuse_existing() } else { batch }
        };
        Ok(batches.into_iter().map(chosen).collect())
    }
}

pub(crate) fn run(arguments: &MoveArguments, output: &mut Output) -> Result<Exit> {
    let MoveArguments { store, change, to, .. } = arguments;
    let batches = arguments.batches()?;
    let opened = store.open(change.options(), output)?;
    let project = change.handle(opened.project(change.project.key().as_str())?);
    let reports = project.move_links(change.view.as_str(), to.as_str(), batches)?;
    let mut exit = Exit::Done;
    let whole = reports.iter().all(viewlink::Report::is_empty);
    for (place, report) in reports.iter().enumerate() {
        // Of the types of which nothing was linked nobody needs to be told.
        if !report.is_empty() || (whole && place == 0) {
            let told = change.tell(report, None, output)?;
            exit = if told == Exit::Done { exit } else { told };
        }
    }
    opened.close()?;
    Ok(exit)
}
