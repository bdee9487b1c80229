//! Why a row was not imported.

use viewlink::{FailureReason, KeyError};

/// Why a row failed: a stable code, and a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) code: &'static str,
    pub(super) message: String,
}

/// The largest number of characters of a malformed key that are shown.
const TEXT_SHOWN: usize = 64;

impl Problem {
    /// The row is invalid.
    pub(super) fn invalid_row(message: impl Into<String>) -> Self {
        Self { code: "invalid_row", message: message.into() }
    }

    /// A text is not a valid key.
    pub(super) fn invalid_key(what: &str, text: &str, error: &KeyError) -> Self {
        let shown = Self::shown(text);
        Self { code: "invalid_key", message: format!("the {what} {shown} is invalid: {error}") }
    }

    /// The beginning of a text, which is enough to recognise it.
    pub(super) fn shown(text: &str) -> String {
        format!("{:?}", text.chars().take(TEXT_SHOWN).collect::<String>())
    }

    /// The row links to a missing view.
    pub(super) fn unknown_view(project: &str, view: &str) -> Self {
        let message =
            format!("there is no view {view} in project {project} at the time of the link");
        Self { code: "unknown_view", message }
    }
}

impl From<&FailureReason> for Problem {
    fn from(reason: &FailureReason) -> Self {
        Self { code: reason.code().as_str(), message: reason.to_string() }
    }
}
