//! `viewlink import`.

use std::path::PathBuf;

use clap::Args;
use viewlink::ProjectKey;

use super::apply::Applier;
use super::clock::Clock;
use super::csv_source::CsvSource;
use super::error::TransferError;
use super::format::Format;
use super::input::{Input, Opened};
use super::intake::Intake;
use super::jsonl_source::JsonlSource;
use super::tally::Tally;
use super::target::{OpenTarget, Target};
use super::times::{Times, TimesChoice};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::new_store;
use crate::output::Output;
use crate::progress;
use crate::store::StoreArguments;

const HELP: &str = "\
Examples:
  viewlink import restored.viewlink views.jsonl
  viewlink import views.viewlink links.csv --project shop --dry-run
  viewlink export old.viewlink | viewlink import new.viewlink - --format jsonl

JSON lines from `viewlink export` restore a whole store into a new one: projects, views and registered
resources with all their fields, and links, with the times at which views were created and changed,
and links made. Not restored are: ids; revisions; the versions of views (a changed view
gets version 2); the order of links that one change made (it becomes the order of their keys);
projects without content and fields; the journal. For an exact copy use `viewlink backup`. In an
existing store, missing items are added, and existing ones do not change.

CSV has links. The columns are view and key, and optionally project, type (flags), environment (for
segments) and linked_at (milliseconds since 1970), in any order, named in the first line.

The whole file is read before anything is changed: JSON lines that are incomplete or malformed change
nothing. A failed row does not stop the others. It is printed with its line, a code and the
reason, and the exit code is 1.";

/// Import a store that was exported as JSON lines, or links from CSV
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct ImportArguments {
    #[command(flatten)]
    store: StoreArguments,

    /// The file to read; `-` for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The format. Default: the extension of the file
    #[arg(long, value_enum)]
    format: Option<Format>,

    /// CSV: the project of rows without one. Default: default
    #[arg(long, value_name = "KEY")]
    project: Option<ProjectKey>,

    /// The times of imported views and links: keep those of the file, or use the time of the import. Default: keep for
    /// a new store, now for an existing one
    #[arg(long, value_enum)]
    times: Option<TimesChoice>,

    /// Accept times before 2001; otherwise such a row fails, since most such times are seconds instead of milliseconds
    #[arg(long)]
    allow_old_times: bool,

    /// CSV: rows with a missing view fail, instead of creating it with its key as its name
    #[arg(long)]
    no_create_views: bool,

    /// Change nothing, and report what would be done. This needs space for a copy of the store
    #[arg(long)]
    dry_run: bool,

    /// The reason for the change; it is kept in the journal
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,

    /// The author of the change; it is kept in the journal
    #[arg(long, value_name = "NAME", default_value = "viewlink-cli")]
    actor: String,
}

pub(crate) fn import(arguments: &ImportArguments, output: &mut Output) -> Result<Exit> {
    let input = Input::new(&arguments.file, arguments.format)?;
    arguments.check(input.format())?;
    let opened = input.open(output.is_quiet())?;
    let clock = Clock::default();
    let target = Target::find(&arguments.store, &clock, arguments.dry_run, output)?;
    let times = Times::new(arguments.times, target.is_new()).with_old(arguments.allow_old_times);
    let (mut intake, mut tally) = (Intake::new(times), Tally::new(arguments.dry_run));
    // The whole file is read before anything is changed.
    arguments.read(&input, opened, &mut intake, &mut tally)?;
    let target = target.open(intake.bytes(), &clock, arguments.dry_run)?;
    let bar = progress::bar(intake.events(), "importing", output.is_quiet());
    let applier = Applier {
        store: target.store(),
        clock: &clock,
        earliest: intake.earliest(),
        create_views: input.format() == Format::Csv && !arguments.no_create_views,
        restore_updates: times.restores_updates(),
        actor: &arguments.actor,
        comment: arguments.comment.as_deref(),
        tally: &mut tally,
        bar: &bar,
    };
    let applied = intake.sorted().and_then(|events| applier.run(events));
    bar.finish_and_clear();
    applied.map_err(|error| stopped(error, &target, &tally))?;
    let finished = target.finish();
    if new_store::is_there(&finished) {
        tally.print_all(output)?;
    }
    finished?;
    Ok(if tally.is_complete() { Exit::Done } else { Exit::KeysFailed })
}

impl ImportArguments {
    /// Refuses options that have no meaning for the format.
    fn check(&self, format: Format) -> Result<()> {
        match format {
            Format::Jsonl if self.project.is_some() => {
                Err(Error::Usage("JSON lines name their projects: do not use --project"))
            }
            Format::Jsonl if self.no_create_views => {
                Err(Error::Usage("JSON lines contain their views: do not use --no-create-views"))
            }
            Format::Jsonl | Format::Csv => Ok(()),
        }
    }

    fn read(
        &self,
        input: &Input,
        (reader, bar): Opened,
        intake: &mut Intake,
        tally: &mut Tally,
    ) -> Result<()> {
        let read = match input.format() {
            Format::Jsonl => JsonlSource::new(input, reader).read(intake, tally),
            Format::Csv => {
                let project = self.project.as_ref().map_or("default", ProjectKey::as_str);
                CsvSource::new(input, reader, project).read(intake, tally)
            }
        };
        bar.finish_and_clear();
        read
    }
}

/// An error, with the rows imported before, if they stay.
fn stopped(error: Error, target: &OpenTarget, tally: &Tally) -> Error {
    if target.stays() && tally.done.total() > 0 {
        TransferError::Stopped { done: tally.done, source: Box::new(error) }.into()
    } else {
        error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_reports_the_rows_that_were_imported_and_stay() {
        let failure = || Error::from(viewlink::Error::Closed);
        let store = || viewlink::Options::new().open_in_memory().unwrap();
        let mut tally = Tally::new(false);
        let there = || Target::There(store()).open(0, &Clock::default(), false).unwrap();
        assert!(matches!(stopped(failure(), &there(), &tally), Error::Store(_)));
        tally.done.links = 3;
        let error = stopped(failure(), &there(), &tally);
        let text = error.chain();
        assert!(
            text.contains("the import stopped after 0 views, 0 resources and 3 links; they stay"),
            "{text}"
        );
        assert!(text.contains("the store is closed"), "{text}");
        assert_eq!(error.code(), failure().code());
        let directory = tempfile::tempdir().unwrap();
        let copy = Target::Copy { store: store(), directory };
        let copy = copy.open(0, &Clock::default(), true).unwrap();
        assert!(matches!(stopped(failure(), &copy, &tally), Error::Store(_)));
    }
}
