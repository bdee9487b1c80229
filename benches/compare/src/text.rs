//! A key in the type of its store.

use std::cmp::Ordering;
use std::fmt;

use viewlink::{ResourceKey, ViewKey};

/// A key in the type that a store returns, so that no store pays for a conversion.
pub(crate) enum Text {
    Owned(String),
    View(ViewKey),
    Resource(ResourceKey),
}

impl Text {
    fn as_str(&self) -> &str {
        match self {
            Self::Owned(text) => text,
            Self::View(key) => key.as_str(),
            Self::Resource(key) => key.as_str(),
        }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::Owned(text.to_owned())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Text {}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}
