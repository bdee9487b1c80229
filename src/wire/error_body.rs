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
    /// The kind of error, for programs.
    pub code: ErrorCode,
    /// The description of the error, for people.
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
            /// All codes.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The code as it is sent.
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
    /// the body or a parameter is invalid.
    InvalidRequest = "invalid_request", 400;
    /// a filter is invalid; the message has the position in bytes. A field that the API has and the store does not
    /// have is `unsupported`; an unknown view in a filter is `unknown_view`.
    InvalidFilter = "invalid_filter", 400;
    /// the API has it, but the store does not.
    Unsupported = "unsupported", 400;
    /// a project, view or resource key is malformed.
    InvalidKey = "invalid_key", 400;
    /// a batch has more keys than are accepted at once.
    BatchTooLarge = "batch_too_large", 400;
    /// a text or list is too long.
    TooLong = "too_long", 400;
    /// the project requires new resources of this type to be in a view, and none is named.
    ViewRequired = "view_required", 400;
    /// the API key is missing or unknown.
    Unauthorized = "unauthorized", 401;
    /// the API key may not do this.
    Forbidden = "forbidden", 403;
    /// the project does not exist.
    UnknownProject = "unknown_project", 404;
    /// the view does not exist.
    UnknownView = "unknown_view", 404;
    /// the resource is neither registered nor linked.
    UnknownResource = "unknown_resource", 404;
    /// the path does not exist.
    NotFound = "not_found", 404;
    /// the path exists, but not for this method.
    MethodNotAllowed = "method_not_allowed", 405;
    /// the view already exists.
    ViewExists = "view_exists", 409;
    /// the resource is already registered.
    AlreadyRegistered = "already_registered", 409;
    /// the id of a segment belongs to another segment.
    IdTaken = "id_taken", 409;
    /// the position is not in the history of this store: it belongs to another store, or this one was restored from a
    /// copy and then changed differently.
    ChangesDiverged = "changes_diverged", 409;
    /// the journal no longer has the requested changes; the message names the oldest it has.
    ChangesGone = "changes_gone", 410;
    /// a view cannot follow a filter that refers to the view itself, directly or indirectly.
    CircularFilter = "circular_filter", 409;
    /// a view cannot get or lose a key that is named by a filter of another view.
    NamedByFilter = "named_by_filter", 409;
    /// the view was changed in the meantime, or it is another view.
    PreconditionFailed = "precondition_failed", 412;
    /// the body is too large.
    BodyTooLarge = "body_too_large", 413;
    /// the body is not JSON.
    UnsupportedMediaType = "unsupported_media_type", 415;
    /// the call failed because of the store, and changed nothing.
    Internal = "internal", 500;
    /// the disk or the log failed, and it is unknown whether the change was made.
    OutcomeUnknown = "outcome_unknown", 500;
    /// the disk failed after the change was made durable; it becomes visible later.
    Committed = "committed", 500;
    /// the store was opened read only.
    ReadOnly = "read_only", 503;
    /// the memory or the journal of the store is at its limit; nothing changed.
    StoreFull = "store_full", 503;
    /// the log shared by all copies of the store did not accept the change, and nothing changed: send it again later.
    LogUnavailable = "log_unavailable", 503;
    /// this copy of the store does not have the requested position yet.
    PositionNotReached = "position_not_reached", 503;
    /// this copy of the store has another history than the log, and accepts no changes.
    CopyDiverged = "copy_diverged", 503;
    /// the log has changes of a later version: this host needs an upgrade to accept changes.
    UpgradeNeeded = "upgrade_needed", 503;
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
    /// The error of a request about a single resource.
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
    /// For a failure of the store, the answer says what happened to the change; the reasons go to the host's log.
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
        | Error::NoSuchChange
        | Error::RevisionAhead { .. }
        | Error::OtherProject { .. }
        | Error::FeedAhead { .. } => ErrorCode::InvalidRequest,
        Error::JournalTrimmed { .. } | Error::DetailNotKept { .. } => ErrorCode::ChangesGone,
        Error::Diverged { .. } => ErrorCode::ChangesDiverged,
        Error::RevisionDiffers { .. } | Error::ViewDiffers { .. } => ErrorCode::PreconditionFailed,
        Error::BatchTooLarge { .. } | Error::CopyTooLarge { .. } => ErrorCode::BatchTooLarge,
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
        Error::NewerFormat { .. } => ErrorCode::UpgradeNeeded,
        Error::SharedLog { outcome: Outcome::NotApplied, .. } => ErrorCode::LogUnavailable,
        _ => match error.outcome() {
            Outcome::NotApplied => ErrorCode::Internal,
            Outcome::Unknown => ErrorCode::OutcomeUnknown,
            Outcome::Committed => ErrorCode::Committed,
        },
    }
}

/// A message for the client, in place of a message of the engine that names options: a client cannot set these.
fn of_request(error: &Error) -> Option<String> {
    Some(match error {
        Error::BatchTooLarge { keys, limit } => {
            format!("the batch has {keys} keys, but the limit is {limit}: split it")
        }
        Error::CopyTooLarge { links, limit } => {
            format!(
                "the view has {links} links, but the limit of one change is {limit}: create the view, and link its \
                 resources in several requests"
            )
        }
        Error::TooLong { what, length, unit, limit } => {
            format!("the {what} has {length} {unit}, but the limit is {limit}: shorten it")
        }
        Error::NoSingleView => {
            "the request is not about exactly one view: leave if-match out".to_owned()
        }
        Error::DetailNotKept { revision } => {
            format!(
                "change {revision} removed too much to be reverted: the journal has only counts of it, and an earlier \
                 copy of the store has the rest"
            )
        }
        _ => return None,
    })
}

fn message(code: ErrorCode, error: &Error) -> String {
    if let Some(message) = of_request(error) {
        return message;
    }
    match (code, error) {
        (ErrorCode::Internal, _) => "the store failed; nothing changed: the log of the host has the cause".to_owned(),
        (ErrorCode::OutcomeUnknown, Error::SharedLog { .. }) => {
            "the log shared by all copies of the store may have accepted the change: it is made completely or not at \
             all, now or later; read again before you send it again"
                .to_owned()
        }
        (ErrorCode::OutcomeUnknown, _) => {
            "the store failed; the change was made completely or not at all: read again".to_owned()
        }
        (ErrorCode::Committed, _) => {
            "the store failed after the change was made durable; it becomes visible when the store \
             has recovered"
                .to_owned()
        }
        (_, Error::MemoryLimit { .. }) => {
            "the memory of the store is at its limit; nothing changed: remove unneeded links or views"
                .to_owned()
        }
        (_, Error::JournalFull { .. }) => {
            "the journal of the store is at its limit; nothing changed: try again later".to_owned()
        }
        (ErrorCode::LogUnavailable, _) => {
            "the log shared by all copies of the store did not accept the change; nothing changed: send it again later"
                .to_owned()
        }
        (ErrorCode::UpgradeNeeded, _) => {
            "the log has changes of a later version; nothing changed: upgrade this host, or ask another one".to_owned()
        }
        (ErrorCode::ReadOnly, _) => "the store is read only".to_owned(),
        (ErrorCode::WritesStopped, _) => {
            "writes have stopped after an earlier failure; nothing changed: the log of the host has the cause"
                .to_owned()
        }
        _ => chain(error),
    }
}
