//! Restoring a copy of a store to a revision.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use viewlink::Restore;

use crate::error::Result;
use crate::exit::Exit;
use crate::output::Output;
use crate::progress;

const HELP: &str = "\
Example:
  viewlink restore /backups/monday.viewlink views.viewlink --journal /archive --at 5310

Creates a new store with the content that the copied store had at a revision. COPY and the directories of the journal \
are only read. A directory of the journal is an archive of Options::archive, or the directory `journal` of the store \
itself. If there are several, give the oldest first. To restore the content before a \
mistake, find its revision with `viewlink log`, and use the one before it.";

/// Create a new store from a copy and the later journal, as of a revision
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct RestoreArguments {
    /// The directory of the copy
    #[arg(value_name = "COPY")]
    copy: PathBuf,

    /// The directory for the new store; it must not exist yet, or be empty
    #[arg(value_name = "STORE")]
    to: PathBuf,

    /// The revision to restore; default: the newest
    #[arg(long, value_name = "REVISION")]
    at: Option<u64>,

    /// A directory with segments of the journal; may be given several times
    #[arg(long, value_name = "DIRECTORY")]
    journal: Vec<PathBuf>,
}

/// The result of a restore, as JSON.
#[derive(Serialize)]
struct Restored<'a> {
    path: &'a str,
    revision: u64,
    position: String,
}

pub(crate) fn run(arguments: &RestoreArguments, output: &mut Output) -> Result<Exit> {
    let RestoreArguments { copy, to, at, journal } = arguments;
    let mut restore = Restore::new(copy);
    for directory in journal {
        restore = restore.journal(directory);
    }
    if let Some(revision) = at {
        restore = restore.at(*revision);
    }
    let spinner = progress::spinner("restoring", output.is_quiet());
    let restored = restore.to(to);
    spinner.finish_and_clear();
    let position = restored?;
    if output.is_json() {
        let (path, revision) = (&*to.to_string_lossy(), position.revision());
        output.json(&Restored { path, revision, position: position.to_string() })?;
    } else {
        output.note(format_args!("restored revision {} to {to:?}", position.revision()));
    }
    Ok(Exit::Done)
}
