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

A resource that is already linked to the other view keeps that link, and is unlinked from the first one.
A failed key does not stop the others. It is printed with its code and the reason, and the exit code is 1.";

/// Move links from one view to another, in one change
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

    /// Move all links, of every type
    #[arg(long)]
    all: bool,

    /// Do not count a resource that is not linked as a failure
    #[arg(long)]
    ignore_missing: bool,

    /// Do not move a resource that the other view already has, and count it as a failure
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
                return Err(Error::Usage("--all moves all links: do not give keys or filters"));
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
    let opened = store.open(change.store_options(), output)?;
    let project = change.handle(opened.project(change.project.key().as_str())?);
    let reports = project.move_links(change.view.as_str(), to.as_str(), batches)?;
    let mut exit = Exit::Done;
    let whole = reports.iter().all(viewlink::Report::is_empty);
    for (place, report) in reports.iter().enumerate() {
        // Types without links are not reported.
        if !report.is_empty() || (whole && place == 0) {
            let result = change.print_report(report, None, output)?;
            exit = if result == Exit::Done { exit } else { result };
        }
    }
    opened.close()?;
    Ok(exit)
}
