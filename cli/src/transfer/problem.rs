//! What is wrong with a row, so that it is not imported.

use viewlink::{FailureReason, KeyError};

/// Why a row failed: a stable code, and a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) code: &'static str,
    pub(super) message: String,
}

/// How many characters of a text that is no key are shown.
const TEXT_SHOWN: usize = 64;

impl Problem {
    /// The row says something that no row says.
    pub(super) fn invalid_row(message: impl Into<String>) -> Self {
        Self { code: "invalid_row", message: message.into() }
    }

    /// A text that should be a key is none.
    pub(super) fn invalid_key(what: &str, text: &str, error: &KeyError) -> Self {
        let shown = Self::shown(text);
        Self { code: "invalid_key", message: format!("the {what} {shown} is malformed: {error}") }
    }

    /// Enough of a text to know it again.
    pub(super) fn shown(text: &str) -> String {
        format!("{:?}", text.chars().take(TEXT_SHOWN).collect::<String>())
    }

    /// The row links to a view that is not there.
    pub(super) fn unknown_view(project: &str, view: &str) -> Self {
        let message = format!("there is no view {view} in project {project} at that time");
        Self { code: "unknown_view", message }
    }
}

impl From<&FailureReason> for Problem {
    fn from(reason: &FailureReason) -> Self {
        Self { code: reason.code().as_str(), message: reason.to_string() }
    }
}
