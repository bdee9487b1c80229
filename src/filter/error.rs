//! Why a text is not a filter, and where.

use std::fmt;

use crate::model::key::KeyError;

/// Why a text is not a filter, and at which byte.
///
/// It is displayed with its position. [`source`](std::error::Error::source) returns the source of the kind.
///
/// ```
/// use viewlink::{FilterErrorKind, ResourceFilter, ResourceType};
///
/// let error = ResourceFilter::parse(ResourceType::Flag, "tags:beta,archived:maybe").unwrap_err();
/// assert_eq!(error.position(), 19);
/// assert!(matches!(error.kind(), FilterErrorKind::BadValue { field: "archived", .. }));
/// assert_eq!(
///     error.to_string(),
///     "at byte 19 of the filter: archived accepts true or false"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError {
    position: usize,
    kind: FilterErrorKind,
}

impl FilterError {
    /// The position of the error in the text, in bytes from 0: the start of a character, or the end of the text.
    ///
    /// For a quoted or listed value as a whole, the position is the start of the value.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.position
    }

    /// The kind of error.
    #[must_use]
    pub const fn kind(&self) -> &FilterErrorKind {
        &self.kind
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at byte {} of the filter: {}", self.position, self.kind)
    }
}

impl std::error::Error for FilterError {
    /// The message already includes the kind, so the source is that of the kind.
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&self.kind)
    }
}

/// The kinds of errors in the text of a filter.
///
/// ```
/// use viewlink::{FilterErrorKind, ViewFilter};
///
/// let error = ViewFilter::parse("colour = red").unwrap_err();
/// let FilterErrorKind::UnknownField { field, known } = error.kind() else { panic!() };
/// assert_eq!(field, "colour");
/// assert!(known.contains(&"maintainerId"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FilterErrorKind {
    /// There is only white space; it could mean everything or nothing.
    #[error("it is empty: name a condition such as tags:beta, or leave the filter out")]
    Empty,
    /// The text is longer than [`MAX_FILTER_LEN`](super::MAX_FILTER_LEN).
    #[error("it has {length} bytes, but the limit is {limit}: split it")]
    TooLong {
        /// The length of the text, in bytes.
        length: usize,
        /// The greatest length accepted, in bytes.
        limit: usize,
    },
    /// All conditions together have more values than
    /// [`MAX_FILTER_VALUES`](super::MAX_FILTER_VALUES).
    #[error("it has more than {limit} values: split it")]
    TooManyValues {
        /// The greatest number of values accepted.
        limit: usize,
    },
    /// There is no condition before or after a comma.
    #[error("a condition is missing: write one, or remove the comma")]
    MissingCondition,
    /// There is no field with this name.
    #[error("unknown field {field:?}: the fields are {}", .known.join(", "))]
    UnknownField {
        /// The name; of a long one the first 64 characters.
        field: String,
        /// The existing fields.
        known: Vec<&'static str>,
    },
    /// The REST API has the field, but a store does not have its data.
    #[error(
        "the field {field} is not supported, because a store does not have its data: leave it out"
    )]
    UnsupportedField {
        /// The name of the field.
        field: &'static str,
    },
    /// A field has no operator after it.
    #[error("an operator is missing: {field} accepts {}", quoted(.supported))]
    MissingOperator {
        /// The field.
        field: &'static str,
        /// The operators it accepts.
        supported: Vec<&'static str>,
    },
    /// There is no such operator.
    #[error("unknown operator {operator:?}: {field} accepts {}", quoted(.supported))]
    UnknownOperator {
        /// The field.
        field: &'static str,
        /// The text in place of an operator; of a long one the first 64 characters.
        operator: String,
        /// The operators the field accepts.
        supported: Vec<&'static str>,
    },
    /// Only other fields accept this operator.
    #[error("{field} does not accept the operator {operator:?}: it accepts {}", quoted(.supported))]
    UnsupportedOperator {
        /// The field.
        field: &'static str,
        /// The operator.
        operator: &'static str,
        /// The operators the field accepts.
        supported: Vec<&'static str>,
    },
    /// A value is missing after an operator, a `+`, a comma of a list, or the start of a list.
    #[error("a value of {field} is missing: write one, or remove the sign before it")]
    MissingValue {
        /// The field.
        field: &'static str,
    },
    /// The value is not valid for the field.
    #[error("{field} accepts {expected}")]
    BadValue {
        /// The field.
        field: &'static str,
        /// The valid values.
        expected: String,
        /// Why the key is invalid, if the value must be a key.
        source: Option<KeyError>,
    },
    /// A value begins with a double quote and does not end with one.
    #[error("the value in double quotes does not end: close it with a double quote")]
    UnclosedQuote,
    /// A list begins with a bracket and does not end with one.
    #[error("the list does not end: close it with ]")]
    UnclosedList,
    /// A backslash in double quotes that is not part of a valid escape.
    #[error(
        "the escape is invalid: inside double quotes a backslash is allowed before \", \\, /, b, f, n, r, \
         t, or u and four hexadecimal digits of a character"
    )]
    BadEscape,
    /// A character that is not allowed here.
    #[error("{character:?} is not allowed here: expected {expected}")]
    Unexpected {
        /// The character.
        character: char,
        /// What is allowed here.
        expected: &'static str,
    },
}

impl FilterErrorKind {
    /// The error of this kind at a byte of the text.
    pub(super) const fn at(self, position: usize) -> FilterError {
        FilterError { position, kind: self }
    }
}

/// Operators in backquotes, so that `:` is not read as a part of the sentence.
fn quoted(operators: &[&str]) -> String {
    let quoted: Vec<String> = operators.iter().map(|operator| format!("`{operator}`")).collect();
    quoted.join(" ")
}

/// The beginning of a text, enough to recognise it; the text may be as long as a filter.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(64).collect()
}
