//! Opening the store.

use std::path::{Path, PathBuf};

use clap::Args;
use viewlink::{Options, Snapshot, Store};

use crate::error::Result;
use crate::output::Output;
use crate::progress::Opening;

/// Which store a command is about.
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

    /// Opens the store to read it; it is an error when there is none. Nothing of its files changes.
    pub(crate) fn read(&self, output: &Output) -> Result<Store> {
        self.open(options().read_only(true), output)
    }

    /// Opens the store with options that begin with [`options`].
    pub(crate) fn open(&self, options: Options, output: &Output) -> Result<Store> {
        let opening = Opening::new(output.is_quiet());
        let told = opening.clone();
        let opened = options.on_recovery(move |progress| told.tell(progress)).open(&self.path);
        opening.finish();
        Ok(opened?)
    }
}

/// Which revision a reading command looks at.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct PastArguments {
    /// Show what was there after the change with this revision
    #[arg(long, value_name = "REVISION")]
    as_of: Option<u64>,
}

impl PastArguments {
    /// The store as it was then, or as it is where nothing is said.
    pub(crate) fn snapshot(self, store: &Store) -> Result<Snapshot> {
        Ok(match self.as_of {
            Some(revision) => store.snapshot_at(revision)?,
            None => store.snapshot()?,
        })
    }
}

/// How every command opens a store.
///
/// No store is made, so that a misspelt path leaves nothing behind. The journal keeps all it has: how
/// much that is decides the host, and not who looks at its store.
pub(crate) fn options() -> Options {
    Options::new().create_if_missing(false).keep_changes(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opening_a_store_takes_nothing_out_of_its_journal() {
        let options = format!("{:?}", options());
        assert!(options.contains("keep_changes: None"), "{options}");
        assert!(options.contains("keep_for: None"), "{options}");
    }
}
