//! `viewlink import`.

use std::path::PathBuf;

use clap::Args;

use super::apply::Applier;
use super::clock::Clock;
use super::csv_source::CsvSource;
use super::error::TransferError;
use super::format::Format;
use super::input::Input;
use super::intake::Intake;
use super::jsonl_source::JsonlSource;
use super::tally::Tally;
use super::target::{OpenTarget, Target};
use super::times::{Times, TimesChoice};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::Output;
use crate::progress;
use crate::store::StoreArguments;

/// Read a store that was exported as JSON lines, or links from CSV
#[derive(Debug, Args)]
pub(crate) struct ImportArguments {
    #[command(flatten)]
    store: StoreArguments,

    /// What to read; `-` for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// How it is written. Default: what the name of the file says
    #[arg(long, value_enum)]
    format: Option<Format>,

    /// CSV: the project of rows that name none. Default: default
    #[arg(long, value_name = "KEY")]
    project: Option<String>,

    /// Which times views and links get: those of the file, or the time of the import. Default: keep
    /// for a new store, now for one that is there
    #[arg(long, value_enum)]
    times: Option<TimesChoice>,

    /// CSV: let rows fail whose view is not there, instead of creating it with its key as its name
    #[arg(long)]
    no_create_views: bool,

    /// Change nothing, and tell what would be done. Takes room for a copy of the store meanwhile
    #[arg(long)]
    dry_run: bool,

    /// Who imports, for the journal
    #[arg(long, value_name = "TEXT")]
    actor: Option<String>,

    /// Why, for the journal
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
}

pub(crate) fn import(arguments: &ImportArguments, output: &mut Output) -> Result<Exit> {
    let input = Input::new(&arguments.file, arguments.format)?;
    arguments.check(input.format())?;
    let clock = Clock::default();
    let target = Target::find(&arguments.store, &clock, arguments.dry_run, output)?;
    let times = Times::new(arguments.times, target.is_new());
    let (mut intake, mut tally) = (Intake::new(times), Tally::new(arguments.dry_run));
    // All of it is read before anything is changed.
    arguments.read(&input, &mut intake, &mut tally, output)?;
    let target = target.open(intake.bytes(), &clock, arguments.dry_run)?;
    let bar = progress::bar(intake.events(), "importing", output.is_quiet());
    let applier = Applier {
        store: target.store(),
        clock: &clock,
        earliest: intake.earliest(),
        create_views: input.format() == Format::Csv && !arguments.no_create_views,
        restore_updates: times.restores_updates(),
        actor: arguments.actor.as_deref(),
        comment: arguments.comment.as_deref(),
        tally: &mut tally,
        bar: &bar,
    };
    let applied = intake.sorted().and_then(|events| applier.run(events));
    bar.finish_and_clear();
    applied.map_err(|error| stopped(error, &target, &tally))?;
    target.finish()?;
    tally.print(output)?;
    Ok(if tally.is_complete() { Exit::Done } else { Exit::KeysFailed })
}

impl ImportArguments {
    /// Refuses what means nothing for the format.
    fn check(&self, format: Format) -> Result<()> {
        match format {
            Format::Jsonl if self.project.is_some() => Err(TransferError::ProjectOfLines.into()),
            Format::Jsonl if self.no_create_views => Err(TransferError::ViewsOfLines.into()),
            Format::Jsonl | Format::Csv => Ok(()),
        }
    }

    fn read(
        &self,
        input: &Input,
        intake: &mut Intake,
        tally: &mut Tally,
        output: &Output,
    ) -> Result<()> {
        let (reader, bar) = input.open(output.is_quiet())?;
        let read = match input.format() {
            Format::Jsonl => JsonlSource::new(input, reader).read(intake, tally),
            Format::Csv => {
                let project = self.project.as_deref().unwrap_or("default");
                CsvSource::new(input, reader, project).read(intake, tally)
            }
        };
        bar.finish_and_clear();
        read
    }
}

/// A failure, with what was done before, if that stays.
fn stopped(error: Error, target: &OpenTarget, tally: &Tally) -> Error {
    if target.stays() && tally.done.total() > 0 {
        TransferError::Stopped { done: tally.done, source: Box::new(error) }.into()
    } else {
        error
    }
}
