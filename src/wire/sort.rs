//! The orders of lists.

use std::str::FromStr;

use super::request_error::RequestError;

/// The orders that a request can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Key,
    LinkedAt,
    Name,
    UpdatedAt,
}

impl Sort {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::LinkedAt => "linkedAt",
            Self::Name => "name",
            Self::UpdatedAt => "updatedAt",
        }
    }

    /// The error for a list that does not have this order.
    pub(super) fn refused(self, expected: &'static str) -> RequestError {
        RequestError::parameter("sort", self.as_str(), expected)
    }
}

impl FromStr for Sort {
    type Err = RequestError;

    fn from_str(text: &str) -> Result<Self, RequestError> {
        let named = [Self::Key, Self::LinkedAt, Self::Name, Self::UpdatedAt]
            .into_iter()
            .find(|sort| sort.as_str() == text);
        let expected = "use linkedAt or name for resources; key, name or updatedAt for views";
        named.ok_or_else(|| RequestError::parameter("sort", text, expected))
    }
}
