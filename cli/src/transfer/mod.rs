//! Importing and exporting.

use std::path::PathBuf;

use clap::Args;

use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::Output;
use crate::store::StoreArguments;

/// Read links, or a whole store, from a file
#[derive(Debug, Args)]
pub(crate) struct ImportArguments {
    #[command(flatten)]
    store: StoreArguments,

    /// What to read; `-` for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Write links, or the whole store, to a file
#[derive(Debug, Args)]
pub(crate) struct ExportArguments {
    #[command(flatten)]
    store: StoreArguments,

    /// Where to write; `-` for standard output
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,
}

pub(crate) fn import(arguments: &ImportArguments, _: &mut Output) -> Result<Exit> {
    let ImportArguments { store: _, file: _ } = arguments;
    Err(Error::Missing { command: "import" })
}

pub(crate) fn export(arguments: &ExportArguments, _: &mut Output) -> Result<Exit> {
    let ExportArguments { store: _, file: _ } = arguments;
    Err(Error::Missing { command: "export" })
}
