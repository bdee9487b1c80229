//! The errors of commands.

use std::io;
use std::path::PathBuf;

use viewlink::wire::ErrorBody;
use viewlink::{FilterError, KeyError, Outcome, ProjectKey, ResourceType, ViewKey};

use crate::top::HostError;
use crate::transfer::TransferError;

/// The result of commands.
pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

/// Advice of the crate for a caller that has a store open. It does not apply here, since each command opens the store
/// again.
const ADVICE: &str = ": call recover() or reopen the store";

/// Why a command failed as a whole.
///
/// If a message of the crate mentions its API, this type has a message for the command line instead.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// There is no store, and this command does not create one.
    #[error(
        "there is no store at {path:?}: check the path; `viewlink import` and `viewlink link --create` create a store"
    )]
    NoStore {
        /// The given directory.
        path: PathBuf,
    },
    /// There is no store, and the path cannot be used for a new one.
    #[error(
        "there is no store at {path:?}, and a new one is only created in an empty directory or at an unused path, not \
         in place of a symbolic link or an unfinished store: use another path, or remove the entry at this path"
    )]
    NotFree {
        /// The given directory.
        path: PathBuf,
    },
    /// A new store cannot be created.
    #[error(
        "cannot create a store at {path:?}, which needs space in {place:?} and write permission there: fix the cause, \
         or use another path; no store was created"
    )]
    Unmade {
        /// The given directory.
        path: PathBuf,
        /// The directory in which it is created: the given one or its parent.
        place: PathBuf,
        /// The cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Another process has the store open.
    #[error(
        "the store at {path:?} is open in another process: stop the host that has it open, or work \
         on a copy that it makes with Store::backup_to"
    )]
    StoreInUse {
        /// The given directory.
        path: PathBuf,
    },
    /// Another process has the store open that `top` should show.
    #[error(
        "the store at {path:?} is open in another process: while a host has it, watch it by the URL of the host, as \
         in `viewlink top http://127.0.0.1:8080 --api-key-file FILE`"
    )]
    HostHasStore {
        /// The given directory.
        path: PathBuf,
    },
    /// A host did not return the requested data.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The terminal cannot be used.
    #[error("cannot use the terminal: try another one, or `viewlink stats` and `viewlink log`")]
    Terminal(#[source] io::Error),
    /// The thread that reads the store ended before the display.
    #[error(
        "reading the store ended unexpectedly: run the command again, and report its output up to here"
    )]
    ReaderLost,
    /// There are more keys than a batch may have.
    #[error("there are more keys than the limit of {limit}: split them, or raise --batch-limit")]
    TooManyKeys {
        /// The largest number of keys in a batch.
        limit: usize,
    },
    /// A view to copy has more links than one change may make.
    #[error("the view has {links} links, but the limit is {limit}: raise --batch-limit")]
    TooManyLinks {
        /// How many links the view has.
        links: u64,
        /// How many a change may make.
        limit: usize,
    },
    /// A comment or an actor is too long.
    #[error("the {what} has {length} {unit}, but the limit is {limit}: shorten it")]
    TooLong {
        /// What is too long, such as `comment`.
        what: &'static str,
        /// Its length.
        length: usize,
        /// The unit of the length.
        unit: &'static str,
        /// The largest length.
        limit: usize,
    },
    /// The log cannot begin at a change that the journal no longer keeps.
    #[error(
        "the journal no longer keeps revision {requested}; the oldest it keeps is {oldest}: begin with that, or do \
         not use --from"
    )]
    Trimmed {
        /// The requested revision.
        requested: u64,
        /// The oldest revision that the journal keeps.
        oldest: u64,
    },
    /// The change to undo was made in another project.
    #[error("change {revision} was made in project {project}: add --project {project}")]
    OtherProject {
        /// The revision of the change.
        revision: u64,
        /// The project it was made in.
        project: ProjectKey,
    },
    /// The journal has only counts of the change to undo.
    #[error(
        "change {revision} removed so much that the journal has only counts of it, so it cannot be undone: restore an \
         earlier copy"
    )]
    OnlyCounts {
        /// The revision of the change.
        revision: u64,
    },
    /// The store returned an error.
    #[error(transparent)]
    Store(viewlink::Error),
    /// A filter cannot be read.
    #[error("the filter {text:?} is invalid")]
    Filter {
        /// The given filter.
        text: String,
        /// What is wrong with it, and where.
        source: FilterError,
    },
    /// The name of a resource is malformed.
    #[error("the key {text:?} of a {resource_type} is invalid")]
    Resource {
        /// The expected type.
        resource_type: ResourceType,
        /// The malformed text.
        text: String,
        /// What is wrong with it.
        source: KeyError,
    },
    /// The arguments contradict each other.
    #[error("{0}")]
    Usage(&'static str),
    /// A line of a file is too long.
    #[error(
        "line {number} of {what} is longer than {limit} bytes: use a file with one key per line"
    )]
    LongLine {
        /// The file, or standard input.
        what: String,
        /// The number of the line, from 1.
        number: u64,
        /// The largest length of a line, in bytes.
        limit: usize,
    },
    /// A file cannot be read.
    #[error("cannot read {what}: check that it exists and that you may read it")]
    Read {
        /// The file, or standard input.
        what: String,
        /// The error of the system.
        source: io::Error,
    },
    /// The output cannot be written.
    #[error("cannot write the output: check the disk or the program that receives it")]
    Write(#[source] io::Error),
    /// The reader of the output has closed it.
    #[error("the reader of the output has closed it")]
    ClosedPipe,
    /// The view was created, but then linking failed.
    #[error("the view {view} was created at revision {revision}, but linking to it failed")]
    ViewOnly {
        /// The key of the view.
        view: ViewKey,
        /// The revision that created it.
        revision: u64,
        /// Why linking failed.
        source: Box<Self>,
    },
    /// An export or import failed.
    #[error(transparent)]
    Transfer(#[from] TransferError),
}

impl Error {
    /// The error as a code for programs: the code of the REST API, or one of the command line.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::NoStore { .. } | Self::NotFree { .. } => "no_store",
            Self::Unmade { .. } => "unwritable_store",
            Self::StoreInUse { .. } | Self::HostHasStore { .. } => "store_in_use",
            Self::Host(error) => error.code(),
            Self::Terminal(_) => "unwritable_output",
            Self::ReaderLost => "internal",
            Self::TooManyKeys { .. } | Self::TooManyLinks { .. } => "batch_too_large",
            Self::TooLong { .. } => "too_long",
            Self::Trimmed { .. } | Self::OnlyCounts { .. } => "changes_gone",
            Self::Filter { .. } => "invalid_filter",
            Self::Resource { .. } => "invalid_key",
            Self::Usage(_) | Self::LongLine { .. } | Self::OtherProject { .. } => "invalid_request",
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

    /// Returns the error that a text is not a filter.
    pub(crate) fn filter(text: &str) -> impl FnOnce(FilterError) -> Self {
        let text = text.to_owned();
        move |source| Self::Filter { text, source }
    }

    /// What happened to the failed change, if there was one.
    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::Store(error) => error.outcome(),
            Self::ViewOnly { source, .. } => source.outcome(),
            Self::Transfer(error) => error.outcome(),
            _ => Outcome::NotApplied,
        }
    }

    /// The error, its causes, and the outcome of the change, in one line.
    pub(crate) fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut source = std::error::Error::source(self);
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        let outcome = self.outcome();
        // A completed change must not be made again.
        let again = match text.contains(ADVICE) && outcome != Outcome::Committed {
            true => "; fix the cause, and run the command again",
            false => "",
        };
        let became = match outcome {
            Outcome::Unknown => {
                "; the change was made either completely or not at all: `viewlink log` shows which"
            }
            Outcome::Committed => "; the change is durable nevertheless",
            _ => "",
        };
        text.replace(ADVICE, "") + again + became
    }
}

/// Ignores a closed output: the change stays.
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
            viewlink::Error::CopyTooLarge { links, limit } => Self::TooManyLinks { links, limit },
            viewlink::Error::TooLong { what, length, unit, limit } => {
                Self::TooLong { what, length, unit, limit }
            }
            viewlink::Error::JournalTrimmed { requested, oldest } => {
                Self::Trimmed { requested, oldest }
            }
            viewlink::Error::NoSuchChange => {
                Self::Usage("revision 0 is the empty store: undo change 1 or a later one")
            }
            viewlink::Error::OtherProject { revision, project } => {
                Self::OtherProject { revision, project }
            }
            viewlink::Error::DetailNotKept { revision } => Self::OnlyCounts { revision },
            other => Self::Store(other),
        }
    }
}

impl From<io::Error> for Error {
    /// An error of writing the output.
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
    fn an_error_of_a_failed_store_advises_what_helps_in_a_shell() {
        let source = "no space".into();
        let failed = viewlink::Error::State { outcome: Outcome::Committed, source };
        let stopped = viewlink::Error::WritesStopped { reason: failed.to_string() };
        assert_eq!(
            Error::from(failed).chain(),
            "the state of the store failed: no space; the change is durable nevertheless"
        );
        assert_eq!(
            Error::from(stopped).chain(),
            "writes have stopped after an earlier failure (the state of the store failed); fix the \
             cause, and run the command again"
        );
    }
}
