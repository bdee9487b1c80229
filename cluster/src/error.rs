//! Errors of calls to a member.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use viewlink::Position;

use crate::LogError;

/// The result of a call to a [`Member`](crate::Member).
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call to a [`Member`](crate::Member) failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The store of the member failed.
    #[error("the store of the member failed")]
    Store(#[from] viewlink::Error),
    /// The log or the place for snapshots failed.
    #[error("the log or the place for snapshots failed")]
    Log(#[from] LogError),
    /// The store was changed without the log, so it is no longer a copy of the others.
    #[error(
        "the store at {path:?} was changed without the log, and is at {position}: move it away, and open the member again, \
         which then starts from a snapshot"
    )]
    LeftLog {
        /// The directory of the store.
        path: PathBuf,
        /// Its position.
        position: Position,
    },
    /// The log belongs to another store, or lost changes that the store has.
    #[error(
        "the log does not have the last change of the store at {path:?}: it is the log of another store, or it lost changes; \
         nothing was changed: check the options of the log, and docs/cluster.md for a log that lost changes"
    )]
    OtherLog {
        /// The directory of the store.
        path: PathBuf,
    },
    /// The log was trimmed, and no snapshot has the missing changes.
    #[error(
        "this member needs message {needed}, but the log begins at {first}, and no snapshot contains the message: publish a \
         snapshot from another member"
    )]
    NoSnapshot {
        /// The sequence that is needed.
        needed: u64,
        /// The oldest sequence of the log.
        first: u64,
    },
    /// A message of the log is not an entry, or an entry of a later version; or a snapshot does not match its name.
    #[error("the log or a snapshot cannot be read")]
    Unreadable {
        /// The reason.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The call took too long. A change that was sent may still take effect.
    #[error(
        "not finished within {0:?}: the log cannot be reached, or there is much to catch up with; try again"
    )]
    Late(Duration),
    /// A file of the member could not be read or written.
    #[error("cannot {action}")]
    Io {
        /// The action that failed.
        action: String,
        /// The error of the file system.
        source: io::Error,
    },
    /// The member was closed.
    #[error("the member was closed: open it again")]
    Closed,
}

/// An error and its causes, in one line.
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
