//! The answer to a call that failed.

use serde::{Deserialize, Serialize};

use super::request_error::RequestError;
use crate::filter::FilterErrorKind;
use crate::model::error::{Error, Outcome};
use crate::model::error_chain::chain;
use crate::model::{Failure, FailureCode};

/// The answer to a call that failed as a whole.
///
/// ```
/// use viewlink::{Batch, Options, wire::ErrorBody};
///
/// let store = Options::new().open_in_memory()?;
/// let error = store.project("p")?.unlink("v", Batch::flags(["a"])).unwrap_err();
/// let body = ErrorBody::from(&error);
/// assert_eq!((body.status(), body.code.as_str()), (404, "unknown_project"));
/// # Ok::<(), viewlink::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// What is wrong, for programs.
    pub code: ErrorCode,
    /// What is wrong, for people.
    pub message: String,
}

macro_rules! codes {
    ($($(#[$docs:meta])* $name:ident = $text:literal, $status:literal;)*) => {
        /// The stable name of a kind of error; each belongs to one status.
        ///
        /// ```
        /// let code = viewlink::wire::ErrorCode::UnknownView;
        /// assert_eq!((code.as_str(), code.status()), ("unknown_view", 404));
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $(
                #[doc = concat!("`", $text, "`, ", stringify!($status), ": ")]
                $(#[$docs])*
                #[serde(rename = $text)]
                $name,
            )*
        }

        impl ErrorCode {
            /// All there are.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The code as it goes over the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The HTTP status.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }
        }
    };
}

codes! {
    /// the body or a parameter is not what is expected.
    InvalidRequest = "invalid_request", 400;
    /// a filter is no filter; the message says at which byte. One by a field that the API has and the
    /// store does not is `unsupported`; one that names a view that is not there is `unknown_view`.
    InvalidFilter = "invalid_filter", 400;
    /// the API has it and the store does not.
    Unsupported = "unsupported", 400;
    /// a project, view or resource key is malformed.
    InvalidKey = "invalid_key", 400;
    /// a batch has more keys than are taken at once.
    BatchTooLarge = "batch_too_large", 400;
    /// a text or list is too long.
    TooLong = "too_long", 400;
    /// the project wants a new resource of this type to be in a view, and none is named.
    ViewRequired = "view_required", 400;
    /// no key of an API was given, or an unknown one.
    Unauthorized = "unauthorized", 401;
    /// the key of the API may not do this.
    Forbidden = "forbidden", 403;
    /// there is no such project.
    UnknownProject = "unknown_project", 404;
    /// there is no such view.
    UnknownView = "unknown_view", 404;
    /// there is no such resource: neither registered nor linked.
    UnknownResource = "unknown_resource", 404;
    /// there is no such path.
    NotFound = "not_found", 404;
    /// the path is there, for other methods.
    MethodNotAllowed = "method_not_allowed", 405;
    /// the view exists already.
    ViewExists = "view_exists", 409;
    /// the resource is registered already.
    AlreadyRegistered = "already_registered", 409;
    /// the id of a segment leads to another one.
    IdTaken = "id_taken", 409;
    /// the position was never one of this store: it is another one, or was put back to a copy and went another way.
    ChangesDiverged = "changes_diverged", 409;
    /// the journal no longer keeps the changes that were asked for; the message names the oldest it has.
    ChangesGone = "changes_gone", 410;
    /// a view was to follow a filter that leads back to it.
    CircularFilter = "circular_filter", 409;
    /// a view was to be renamed, or made under a key, and the filter that another view follows names it.
    NamedByFilter = "named_by_filter", 409;
    /// somebody else changed the view meanwhile, or it is another one.
    PreconditionFailed = "precondition_failed", 412;
    /// the body is too large.
    BodyTooLarge = "body_too_large", 413;
    /// the body is not JSON.
    UnsupportedMediaType = "unsupported_media_type", 415;
    /// the call failed for the store's sake, and changed nothing.
    Internal = "internal", 500;
    /// the disk failed, and the change is there or not.
    OutcomeUnknown = "outcome_unknown", 500;
    /// the disk failed after the change was made durable; it shows later.
    Committed = "committed", 500;
    /// the store was opened to be read only.
    ReadOnly = "read_only", 503;
    /// the store takes nothing more: its memory or its journal is at its limit; nothing changed.
    StoreFull = "store_full", 503;
    /// writes have stopped after an earlier failure.
    WritesStopped = "writes_stopped", 503;
    /// the store is closed.
    Closed = "closed", 503;
}

impl ErrorBody {
    /// The answer with a code and a message.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.code.status()
    }
}

impl From<&RequestError> for ErrorBody {
    fn from(error: &RequestError) -> Self {
        let code = match error {
            RequestError::Unsupported { .. } => ErrorCode::Unsupported,
            RequestError::Filter { source, .. } => match source.kind() {
                FilterErrorKind::UnsupportedField { .. } => ErrorCode::Unsupported,
                _ => ErrorCode::InvalidFilter,
            },
            _ => ErrorCode::InvalidRequest,
        };
        Self::new(code, error.to_string())
    }
}

impl From<Failure<'_>> for ErrorBody {
    /// Of a request that is about a single resource.
    fn from(failure: Failure<'_>) -> Self {
        let code = match failure.code() {
            FailureCode::InvalidKey => ErrorCode::InvalidKey,
            FailureCode::TooLong => ErrorCode::TooLong,
            FailureCode::IdTaken => ErrorCode::IdTaken,
            FailureCode::AlreadyRegistered => ErrorCode::AlreadyRegistered,
            FailureCode::ViewRequired => ErrorCode::ViewRequired,
            FailureCode::UnknownResource => ErrorCode::UnknownResource,
            FailureCode::Repeated
            | FailureCode::NotLinked
            | FailureCode::AlreadyLinked
            | FailureCode::ChangedSince
            | FailureCode::LastView
            | FailureCode::HeldByFilter => ErrorCode::InvalidRequest,
        };
        let (of, resource) = (failure.resource().resource_type(), failure.resource());
        Self::new(code, format!("{of} {resource}: {}", chain(failure.reason())))
    }
}

impl From<&Error> for ErrorBody {
    /// Of a failure of the store the answer tells what became of the change; the reasons are for
    /// the host's log.
    fn from(error: &Error) -> Self {
        let code = code(error);
        Self::new(code, message(code, error))
    }
}

fn code(error: &Error) -> ErrorCode {
    match error {
        Error::InvalidKey { .. } | Error::InvalidResource(_) => ErrorCode::InvalidKey,
        Error::InvalidCursor { .. }
        | Error::KeysFailed(_)
        | Error::NoSingleView
        | Error::RevisionAhead { .. }
        | Error::OtherProject { .. }
        | Error::FeedAhead { .. } => ErrorCode::InvalidRequest,
        Error::JournalTrimmed { .. } | Error::DetailNotKept { .. } => ErrorCode::ChangesGone,
        Error::Diverged { .. } => ErrorCode::ChangesDiverged,
        Error::RevisionDiffers { .. } | Error::ViewDiffers { .. } => ErrorCode::PreconditionFailed,
        Error::BatchTooLarge { .. } => ErrorCode::BatchTooLarge,
        Error::TooLong { .. } => ErrorCode::TooLong,
        Error::UnknownProject { .. } => ErrorCode::UnknownProject,
        Error::UnknownView { .. } => ErrorCode::UnknownView,
        Error::ViewExists { .. } => ErrorCode::ViewExists,
        Error::CircularFilter { .. } => ErrorCode::CircularFilter,
        Error::NamedByFilter { .. } => ErrorCode::NamedByFilter,
        Error::MemoryLimit { .. } | Error::JournalFull { .. } => ErrorCode::StoreFull,
        Error::ReadOnly => ErrorCode::ReadOnly,
        Error::WritesStopped { .. } => ErrorCode::WritesStopped,
        Error::Closed => ErrorCode::Closed,
        _ => match error.outcome() {
            Outcome::NotApplied => ErrorCode::Internal,
            Outcome::Unknown => ErrorCode::OutcomeUnknown,
            Outcome::Committed => ErrorCode::Committed,
        },
    }
}

fn message(code: ErrorCode, error: &Error) -> String {
    match (code, error) {
        // The engine's own messages tell of options, which a client does not have.
        (_, Error::BatchTooLarge { keys, limit }) => {
            format!("the batch has {keys} keys, at most {limit} are taken at once: split it")
        }
        (_, Error::TooLong { what, length, unit, limit }) => {
            format!("the {what} has {length} {unit}, at most {limit} are taken: shorten it")
        }
        (_, Error::NoSingleView) => {
            "the request is about no single view: leave if-match out".to_owned()
        }
        (_, Error::DetailNotKept { revision }) => {
            format!(
                "change {revision} removed too much to be taken back: it kept counts alone, and only a copy of the \
                 store made before has the rest"
            )
        }
        (ErrorCode::Internal, _) => "the store failed; nothing changed".to_owned(),
        (ErrorCode::OutcomeUnknown, _) => {
            "the store failed; the change is there, whole, or not at all".to_owned()
        }
        (ErrorCode::Committed, _) => {
            "the store failed after the change was made durable; it shows when the store has \
             recovered"
                .to_owned()
        }
        (_, Error::MemoryLimit { .. }) => {
            "the memory of the store is at its limit; nothing changed: remove what is not needed"
                .to_owned()
        }
        (_, Error::JournalFull { .. }) => {
            "the journal of the store is at its limit; nothing changed: try again later".to_owned()
        }
        (ErrorCode::ReadOnly, _) => "the store is read only".to_owned(),
        (ErrorCode::WritesStopped, _) => "writes have stopped after an earlier failure".to_owned(),
        _ => chain(error),
    }
}
