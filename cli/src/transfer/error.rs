//! Why an export or import failed as a whole.

use std::io;
use std::path::PathBuf;

use viewlink::Outcome;

use super::counts::RowCounts;

/// Why an export or import failed as a whole. What concerns a row of a file is not here.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum TransferError {
    /// Nothing says what format a file has.
    #[error(
        "the format of {file} is unknown: use --format jsonl or --format csv, or give it a name that \
         ends in .jsonl or .csv"
    )]
    UnknownFormat {
        /// The file, or standard input.
        file: String,
    },
    /// A line is not one that an export writes.
    #[error(
        "line {line} of {file} is malformed: {reason}; correct it, or export again; nothing was imported"
    )]
    Malformed {
        /// The file, or standard input.
        file: String,
        /// Which line it is, from 1.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// The file ends before its trailer, or has not as many rows as that says.
    #[error("{file} is cut: {reason}; export again; nothing was imported")]
    Cut {
        /// The file, or standard input.
        file: String,
        /// How that shows.
        reason: String,
    },
    /// The file was written by a later version.
    #[error(
        "{file} has version {found} of the format, this program reads {supported}: use a newer viewlink"
    )]
    NewerFormat {
        /// The file, or standard input.
        file: String,
        /// The version it has.
        found: u32,
        /// The newest version this program knows.
        supported: u32,
    },
    /// The header of a CSV file does not say what the columns are.
    #[error(
        "the header of {file} {reason}: the columns are project, view, type, environment, key and \
         linked_at, in any order; view and key must be there"
    )]
    Columns {
        /// The file, or standard input.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Something that is no file was to be replaced by one.
    #[error(
        "{path:?} is not a regular file and is left as it is: name a file, or `-` for standard output"
    )]
    NoFile {
        /// Where the export was to be.
        path: PathBuf,
    },
    /// What is to be written would be in the store that it is of.
    #[error(
        "{path:?} is in the store, which keeps its own files there: name a place outside of it"
    )]
    InStore {
        /// Where the export, or the copy, was to be.
        path: PathBuf,
    },
    /// The export cannot be written.
    #[error("cannot write {path:?}, which is unchanged: fix the cause, and export again")]
    Write {
        /// Where the export was to be.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// What was made is there, and its name could not be synced.
    #[error(
        "{path:?} is complete, but its name cannot be synced: after a power cut it may be missing"
    )]
    Unsynced {
        /// What was made.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The rows cannot be kept while they are sorted.
    #[error("cannot use a temporary file: make room, or set TMPDIR to a directory that has some")]
    Scratch(#[source] io::Error),
    /// There is no copy that a dry run could be made on.
    #[error(
        "cannot copy the store at {path:?} for a dry run, which needs room for a directory next to it; \
         make room there; the store is unchanged"
    )]
    Copy {
        /// The directory of the store.
        path: PathBuf,
        /// What failed.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The store failed when some of the rows were in it.
    #[error(
        "the import stopped when it had made {done}; they stay, and importing again makes the rest"
    )]
    Stopped {
        /// What was made.
        done: RowCounts,
        /// What failed.
        source: Box<crate::error::Error>,
    },
}

impl TransferError {
    /// What failed, for programs.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::UnknownFormat { .. } => "unknown_format",
            Self::Malformed { .. } | Self::Columns { .. } => "malformed_input",
            Self::Cut { .. } => "cut_input",
            Self::NewerFormat { .. } => "newer_format",
            Self::Unsynced { .. } => "unsynced",
            Self::NoFile { .. } | Self::InStore { .. } | Self::Write { .. } => "unwritable_output",
            Self::Scratch(_) | Self::Copy { .. } => "no_scratch_space",
            Self::Stopped { source, .. } => source.code(),
        }
    }

    /// What became of the change that failed, if one did.
    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::Stopped { source, .. } => source.outcome(),
            _ => Outcome::NotApplied,
        }
    }
}
