//! Copying a store.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use crate::error::Result;
use crate::exit::Exit;
use crate::new_store::uncopied;
use crate::output::Output;
use crate::progress;
use crate::store::StoreArguments;
use crate::transfer::{TransferError, is_in};

const HELP: &str = "\
Example:
  viewlink backup views.viewlink /backups/views-2026-01-31.viewlink

The copy is a store with an id of its own; it is complete or not there at all. STORE is not changed. A store that a \
host has open is copied by the host, with Store::backup_to.";

/// Copy a store with its journal into a new directory
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct BackupArguments {
    #[command(flatten)]
    store: StoreArguments,

    /// The directory for the copy; it must not exist yet, or be empty
    #[arg(value_name = "COPY")]
    to: PathBuf,
}

/// What a backup made, for machines.
#[derive(Serialize)]
struct Copied<'a> {
    path: &'a str,
    revision: u64,
}

pub(crate) fn run(arguments: &BackupArguments, output: &mut Output) -> Result<Exit> {
    let BackupArguments { store, to } = arguments;
    // Of a place that cannot be looked at, the copy tells.
    if is_in(to, store.path()).unwrap_or(false) {
        return Err(TransferError::InStore { path: to.clone() }.into());
    }
    let store = store.read(output)?;
    let spinner = progress::spinner("copying", output.is_quiet());
    let copied = store.backup_to(to);
    spinner.finish_and_clear();
    let revision = copied.map_err(|error| uncopied(error, to))?;
    store.close()?;
    if output.is_json() {
        output.json(&Copied { path: &to.to_string_lossy(), revision })?;
    } else {
        output.note(format_args!("copied revision {revision} to {to:?}"));
    }
    Ok(Exit::Done)
}
