//! Why an export or import failed as a whole.

use std::io;
use std::path::PathBuf;

use viewlink::Outcome;

use super::counts::RowCounts;

/// Why an export or import failed as a whole. Errors of single rows are not here.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum TransferError {
    /// The format of a file is unknown.
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
        "line {line} of {file} is invalid: {reason}; correct it, or export again; nothing was imported"
    )]
    Malformed {
        /// The file, or standard input.
        file: String,
        /// The number of the line, from 1.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// The file ends before its trailer, or does not have the number of rows in the trailer.
    #[error("{file} is incomplete: {reason}; export it again; nothing was imported")]
    Cut {
        /// The file, or standard input.
        file: String,
        /// The reason.
        reason: String,
    },
    /// The file was written by a later version.
    #[error(
        "{file} has version {found} of the format, but this program reads versions up to {supported}: use a newer viewlink"
    )]
    NewerFormat {
        /// The file, or standard input.
        file: String,
        /// The version of the file.
        found: u32,
        /// The newest version that this program can read.
        supported: u32,
    },
    /// The header of a CSV file does not name valid columns.
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
    /// The target of the export is not a regular file.
    #[error(
        "{path:?} is not a regular file, and is not replaced: name a file, or `-` for standard output"
    )]
    NoFile {
        /// The target of the export.
        path: PathBuf,
    },
    /// The target would be inside the store.
    #[error(
        "{path:?} is in the directory of the store, which keeps its own files there: use a path outside of it"
    )]
    InStore {
        /// The target of the export or of the copy.
        path: PathBuf,
    },
    /// The export cannot be written.
    #[error("cannot write {path:?}, which is unchanged: fix the cause, and export again")]
    Write {
        /// The target of the export.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The result is complete, but its name could not be synced.
    #[error(
        "{path:?} is complete, but its name cannot be synced: after a power cut it may be missing"
    )]
    Unsynced {
        /// The result.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The temporary files for sorting cannot be used.
    #[error(
        "cannot use a temporary file: free some space, or set TMPDIR to a directory with enough space"
    )]
    Scratch(#[source] io::Error),
    /// The store cannot be copied for a dry run.
    #[error(
        "cannot copy the store at {path:?} for a dry run, which needs space for a directory next to it: free some \
         space there; the store is unchanged"
    )]
    Copy {
        /// The directory of the store.
        path: PathBuf,
        /// The cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The store failed after some of the rows were imported.
    #[error("the import stopped after {done}; they stay, and importing again adds the rest")]
    Stopped {
        /// The imported rows.
        done: RowCounts,
        /// The cause.
        source: Box<crate::error::Error>,
    },
}

impl TransferError {
    /// The error, as a code for programs.
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

    /// What happened to the failed change, if there was one.
    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::Stopped { source, .. } => source.outcome(),
            _ => Outcome::NotApplied,
        }
    }
}
