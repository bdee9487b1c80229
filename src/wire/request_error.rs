//! Errors of a request that are found before it reaches the engine.

use crate::filter::FilterError;
use crate::model::error_chain::chain;

/// Why a request is invalid; a 400.
///
/// It is displayed with the place of the error and the expected value.
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
    /// The body is not JSON, or does not have the expected shape.
    #[error("the body is invalid{}: {source}", at(.path))]
    Body {
        /// The field or list entry, such as `keys[3]`; `.` for the body itself.
        path: String,
        /// The error, with line and column.
        source: serde_json::Error,
    },
    /// The fields of a body are each valid, but exclude each other.
    #[error("{0}")]
    Shape(&'static str),
    /// A parameter of the query, or a part of the path, is invalid.
    #[error("{name} is {}: {expected}", shown(.text))]
    Parameter {
        /// The name of the parameter.
        name: &'static str,
        /// Its text; of a long one the first 100 characters.
        text: String,
        /// What is expected.
        expected: &'static str,
    },
    /// The text of a filter is invalid.
    #[error("the {what} is invalid: {}", chain(.source))]
    Filter {
        /// The field or parameter that has the text.
        what: &'static str,
        /// The error in the text, with its position.
        source: FilterError,
    },
    /// The API supports it, but the store does not.
    #[error("{what} is not supported: {instead}")]
    Unsupported {
        /// The unsupported part of the request.
        what: &'static str,
        /// What the client can do instead.
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
