//! A log of messages that another system replicates.

use std::fmt::Debug;
use std::time::{Duration, SystemTime};

/// A log of messages that has one order for all readers, and keeps every message that it acknowledged.
///
/// Each message has a sequence: a number from 1 that increases, with gaps if messages were trimmed or never appended. A
/// message that can be read never changes. No message appears later with a lower sequence than one that was read already.
pub trait Log: Debug + Send + Sync {
    /// Appends a message, and waits until it is durable or its outcome is unknown.
    ///
    /// With `after`, only if that is the sequence of the newest message (0: there is none). This condition only saves work:
    /// members are correct without it.
    fn append(&self, after: Option<u64>, message: &[u8]) -> Appended;

    /// Reads messages with a sequence of `from` or more, in order: at least one, or none if none came within `wait`.
    ///
    /// # Errors
    ///
    /// [`LogError::Trimmed`] if the message `from` was trimmed; [`LogError::CutOff`] if `from` is more than one beyond the
    /// newest sequence that ever existed; [`LogError::Away`] if the log cannot be reached; [`LogError::Unfit`] if its settings
    /// were changed in a way that may lose messages. The last two apply to all methods below.
    fn read(&self, from: u64, wait: Duration) -> Result<Vec<Message>, LogError>;

    /// The oldest and the newest message.
    ///
    /// # Errors
    ///
    /// [`LogError::Away`].
    fn bounds(&self) -> Result<Bounds, LogError>;

    /// Removes the messages with a sequence below `below`. It is not an error if they were removed before.
    ///
    /// # Errors
    ///
    /// [`LogError::Away`].
    fn trim(&self, below: u64) -> Result<(), LogError>;

    /// The maximal length of a message, in bytes.
    fn max_message_len(&self) -> usize;

    /// The current time of the servers, with which members compare the clock of their host; `None` if the log has no clock.
    /// Default: `None`.
    ///
    /// # Errors
    ///
    /// [`LogError::Away`].
    fn time(&self) -> Result<Option<SystemTime>, LogError> {
        Ok(None)
    }
}

/// A message of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its sequence.
    pub sequence: u64,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// The outcome of an [append](Log::append).
#[derive(Debug)]
#[must_use]
pub enum Appended {
    /// The message is durable, at this sequence.
    At(u64),
    /// The message is not in the log, because another message is the newest one.
    Conflict,
    /// The message is not in the log and never will be: it was not sent, or the log refused it.
    Refused(LogError),
    /// The message may be in the log, now or later.
    Unknown(LogError),
}

/// The sequences of a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// The oldest message; the next one if the log is empty.
    pub first: u64,
    /// The newest message that ever existed; 0 if there was none.
    pub last: u64,
}

/// An error of a log, or of a place for snapshots.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// The servers cannot be reached, or did not answer in time. A later attempt may succeed.
    #[error("the log or its snapshots are not available: {what}; try again later")]
    Away {
        /// The action that failed.
        what: String,
        /// The cause, if there is one.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// The requested messages were trimmed.
    #[error("message {from} was trimmed, and the log begins at {first}; start from a snapshot")]
    Trimmed {
        /// The requested sequence.
        from: u64,
        /// The oldest sequence of the log.
        first: u64,
    },
    /// The log ends before messages that were read already.
    #[error(
        "the log ends at {last}, before message {from}: it lost its end, or is another log; check its options"
    )]
    CutOff {
        /// The requested sequence.
        from: u64,
        /// The newest sequence.
        last: u64,
    },
    /// The settings of the log or its servers may lose acknowledged messages, or this version cannot use them.
    #[error("the log is unfit: {reason}")]
    Unfit {
        /// The reason, and the way out.
        reason: String,
    },
    /// The log has no room: it was not trimmed for a long time, or its limit is too low.
    #[error("the log is full: {reason}")]
    Full {
        /// The reason, and the way out.
        reason: String,
    },
    /// A message is longer than the log accepts.
    #[error("a message has {len} bytes, but the limit of the log is {max}")]
    TooLong {
        /// The bytes of the message.
        len: usize,
        /// The maximal length.
        max: usize,
    },
}

/// An error because the servers cannot be reached.
pub(crate) fn away(
    what: impl Into<String>,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> LogError {
    LogError::Away { what: what.into(), source: Some(source.into()) }
}

/// An error because the servers did not answer.
#[cfg(any(feature = "jetstream", feature = "postgres"))]
pub(crate) fn silent(what: impl Into<String>) -> LogError {
    LogError::Away { what: what.into(), source: None }
}
