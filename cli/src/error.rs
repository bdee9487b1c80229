//! Why a command failed.

use std::io;
use std::path::PathBuf;

use viewlink::wire::ErrorBody;
use viewlink::{FilterError, KeyError};

use crate::transfer::TransferError;

/// What commands return.
pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

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
    /// Another process has the store open.
    #[error(
        "the store at {path:?} is open in another process: stop the host that has it open, or work \
         on a copy that it makes with Store::backup_to"
    )]
    StoreInUse {
        /// The directory that was asked for.
        path: PathBuf,
    },
    /// There are more keys than a batch may have.
    #[error("there are more than {limit} keys: split them, or raise --batch-limit")]
    TooManyKeys {
        /// How many a batch may have.
        limit: usize,
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
    #[error("the {resource_type} {text:?} is malformed{hint}")]
    Resource {
        /// What it should have named.
        resource_type: viewlink::ResourceType,
        /// The text that names none.
        text: String,
        /// What to write instead.
        hint: &'static str,
        /// What is wrong with it.
        source: KeyError,
    },
    /// Something cannot be read.
    #[error("cannot read {what}")]
    Read {
        /// The file, or standard input.
        what: String,
        /// What the system said.
        source: io::Error,
    },
    /// The output cannot be written.
    #[error("cannot write the output")]
    Write(#[source] io::Error),
    /// Nobody reads the output any more.
    #[error("nobody reads the output")]
    ClosedPipe,
    /// An export or import failed.
    #[error(transparent)]
    Transfer(#[from] TransferError),
}

impl Error {
    /// What failed, for programs: the code that the REST API has for it, or one of the command
    /// line's own.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::NoStore { .. } => "no_store",
            Self::StoreInUse { .. } => "store_in_use",
            Self::TooManyKeys { .. } => "batch_too_large",
            Self::Filter { .. } => "invalid_filter",
            Self::Resource { .. } => "invalid_key",
            Self::Read { .. } => "unreadable_input",
            Self::Write(_) | Self::ClosedPipe => "unwritable_output",
            Self::Transfer(error) => error.code(),
            Self::Store(error) => match error {
                viewlink::Error::NotAStore { .. } => "not_a_store",
                viewlink::Error::NewerFormat { .. } => "newer_format",
                viewlink::Error::Damaged { .. } => "damaged",
                viewlink::Error::AlreadyExists { .. } => "already_exists",
                other => ErrorBody::from(other).code.as_str(),
            },
        }
    }

    /// The error with what caused it, in one line.
    pub(crate) fn chain(&self) -> String {
        chain(self)
    }
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

impl From<viewlink::Error> for Error {
    fn from(error: viewlink::Error) -> Self {
        match error {
            viewlink::Error::NotFound { path } => Self::NoStore { path },
            viewlink::Error::AlreadyOpen { path } => Self::StoreInUse { path },
            viewlink::Error::BatchTooLarge { limit, .. } => Self::TooManyKeys { limit },
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
