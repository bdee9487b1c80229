//! Why a command failed.

use std::io;
use std::path::PathBuf;

use viewlink::wire::ErrorBody;
use viewlink::{FilterError, KeyError, Outcome, ResourceType, ViewKey};

use crate::top::HostError;
use crate::transfer::TransferError;

/// What commands return.
pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

/// The crate's advice to whoever holds a store. A command opens one anew when it is run again.
const ADVICE: &str = ": call recover() or reopen the store";

/// Why a command failed as a whole.
///
/// Where the crate's own words tell of its API, those here tell of the command line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// There is no store, and this command makes none.
    #[error(
        "there is no store at {path:?}: check the path; `viewlink import` makes a store, and so does \
         `viewlink link --create`"
    )]
    NoStore {
        /// The directory that was asked for.
        path: PathBuf,
    },
    /// There is no store, and what is there is not replaced by a new one.
    #[error(
        "there is no store at {path:?}, and a new one is made only in an empty directory or at an \
         unused path, not in place of a link or of an unfinished store: name another path, or remove it"
    )]
    NotFree {
        /// The directory that was asked for.
        path: PathBuf,
    },
    /// A new store cannot be made.
    #[error(
        "cannot make a store at {path:?}, which takes room in {place:?} and the right to write there: fix \
         the cause, or name another path; no store was made"
    )]
    Unmade {
        /// The directory that was asked for.
        path: PathBuf,
        /// Where it is made: there, or in the directory that it is in, under another name.
        place: PathBuf,
        /// What failed.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Another process has the store open.
    #[error(
        "the store at {path:?} is open in another process: stop the host that has it open, or work \
         on a copy that it makes with Store::backup_to"
    )]
    StoreInUse {
        /// The directory that was asked for.
        path: PathBuf,
    },
    /// Another process has the store open, of which something is to be shown.
    #[error(
        "the store at {path:?} is open in another process: while a host has it, watch it by the URL of the host, as \
         in `viewlink top http://127.0.0.1:8080 --api-key-file FILE`"
    )]
    HostHasStore {
        /// The directory that was asked for.
        path: PathBuf,
    },
    /// A host did not give what was asked for.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The terminal cannot be used.
    #[error("cannot use the terminal: try another one, or `viewlink stats` and `viewlink log`")]
    Terminal(#[source] io::Error),
    /// The thread that reads what is shown ended before the picture.
    #[error(
        "reading the store ended unexpectedly: run the command again, and report what it printed before this"
    )]
    ReaderLost,
    /// There are more keys than a batch may have.
    #[error("there are more keys than the limit of {limit}: split them, or raise --batch-limit")]
    TooManyKeys {
        /// How many a batch may have.
        limit: usize,
    },
    /// What is said of a change is too long.
    #[error("the {what} has {length} {unit}, at most {limit} are taken: shorten it")]
    TooLong {
        /// What is too long, such as `comment`.
        what: &'static str,
        /// Its length.
        length: usize,
        /// In what the length is counted.
        unit: &'static str,
        /// The greatest length taken.
        limit: usize,
    },
    /// The log was to begin with a change that the journal no longer keeps.
    #[error(
        "the journal no longer keeps revision {requested}, the oldest it keeps is {oldest}: begin with \
         that, or leave --from out"
    )]
    Trimmed {
        /// The revision that was asked for.
        requested: u64,
        /// The oldest that is kept.
        oldest: u64,
    },
    /// The store failed, or what was asked of it.
    #[error(transparent)]
    Store(viewlink::Error),
    /// A filter cannot be read.
    #[error("the filter {text:?} cannot be read")]
    Filter {
        /// The filter as it was given.
        text: String,
        /// What is wrong with it, and where.
        source: FilterError,
    },
    /// A resource's name is malformed.
    #[error("the key {text:?} of a {resource_type} is malformed")]
    Resource {
        /// What it should have named.
        resource_type: ResourceType,
        /// The text that names none.
        text: String,
        /// What is wrong with it.
        source: KeyError,
    },
    /// The arguments do not go together.
    #[error("{0}")]
    Usage(&'static str),
    /// A line of a file is too long to be what it should be.
    #[error("line {number} of {what} is longer than {limit} bytes: is it a file of keys?")]
    LongLine {
        /// The file, or standard input.
        what: String,
        /// Which line, from 1.
        number: u64,
        /// How many bytes are read.
        limit: usize,
    },
    /// Something cannot be read.
    #[error("cannot read {what}: check that it is there and that you may read it")]
    Read {
        /// The file, or standard input.
        what: String,
        /// What the system said.
        source: io::Error,
    },
    /// The output cannot be written.
    #[error("cannot write the output: check the disk or the program that it goes to")]
    Write(#[source] io::Error),
    /// Nobody reads the output any more.
    #[error("nobody reads the output")]
    ClosedPipe,
    /// The view was created, and then linking to it failed.
    #[error("the view {view} was created at revision {revision}, and linking to it failed")]
    ViewOnly {
        /// The key of the view.
        view: ViewKey,
        /// The revision that created it.
        revision: u64,
        /// Why nothing was linked.
        source: Box<Self>,
    },
    /// An export or import failed.
    #[error(transparent)]
    Transfer(#[from] TransferError),
}

impl Error {
    /// What failed, for programs: the code that the REST API has for it, or one of the command
    /// line's own.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::NoStore { .. } | Self::NotFree { .. } => "no_store",
            Self::Unmade { .. } => "unwritable_store",
            Self::StoreInUse { .. } | Self::HostHasStore { .. } => "store_in_use",
            Self::Host(error) => error.code(),
            Self::Terminal(_) => "unwritable_output",
            Self::ReaderLost => "internal",
            Self::TooManyKeys { .. } => "batch_too_large",
            Self::TooLong { .. } => "too_long",
            Self::Trimmed { .. } => "changes_gone",
            Self::Filter { .. } => "invalid_filter",
            Self::Resource { .. } => "invalid_key",
            Self::Usage(_) | Self::LongLine { .. } => "invalid_request",
            Self::Read { .. } => "unreadable_input",
            Self::Write(_) | Self::ClosedPipe => "unwritable_output",
            Self::ViewOnly { source, .. } => source.code(),
            Self::Transfer(error) => error.code(),
            Self::Store(error) => match error {
                viewlink::Error::NotAStore { .. } => "not_a_store",
                viewlink::Error::NewerFormat { .. } => "newer_format",
                viewlink::Error::Damaged { .. } => "damaged",
                viewlink::Error::AlreadyExists { .. } => "already_exists",
                viewlink::Error::RevisionNotKept { .. } => "changes_gone",
                other => ErrorBody::from(other).code.as_str(),
            },
        }
    }

    /// Makes the error that a text is no filter.
    pub(crate) fn filter(text: &str) -> impl FnOnce(FilterError) -> Self {
        let text = text.to_owned();
        move |source| Self::Filter { text, source }
    }

    /// What became of the change that failed, if one did.
    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::Store(error) => error.outcome(),
            Self::ViewOnly { source, .. } => source.outcome(),
            Self::Transfer(error) => error.outcome(),
            _ => Outcome::NotApplied,
        }
    }

    /// The error with what caused it, and what became of the change, in one line.
    pub(crate) fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut source = std::error::Error::source(self);
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        let outcome = self.outcome();
        // What is made is not to be made again.
        let again = match text.contains(ADVICE) && outcome != Outcome::Committed {
            true => "; fix the cause, and run the command again",
            false => "",
        };
        let became = match outcome {
            Outcome::Unknown => {
                "; the change is either made as a whole or not at all: `viewlink log` shows which"
            }
            Outcome::Committed => "; the change is durable nevertheless",
            _ => "",
        };
        text.replace(ADVICE, "") + again + became
    }
}

/// Lets what is done stand where nobody reads what it came to.
pub(crate) fn unless_closed(printed: Result<()>) -> Result<()> {
    match printed {
        Err(Error::ClosedPipe) => Ok(()),
        other => other,
    }
}

impl From<viewlink::Error> for Error {
    fn from(error: viewlink::Error) -> Self {
        match error {
            viewlink::Error::NotFound { path } => Self::NoStore { path },
            viewlink::Error::AlreadyOpen { path } => Self::StoreInUse { path },
            viewlink::Error::BatchTooLarge { limit, .. } => Self::TooManyKeys { limit },
            viewlink::Error::TooLong { what, length, unit, limit } => {
                Self::TooLong { what, length, unit, limit }
            }
            viewlink::Error::JournalTrimmed { requested, oldest } => {
                Self::Trimmed { requested, oldest }
            }
            other => Self::Store(other),
        }
    }
}

impl From<io::Error> for Error {
    /// An error of writing what is printed.
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::ClosedPipe,
            _ => Self::Write(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_failed_is_told_with_what_helps_in_a_shell() {
        let source = "no space".into();
        let failed = viewlink::Error::State { outcome: Outcome::Committed, source };
        let stopped = viewlink::Error::WritesStopped { reason: failed.to_string() };
        assert_eq!(
            Error::from(failed).chain(),
            "the state failed: no space; the change is durable nevertheless"
        );
        assert_eq!(
            Error::from(stopped).chain(),
            "writes have stopped after an earlier failure (the state failed); fix the \
             cause, and run the command again"
        );
    }
}
