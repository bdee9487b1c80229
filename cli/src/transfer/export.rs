//! `viewlink export`.

use std::path::{Path, PathBuf};

use clap::Args;
use indicatif::ProgressBar;
use viewlink::ProjectKey;

use super::format::Format;
use super::out_file::OutFile;
use super::sink::Sink;
use super::walk::Walk;
use crate::counted::counted;
use crate::error::Result;
use crate::exit::Exit;
use crate::output::Output;
use crate::progress;
use crate::store::{PastArguments, StoreArguments};

const HELP: &str = "\
Examples:
  viewlink export views.viewlink --out views.jsonl
  viewlink export views.viewlink --project shop --format csv | gzip > links.csv.gz
  viewlink export views.viewlink --as-of 1200 --out before.jsonl

JSON lines have a header, each view, each registered resource and each link with its time, at one
revision, and a trailer that shows that the file is complete. `viewlink import` creates a store from them.
CSV has only the links, in the columns project, view, type, environment, key and linked_at
(milliseconds since 1970). A file is written completely or not at all, and replaces an existing one.
For an exact copy of a store use `viewlink backup`.";

/// Write the whole store as JSON lines, or its links as CSV
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct ExportArguments {
    #[command(flatten)]
    store: StoreArguments,

    /// The file to write; `-` for standard output
    #[arg(long, short, value_name = "FILE", default_value = "-")]
    out: PathBuf,

    /// The format: jsonl has views, registered resources and links, csv has links only. Default: the extension of the
    /// file, or jsonl
    #[arg(long, value_enum)]
    format: Option<Format>,

    /// Export only this project
    #[arg(long, value_name = "KEY")]
    project: Option<ProjectKey>,

    #[command(flatten)]
    past: PastArguments,
}

pub(crate) fn export(arguments: &ExportArguments, output: &mut Output) -> Result<Exit> {
    let ExportArguments { store: place, out, format, project, past } = arguments;
    let format = format.or_else(|| Format::of_path(out)).unwrap_or(Format::Jsonl);
    let is_standard = out == Path::new("-");
    let store = place.read(output)?;
    let snapshot = past.snapshot(&store)?;
    let project = project.as_ref().map(ProjectKey::as_str);
    let walk = Walk::new(&snapshot, project);
    // If the project does not exist, no file is begun.
    let expected = walk.count()?;
    let mut sink = Sink::new(format, OutFile::begin(out, place.path())?);
    let rows = if sink.is_links_only() { expected.links } else { expected.total() };
    let bar: ProgressBar = progress::bar(rows, "exporting", output.is_quiet());
    sink.begin(&store.id(), snapshot.revision(), project)?;
    let counts = walk.write(&mut sink, &bar)?;
    sink.end(counts)?;
    bar.finish_and_clear();
    drop(snapshot);
    store.close()?;
    if output.is_json() {
        // If the rows go to standard output, the trailer has the counts.
        return if is_standard {
            Ok(Exit::Done)
        } else {
            output.json(&counts).map(|()| Exit::Done)
        };
    }
    let to = if is_standard { "standard output".into() } else { format!("{out:?}") };
    match format {
        Format::Jsonl => output.note(format_args!("exported {counts} to {to}")),
        Format::Csv => {
            output.note(format_args!("exported {} to {to}", counted(counts.links, "link")));
        }
    }
    Ok(Exit::Done)
}
