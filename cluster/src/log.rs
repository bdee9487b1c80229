//! A log of messages that somebody else replicates.

use std::fmt::Debug;
use std::time::Duration;

/// A log of messages, in one order for all who read it, that keeps what it acknowledged.
///
/// Messages have sequences: numbers from 1 that rise, with gaps where messages were trimmed or never appended. A
/// message that can be read is never changed, and none appears later before one that was read already.
pub trait Log: Debug + Send + Sync {
    /// Appends a message, and waits until it is durable or that is not known.
    ///
    /// With `after`, only where that is the sequence of the newest message (0: there is none): a hint that saves
    /// work, on which no correctness rests.
    fn append(&self, after: Option<u64>, message: &[u8]) -> Appended;

    /// Reads messages with a sequence of `from` or more, in order: some, or none where none came within `wait`.
    ///
    /// # Errors
    ///
    /// [`LogError::Trimmed`] where messages from `from` on are no longer there, [`LogError::CutOff`] where `from` is
    /// more than one beyond the newest sequence that ever was, [`LogError::Away`] where the log cannot be reached,
    /// [`LogError::Unfit`] where somebody changed how it is set up, as for all calls below.
    fn read(&self, from: u64, wait: Duration) -> Result<Vec<Message>, LogError>;

    /// Which messages there are.
    ///
    /// # Errors
    ///
    /// [`LogError::Away`].
    fn bounds(&self) -> Result<Bounds, LogError>;

    /// Removes the messages with a sequence below `below`; those that are gone already are no error.
    ///
    /// # Errors
    ///
    /// [`LogError::Away`].
    fn trim(&self, below: u64) -> Result<(), LogError>;

    /// The most bytes of a message.
    fn max_message_len(&self) -> usize;
}

/// A message of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its place.
    pub sequence: u64,
    /// What was appended.
    pub bytes: Vec<u8>,
}

/// What came of an [append](Log::append).
#[derive(Debug)]
#[must_use]
pub enum Appended {
    /// It is durable, at this sequence.
    At(u64),
    /// It is not in the log: another message is the newest one.
    Conflict,
    /// It is surely not in the log and never will be: it was not sent, or the log refused it.
    Refused(LogError),
    /// It may be in the log, now or later.
    Unknown(LogError),
}

/// The sequences of a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// The oldest message, or the next one where there is none.
    pub first: u64,
    /// The newest message that ever was; 0 where there never was one.
    pub last: u64,
}

/// Why a log did not do what it should.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// It cannot be reached, or did not answer in time; trying again later may help.
    #[error("the log cannot be reached: {what}; it is tried again")]
    Away {
        /// What was tried.
        what: String,
        /// What came of it.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// The messages that are asked for were trimmed.
    #[error(
        "the log was trimmed up to {first}, and {from} is asked for; begin anew from a snapshot"
    )]
    Trimmed {
        /// What was asked for.
        from: u64,
        /// The oldest sequence that is there.
        first: u64,
    },
    /// The log ends before what was read of it already.
    #[error(
        "the log ends at {last}, and {from} was to be read; it lost its end, or it is another log"
    )]
    CutOff {
        /// What was asked for.
        from: u64,
        /// The newest sequence.
        last: u64,
    },
    /// The log is set up so that it may lose what it acknowledged, or cannot be used by this version.
    #[error("the log is not fit to keep changes: {reason}")]
    Unfit {
        /// What is wrong, and what to do.
        reason: String,
    },
    /// The log has no room: it was not trimmed for long, or its limit is too low.
    #[error("the log is full: {reason}")]
    Full {
        /// What the log says, and what to do.
        reason: String,
    },
    /// A message is longer than the log takes.
    #[error("a message has {len} bytes, and the log takes {max}")]
    TooLong {
        /// The bytes of the message.
        len: usize,
        /// The most that it takes.
        max: usize,
    },
}

/// A log that cannot be reached.
pub(crate) fn away(
    what: impl Into<String>,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> LogError {
    LogError::Away { what: what.into(), source: Some(source.into()) }
}

/// A log that did not answer.
#[cfg(any(feature = "jetstream", feature = "postgres"))]
pub(crate) fn silent(what: impl Into<String>) -> LogError {
    LogError::Away { what: what.into(), source: None }
}
