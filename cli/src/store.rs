//! Opening the store.

use std::path::{Path, PathBuf};

use clap::Args;
use viewlink::{Options, Snapshot, Store};

use crate::error::Result;
use crate::output::Output;
use crate::progress::Opening;

/// The store of a command.
#[derive(Clone, Debug, Args)]
pub(crate) struct StoreArguments {
    /// The directory of the store
    #[arg(value_name = "STORE")]
    path: PathBuf,
}

impl StoreArguments {
    /// The directory of the store.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the store for reading; it is an error if it does not exist. Its files are not changed.
    pub(crate) fn read(&self, output: &Output) -> Result<Store> {
        self.open(options().read_only(true), output)
    }

    /// Opens the store with options that are based on [`options`].
    pub(crate) fn open(&self, options: Options, output: &Output) -> Result<Store> {
        let opening = Opening::new(output.is_quiet());
        let progress_of = opening.clone();
        let opened =
            options.on_recovery(move |progress| progress_of.report(progress)).open(&self.path);
        opening.finish();
        Ok(opened?)
    }
}

/// The revision that a reading command shows.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct PastArguments {
    /// Use the state after the change with this revision
    #[arg(long, value_name = "REVISION")]
    as_of: Option<u64>,
}

impl PastArguments {
    /// The store at that revision; by default its current state.
    pub(crate) fn snapshot(self, store: &Store) -> Result<Snapshot> {
        Ok(match self.as_of {
            Some(revision) => store.snapshot_at(revision)?,
            None => store.snapshot()?,
        })
    }
}

/// The options with which every command opens a store.
///
/// No store is created, so that a misspelt path leaves nothing. The whole journal is kept: the host decides how much of
/// it to keep, not the command line.
pub(crate) fn options() -> Options {
    Options::new().create_if_missing(false).keep_changes(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opening_a_store_removes_nothing_from_its_journal() {
        let options = format!("{:?}", options());
        assert!(options.contains("keep_changes: None"), "{options}");
        assert!(options.contains("keep_for: None"), "{options}");
    }
}
