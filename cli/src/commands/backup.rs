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

The copy is a store with its own id. It is either complete or does not exist. STORE is not changed. If a host has the \
store open, let the host copy it with Store::backup_to.";

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

/// The result of a backup, as JSON.
#[derive(Serialize)]
struct Copied<'a> {
    path: &'a str,
    revision: u64,
}

pub(crate) fn run(arguments: &BackupArguments, output: &mut Output) -> Result<Exit> {
    let BackupArguments { store, to } = arguments;
    // If the path cannot be checked, the backup itself returns the error.
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
