//! Conditions on one text.

use std::slice;

use serde::{Deserialize, Serialize};

/// A condition on one text, such as a key or the id of a maintainer.
///
/// Compared byte by byte, so upper and lower case differ. Without a text (the resource has no maintainer),
/// [`NotEquals`](Self::NotEquals) and [`NoneOf`](Self::NoneOf) are true and the others are false.
///
/// ```
/// use viewlink::{ResourceCondition, ResourceFilter, ResourceType, TextPredicate};
///
/// let filter = ResourceFilter::parse(ResourceType::Segment, "key startsWith beta-")?;
/// let test = TextPredicate::StartsWith("beta-".into());
/// assert_eq!(filter, ResourceFilter::all().and(ResourceCondition::Key(test)));
/// # Ok::<(), viewlink::FilterError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum TextPredicate {
    /// It is this text.
    Equals(String),
    /// It differs from this text, or there is none.
    NotEquals(String),
    /// It begins with this text.
    StartsWith(String),
    /// This text is a part of it.
    Contains(String),
    /// It is one of these; false for an empty list.
    AnyOf(Vec<String>),
    /// It is none of these, or there is no text; true for an empty list.
    NoneOf(Vec<String>),
}

impl TextPredicate {
    /// Whether the test is true.
    ///
    /// Cost: O(length), for lists O(their number of texts) comparisons.
    pub(crate) fn holds(&self, text: Option<&str>) -> bool {
        match self {
            Self::Equals(wanted) => text == Some(wanted),
            Self::NotEquals(unwanted) => text != Some(unwanted),
            Self::StartsWith(start) => text.is_some_and(|text| text.starts_with(start)),
            Self::Contains(part) => text.is_some_and(|text| text.contains(part)),
            Self::AnyOf(wanted) => text.is_some_and(|text| wanted.iter().any(|one| one == text)),
            Self::NoneOf(unwanted) => {
                text.is_none_or(|text| unwanted.iter().all(|one| one != text))
            }
        }
    }

    /// All texts it compares with.
    pub(crate) fn texts(&self) -> &[String] {
        match self {
            Self::Equals(text)
            | Self::NotEquals(text)
            | Self::StartsWith(text)
            | Self::Contains(text) => slice::from_ref(text),
            Self::AnyOf(texts) | Self::NoneOf(texts) => texts,
        }
    }

    /// If a match must be equal to one of a list of texts, that list.
    pub(crate) fn wanted(&self) -> Option<&[String]> {
        match self {
            Self::Equals(wanted) => Some(slice::from_ref(wanted)),
            Self::AnyOf(wanted) => Some(wanted),
            _ => None,
        }
    }

    /// The test for texts in lower case.
    pub(crate) fn in_lower_case(mut self) -> Self {
        match &mut self {
            Self::Equals(text)
            | Self::NotEquals(text)
            | Self::StartsWith(text)
            | Self::Contains(text) => text.make_ascii_lowercase(),
            Self::AnyOf(texts) | Self::NoneOf(texts) => {
                texts.iter_mut().for_each(|text| text.make_ascii_lowercase());
            }
        }
        self
    }
}
