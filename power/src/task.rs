//! The tasks and the messages of a child process.

use std::io::{self, Write as _};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::setup::Setup;

/// The task of a child with the store below the mount point `root`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Task {
    /// Makes changes until it is killed.
    Load {
        /// The mount point.
        root: PathBuf,
        /// How the store is opened.
        setup: Setup,
        /// The seed for how long it keeps the store open.
        seed: u64,
        /// The number of changes that each writer made.
        changes: Vec<usize>,
    },
    /// Opens the store, reads it, verifies it, and ends.
    Check {
        /// The mount point.
        root: PathBuf,
        /// How the store is opened.
        setup: Setup,
        /// The number of changes of each writer that must be there.
        least: Vec<usize>,
        /// The largest number that can be there.
        most: Vec<usize>,
    },
}

/// A message of a child, one per line.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    /// A change was acknowledged.
    Acknowledged {
        /// The writer.
        writer: usize,
        /// The number of the change.
        change: usize,
        /// The revision it made.
        revision: u64,
    },
    /// A change failed.
    Refused {
        /// The writer.
        writer: usize,
        /// The number of the change.
        change: usize,
        /// Whether the store says that it was not made, and never will be.
        not_applied: bool,
        /// The error, with its causes.
        error: String,
    },
    /// The store was opened, or recovered.
    Opened,
    /// Something else failed.
    Failed {
        /// The action that failed.
        what: String,
        /// The error, with its causes.
        error: String,
    },
    /// The store was checked.
    Checked(Checked),
}

/// The content of a store.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Checked {
    /// The newest revision.
    pub revision: u64,
    /// The number of changes of each writer that are there completely; `None` if its views do not have the content
    /// after any possible number of changes.
    pub changes: Vec<Option<usize>>,
    /// The comments of the changes that the journal keeps, by revision.
    pub comments: Vec<(u64, String)>,
    /// The findings of the verification.
    pub verified: String,
    /// Whether it found nothing wrong.
    pub is_clean: bool,
}

impl Message {
    /// Whether a change was acknowledged.
    #[must_use]
    pub fn is_acknowledged(&self) -> bool {
        matches!(self, Self::Acknowledged { .. })
    }

    /// Whether something failed.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::Failed { .. })
    }

    /// A failure, with its causes.
    #[must_use]
    pub fn failed(what: &str, error: &viewlink::Error) -> Self {
        Self::Failed { what: what.into(), error: causes(error) }
    }

    /// Sends it to the parent process.
    ///
    /// # Errors
    ///
    /// If the reader is gone.
    pub fn tell(&self) -> io::Result<()> {
        let mut line = serde_json::to_vec(self)?;
        line.push(b'\n');
        let mut out = io::stdout().lock();
        out.write_all(&line)?;
        out.flush()
    }
}

/// An error and all its causes.
#[must_use]
pub fn causes(error: &viewlink::Error) -> String {
    let first: Option<&dyn std::error::Error> = Some(error);
    let causes = std::iter::successors(first, |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
