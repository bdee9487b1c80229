//! The size of a store.

use clap::Args;
use indicatif::HumanBytes;
use viewlink::{MemoryUse, TypeCounts};

use super::figures::Figures;
use crate::counted::counted;
use crate::error::Result;
use crate::exit::Exit;
use crate::output::Output;
use crate::progress;
use crate::store::StoreArguments;
use crate::table::Table;

const HELP: &str = "\
Examples:
  viewlink stats views.viewlink
  viewlink stats views.viewlink --json | jq .links.flags

The whole store is loaded into memory, and nothing is written.";

/// Show the size of a store: links, memory, checkpoint, journal
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct StatsArguments {
    #[command(flatten)]
    store: StoreArguments,
}

pub(crate) fn run(arguments: &StatsArguments, output: &mut Output) -> Result<Exit> {
    let store = arguments.store.read(output)?;
    let spinner = progress::spinner("counting", output.is_quiet());
    let figures = Figures::read(&store);
    spinner.finish_and_clear();
    let figures = figures?;
    store.close()?;
    if output.is_json() {
        output.json(&figures.for_machines())?;
    } else {
        print(&figures, &arguments.store, output)?;
    }
    Ok(Exit::Done)
}

fn print(figures: &Figures, store: &StoreArguments, output: &mut Output) -> Result<()> {
    let Figures { id, projects, views, links, resources, sizes } = figures;
    let (journal, bytes) = (&sizes.journal, |bytes| HumanBytes(bytes).to_string());
    let kept = match journal.oldest {
        oldest if oldest > journal.newest => "no revisions".to_owned(),
        oldest => format!("revisions {oldest} to {}", journal.newest),
    };
    let (files, journal_bytes) = (counted(journal.segments, "segment"), bytes(journal.bytes));
    let mut table = Table::bare();
    let mut row = |name: &str, value: String| table.row([name.to_owned(), value]);
    row("path", store.path().display().to_string());
    row("store id", id.clone());
    row("revision", sizes.revision.to_string());
    let (checkpoint, length) = (sizes.checkpoint_revision, bytes(sizes.checkpoint_bytes));
    row("checkpoint", format!("revision {checkpoint}, {length}"));
    row("journal", format!("{kept}, {files}, {journal_bytes}"));
    row("memory", bytes(sizes.memory.total()));
    row("projects", projects.to_string());
    row("views", views.to_string());
    row("links", of_types(links));
    row("registered", of_types(resources));
    table.print(output)?;
    output.line("")?;
    let MemoryUse { views, links, names, backlinks, registry, .. } = sizes.memory;
    let mut table = Table::new(["PART", "MEMORY"]);
    for (part, memory) in [
        ("views", views),
        ("links", links),
        ("names", names),
        ("backlinks", backlinks),
        ("registry", registry),
    ] {
        table.row([part.to_owned(), bytes(memory)]);
    }
    table.print(output)
}

fn of_types(counts: &TypeCounts) -> String {
    format!("{}: {counts}", counts.total())
}
