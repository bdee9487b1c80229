//! What is wrong with a request, before the engine sees it.

use crate::filter::FilterError;
use crate::model::error_chain::chain;

/// Why a request cannot be taken; a 400.
///
/// Displayed with the place and what was expected there.
///
/// ```
/// use viewlink::wire::{ErrorBody, LinkRequest};
///
/// let error = LinkRequest::from_json(br#"{"filtre": "tags:web"}"#).unwrap_err();
/// let body = ErrorBody::from(&error);
/// assert_eq!((body.status(), body.code.as_str()), (400, "invalid_request"));
/// assert!(body.message.contains("filtre"), "{}", body.message);
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The body is no JSON, or not of the shape asked for.
    #[error("the body is not what is expected{}: {source}", at(.path))]
    Body {
        /// The field or list entry, such as `keys[3]`; `.` for the body itself.
        path: String,
        /// What is wrong there, with line and column.
        source: serde_json::Error,
    },
    /// The fields of a body are each well formed, and do not go together.
    #[error("{0}")]
    Shape(&'static str),
    /// A parameter of the query, or a part of the path, is not what is expected.
    #[error("{name} is {}: {expected}", shown(.text))]
    Parameter {
        /// The name of the parameter.
        name: &'static str,
        /// The text it was given; of a long one the first 100 characters.
        text: String,
        /// What would do.
        expected: &'static str,
    },
    /// A text that is to filter does not.
    #[error("the {what} cannot be read: {}", chain(.source))]
    Filter {
        /// The field or parameter that has the text.
        what: &'static str,
        /// What is wrong with the text, and at which byte.
        source: FilterError,
    },
    /// The API has it and the store does not.
    #[error("{what} is not supported: {instead}")]
    Unsupported {
        /// What was asked for.
        what: &'static str,
        /// What can be done about it.
        instead: &'static str,
    },
}

impl RequestError {
    pub(super) fn parameter(name: &'static str, text: &str, expected: &'static str) -> Self {
        let text = text.chars().take(100).collect();
        Self::Parameter { name, text, expected }
    }

    pub(super) const fn filter(source: FilterError) -> Self {
        Self::Filter { what: "filter", source }
    }
}

fn at(path: &str) -> String {
    if path == "." { String::new() } else { format!(" at {path}") }
}

fn shown(text: &str) -> String {
    if text.is_empty() { "missing".to_owned() } else { format!("{text:?}") }
}
