//! Conversion of the database's errors to the store's errors.

use super::damaged;
use crate::model::error::{Error, Outcome};

/// The name of the pages of the file in errors.
const PAGES: &str = "pages";

fn of_pages(detail: &str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    match damaged(PAGES, detail) {
        Error::Damaged { file, part, detail, .. } => {
            Error::Damaged { file, part, detail, source: Some(source.into()) }
        }
        other => other,
    }
}

fn failed(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::State { outcome: Outcome::NotApplied, source: source.into() }
}

impl From<redb::StorageError> for Error {
    fn from(error: redb::StorageError) -> Self {
        use std::io::ErrorKind::UnexpectedEof;
        match error {
            redb::StorageError::Corrupted(_) => of_pages("they do not fit together", error),
            redb::StorageError::Io(source) if source.kind() == UnexpectedEof => {
                of_pages("one is expected after the end of the file", source)
            }
            redb::StorageError::Io(source) => Self::io("read or write the checkpoint", source),
            _ => failed(error),
        }
    }
}

impl From<redb::TableError> for Error {
    fn from(error: redb::TableError) -> Self {
        match error {
            redb::TableError::Storage(error) => error.into(),
            other => of_pages("a table is missing or has another type", other),
        }
    }
}

impl From<redb::TransactionError> for Error {
    fn from(error: redb::TransactionError) -> Self {
        match error {
            redb::TransactionError::Storage(error) => error.into(),
            other => failed(other),
        }
    }
}

impl From<redb::CommitError> for Error {
    fn from(error: redb::CommitError) -> Self {
        match error {
            redb::CommitError::Storage(error) => error.into(),
            other => failed(other),
        }
    }
}

impl From<redb::CompactionError> for Error {
    fn from(error: redb::CompactionError) -> Self {
        match error {
            redb::CompactionError::Storage(error) => error.into(),
            other => failed(other),
        }
    }
}

impl From<redb::DatabaseError> for Error {
    fn from(error: redb::DatabaseError) -> Self {
        match error {
            redb::DatabaseError::Storage(redb::StorageError::Io(error))
                if error.kind() == std::io::ErrorKind::InvalidData =>
            {
                of_pages("the file does not start like a database", error)
            }
            redb::DatabaseError::Storage(error) => error.into(),
            redb::DatabaseError::UpgradeRequired(_) => {
                of_pages("they have a format that checkpoints never had", error)
            }
            other => failed(other),
        }
    }
}
