//! What the harness asks of a child, and what a child tells.

use std::io::{self, Write as _};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::setup::Setup;

/// What a child is to do with the store in what is mounted at `root`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Task {
    /// Makes changes until it is ended.
    Load {
        /// Where the file system is mounted.
        root: PathBuf,
        /// How the store is opened.
        setup: Setup,
        /// The seed of how long it keeps the store open.
        seed: u64,
        /// How many changes each writer made.
        changes: Vec<usize>,
    },
    /// Opens the store, reads it, verifies it, and ends.
    Check {
        /// Where the file system is mounted.
        root: PathBuf,
        /// How the store is opened.
        setup: Setup,
        /// How many changes of each writer must be there.
        least: Vec<usize>,
        /// How many there can be.
        most: Vec<usize>,
    },
}

/// What a child tells, one thing a line.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Told {
    /// A change was acknowledged.
    Acknowledged {
        /// Who made it.
        writer: usize,
        /// Which one of its changes it is.
        change: usize,
        /// The revision it made.
        revision: u64,
    },
    /// A change failed.
    Refused {
        /// Who asked for it.
        writer: usize,
        /// Which one of its changes it was to be.
        change: usize,
        /// Whether the store says that it was not made, and never will be.
        not_applied: bool,
        /// What the error says, with its causes.
        error: String,
    },
    /// The store was opened, or recovered.
    Opened,
    /// Something else failed.
    Failed {
        /// What was to be done.
        what: String,
        /// What the error says, with its causes.
        error: String,
    },
    /// The store was checked.
    Checked(Checked),
}

/// What is in a store.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Checked {
    /// The newest revision.
    pub revision: u64,
    /// How many changes of each writer are there, whole; `None` where its views hold what no number of changes
    /// leads to, of those that can be there.
    pub changes: Vec<Option<usize>>,
    /// What the changes that the journal keeps say of themselves, by revision.
    pub comments: Vec<(u64, String)>,
    /// What the verification found.
    pub verified: String,
    /// Whether it found nothing wrong.
    pub is_clean: bool,
}

impl Told {
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

    /// Tells it to who started this process.
    ///
    /// # Errors
    ///
    /// When nobody listens any more.
    pub fn tell(&self) -> io::Result<()> {
        let mut line = serde_json::to_vec(self)?;
        line.push(b'\n');
        let mut out = io::stdout().lock();
        out.write_all(&line)?;
        out.flush()
    }
}

/// What an error says, and what those say that caused it.
#[must_use]
pub fn causes(error: &viewlink::Error) -> String {
    let first: Option<&dyn std::error::Error> = Some(error);
    let causes = std::iter::successors(first, |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
