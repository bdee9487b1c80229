//! Why a text is no filter, and where.

use std::fmt;

use crate::model::key::KeyError;

/// Why a text is no filter, and at which byte of it.
///
/// Displayed with its position. [`source`](std::error::Error::source) is that of the kind.
///
/// ```
/// use viewlink::{FilterErrorKind, ResourceFilter, ResourceType};
///
/// let error = ResourceFilter::parse(ResourceType::Flag, "tags:beta,archived:maybe").unwrap_err();
/// assert_eq!(error.position(), 19);
/// assert!(matches!(error.kind(), FilterErrorKind::BadValue { field: "archived", .. }));
/// assert_eq!(
///     error.to_string(),
///     "at byte 19 of the filter: archived takes true or false"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError {
    position: usize,
    kind: FilterErrorKind,
}

impl FilterError {
    /// Where in the text it shows, in bytes from 0; the start of a character, or the end of the
    /// text.
    ///
    /// What is wrong with a quoted or listed value as a whole shows where the value starts.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.position
    }

    /// What is wrong there.
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
    /// The kind is a part of the message already, so what caused the kind comes next.
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&self.kind)
    }
}

/// What is wrong with a text that is no filter.
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
    /// There is nothing but white space; it could be meant as everything or as nothing.
    #[error("it is empty: name a condition such as tags:beta, or leave the filter out")]
    Empty,
    /// The text is longer than [`MAX_FILTER_LEN`](super::MAX_FILTER_LEN).
    #[error("it is {length} bytes long, at most {limit} are read: divide it")]
    TooLong {
        /// The length of the text, in bytes.
        length: usize,
        /// The greatest length that is read, in bytes.
        limit: usize,
    },
    /// All conditions together have more values than
    /// [`MAX_FILTER_VALUES`](super::MAX_FILTER_VALUES).
    #[error("it has more than {limit} values: divide it")]
    TooManyValues {
        /// The greatest number of values that is read.
        limit: usize,
    },
    /// There is a comma, and before it or behind it no condition.
    #[error("a condition is missing: write one, or take the comma away")]
    MissingCondition,
    /// No field of what is filtered has this name.
    #[error("there is no field {field:?}: there are {}", .known.join(", "))]
    UnknownField {
        /// The name; of a long one the first 64 characters.
        field: String,
        /// The fields there are.
        known: Vec<&'static str>,
    },
    /// The REST API has the field, and a store does not keep what it is about.
    #[error("the field {field} cannot be filtered by: a store does not keep what it is about")]
    UnsupportedField {
        /// The name of the field.
        field: &'static str,
    },
    /// A field is named, and nothing says how to compare it.
    #[error("an operator is missing: {field} takes {}", .supported.join(" "))]
    MissingOperator {
        /// The field.
        field: &'static str,
        /// The operators it takes.
        supported: Vec<&'static str>,
    },
    /// No field has this operator.
    #[error("there is no operator {operator:?}: {field} takes {}", .supported.join(" "))]
    UnknownOperator {
        /// The field.
        field: &'static str,
        /// The text in place of an operator; of a long one the first 64 characters.
        operator: String,
        /// The operators the field takes.
        supported: Vec<&'static str>,
    },
    /// Other fields have this operator.
    #[error("{field} does not take the operator {operator:?}: it takes {}", .supported.join(" "))]
    UnsupportedOperator {
        /// The field.
        field: &'static str,
        /// The operator.
        operator: &'static str,
        /// The operators the field takes.
        supported: Vec<&'static str>,
    },
    /// There is an operator, a `+`, a comma of a list or its start, and no value behind it.
    #[error("a value of {field} is missing: write one, or take what asks for it away")]
    MissingValue {
        /// The field.
        field: &'static str,
    },
    /// The field cannot have this value.
    #[error("{field} takes {expected}")]
    BadValue {
        /// The field.
        field: &'static str,
        /// What its values are.
        expected: String,
        /// What is wrong with the key, where the value should be one.
        source: Option<KeyError>,
    },
    /// A value begins with a double quote and does not end with one.
    #[error("the value in double quotes does not end: close it with a double quote")]
    UnclosedQuote,
    /// A list begins with a bracket and does not end with one.
    #[error("the list does not end: close it with a bracket")]
    UnclosedList,
    /// A backslash in double quotes, and behind it nothing that it stands for.
    #[error(
        "the backslash means nothing: inside double quotes it stands before \", \\, /, b, f, n, r, \
         t, or u and four hexadecimal digits of a character"
    )]
    BadEscape,
    /// A character that cannot be here.
    #[error("{character:?} is not expected, but {expected}")]
    Unexpected {
        /// The character.
        character: char,
        /// What could be here.
        expected: &'static str,
    },
}

impl FilterErrorKind {
    /// The error of this kind at a byte of the text.
    pub(super) const fn at(self, position: usize) -> FilterError {
        FilterError { position, kind: self }
    }
}

/// Enough of a text to know it again, which may be as long as a filter.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(64).collect()
}
