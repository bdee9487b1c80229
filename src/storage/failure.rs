//! From the database's errors and panics to the store's errors.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::model::error::{Error, Outcome, Result, StoreFile};

impl From<redb::StorageError> for Error {
    fn from(error: redb::StorageError) -> Self {
        match error {
            redb::StorageError::DatabaseClosed => Self::Closed,
            redb::StorageError::Corrupted(_) => Self::Damaged {
                file: StoreFile::State,
                part: "state database".into(),
                detail: "its pages do not fit together".into(),
                source: Some(Box::new(error)),
            },
            redb::StorageError::Io(source)
                if source.kind() == std::io::ErrorKind::UnexpectedEof =>
            {
                Self::Damaged {
                    file: StoreFile::State,
                    part: "state database".into(),
                    detail: "it names a page behind its end".into(),
                    source: Some(Box::new(source)),
                }
            }
            _ => Self::State { outcome: Outcome::NotApplied, source: Box::new(error) },
        }
    }
}

impl From<redb::TableError> for Error {
    fn from(error: redb::TableError) -> Self {
        match error {
            redb::TableError::Storage(error) => error.into(),
            other => Self::Damaged {
                file: StoreFile::State,
                part: "state database".into(),
                detail: "a table is missing or has another form".into(),
                source: Some(Box::new(other)),
            },
        }
    }
}

impl From<redb::TransactionError> for Error {
    fn from(error: redb::TransactionError) -> Self {
        match error {
            redb::TransactionError::Storage(error) => error.into(),
            other => Self::State { outcome: Outcome::NotApplied, source: Box::new(other) },
        }
    }
}

impl From<redb::CommitError> for Error {
    fn from(error: redb::CommitError) -> Self {
        match error {
            redb::CommitError::Storage(error) => error.into(),
            other => Self::State { outcome: Outcome::NotApplied, source: Box::new(other) },
        }
    }
}

impl From<redb::CompactionError> for Error {
    fn from(error: redb::CompactionError) -> Self {
        match error {
            redb::CompactionError::Storage(error) => error.into(),
            redb::CompactionError::TransactionInProgress => Self::SnapshotsOpen,
            other => Self::State { outcome: Outcome::NotApplied, source: Box::new(other) },
        }
    }
}

impl From<redb::SetDurabilityError> for Error {
    fn from(error: redb::SetDurabilityError) -> Self {
        Self::State { outcome: Outcome::NotApplied, source: Box::new(error) }
    }
}

impl From<redb::DatabaseError> for Error {
    fn from(error: redb::DatabaseError) -> Self {
        match error {
            redb::DatabaseError::Storage(redb::StorageError::Io(error))
                if error.kind() == std::io::ErrorKind::InvalidData =>
            {
                Self::Damaged {
                    file: StoreFile::State,
                    part: "state database".into(),
                    detail: "it does not start like one".into(),
                    source: Some(Box::new(error)),
                }
            }
            redb::DatabaseError::Storage(error) => error.into(),
            redb::DatabaseError::UpgradeRequired(_) => Self::Damaged {
                file: StoreFile::State,
                part: "state database".into(),
                detail: "it has a format that no store was ever written in".into(),
                source: Some(Box::new(error)),
            },
            other => Self::State { outcome: Outcome::NotApplied, source: Box::new(other) },
        }
    }
}

/// Runs `act` and turns a panic into an error, so that neither a bug nor a file that the database
/// trusts and should not brings the host down.
pub(crate) fn contain<T>(act: impl FnOnce() -> Result<T>) -> Result<T> {
    // Unwind safety: callers drop or abort what `act` was changing when it fails.
    catch_unwind(AssertUnwindSafe(act))
        .unwrap_or_else(|panic| Err(Error::Panicked { message: message_of(&*panic) }))
}

/// The error of reading files that nobody has changed anything in yet: where the database panics
/// over them, or finds a lock that a panic left, they are damaged.
pub(crate) fn met_in_files(error: Error) -> Error {
    match error {
        Error::Panicked { message } => Error::damaged(StoreFile::State, "state database", message),
        Error::State { source, .. } if is_poison(&*source) => {
            let detail = "the database gave up on it".into();
            Error::Damaged {
                file: StoreFile::State,
                part: "state database".into(),
                detail,
                source: Some(source),
            }
        }
        other => other,
    }
}

/// Whether a state was not opened since another handle has its file locked.
pub(crate) fn is_locked(error: &Error) -> bool {
    let Error::State { source, .. } = error else { return false };
    matches!(source.downcast_ref(), Some(redb::DatabaseError::DatabaseAlreadyOpen))
}

fn is_poison(source: &(dyn std::error::Error + 'static)) -> bool {
    let storage = source.downcast_ref::<redb::StorageError>();
    matches!(storage, Some(redb::StorageError::LockPoisoned(_)))
        || matches!(source.downcast_ref(), Some(redb::CommitError::TransactionPoisoned))
}

fn message_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "it left no message".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error_with_its_message() {
        let error = contain::<()>(|| panic!("broken {}", 1)).unwrap_err();
        assert_eq!(error.to_string(), "a panic ended the call: broken 1");
        assert_eq!(error.outcome(), Outcome::NotApplied);
    }
}
