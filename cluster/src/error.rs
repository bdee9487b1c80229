//! Why a call to a member failed.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use viewlink::Position;

use crate::LogError;

/// What calls to a [`Member`](crate::Member) return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call to a [`Member`](crate::Member) failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The member's own store could not do it.
    #[error("the store of the member failed")]
    Store(#[from] viewlink::Error),
    /// The log, or the place for snapshots.
    #[error("the log or the place for snapshots failed")]
    Log(#[from] LogError),
    /// The store was changed without its log, so it is no copy of the others any more.
    #[error(
        "the store at {path:?} was changed without the log, and stands at {position}: move it away, and open the member again \
         to begin anew"
    )]
    LeftLog {
        /// The directory of the store.
        path: PathBuf,
        /// Where it stands.
        position: Position,
    },
    /// The log is one of another store, or does not have what the store has.
    #[error(
        "the log does not have the last change of the store at {path:?}: it is the log of another store, or lost what it \
         had; nothing was changed"
    )]
    OtherLog {
        /// The directory of the store.
        path: PathBuf,
    },
    /// The log was trimmed, and no snapshot has what is missing.
    #[error(
        "the log begins at {first}, and {needed} is needed, and no snapshot leads there: publish one from another member"
    )]
    NoSnapshot {
        /// What is needed.
        needed: u64,
        /// What there is.
        first: u64,
    },
    /// A message of the log is no entry, or one of a later version.
    #[error("the log cannot be read")]
    Unreadable {
        /// What is wrong with it.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// It did not come to an end in time; what was begun may still come.
    #[error("it did not come to an end within {0:?}: the log is away, or much of it is to be read")]
    Late(Duration),
    /// A file of the member could not be read or written.
    #[error("cannot {action}")]
    Io {
        /// What was to be done.
        action: String,
        /// What the file system said.
        source: io::Error,
    },
    /// The member was closed.
    #[error("the member was closed: open it again")]
    Closed,
}

/// An error and what caused it, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

pub(crate) fn io(action: impl Into<String>) -> impl FnOnce(io::Error) -> Error {
    |source| Error::Io { action: action.into(), source }
}
