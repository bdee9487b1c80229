//! Attributes: values that a flag service has for a resource. The store keeps them to filter by.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::view::sorted_tags;

/// The name of an attribute: a value that a flag service has for a resource. The store keeps it as given.
///
/// It is displayed with its name in the REST API.
///
/// ```
/// use viewlink::{Attribute, NewResource, ResourceFilter, ResourceType};
///
/// let flag = NewResource::flag("checkout-v2").attribute(Attribute::Status, "active");
/// let active = ResourceFilter::parse(ResourceType::Flag, "status:active")?;
/// assert_eq!(Attribute::StaleState.to_string(), "staleState");
/// # let _ = (flag, active);
/// # Ok::<(), viewlink::FilterError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Attribute {
    /// `status`: how much a flag is used.
    Status,
    /// `staleState`: whether a flag can be removed.
    StaleState,
    /// `targeting`: whether a flag is on.
    Targeting,
    /// `filterEnv`: the environments that the other attributes refer to.
    FilterEnv,
    /// `followerId`: the members who follow a flag.
    FollowerId,
    /// `type`: how the members of a segment are defined.
    Type,
    /// `external`: where a segment that is kept elsewhere comes from.
    External,
}

impl Attribute {
    /// The name in the REST API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::StaleState => "staleState",
            Self::Targeting => "targeting",
            Self::FilterEnv => "filterEnv",
            Self::FollowerId => "followerId",
            Self::Type => "type",
            Self::External => "external",
        }
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The value of an attribute: a text, a whole number, or a set of texts.
///
/// ```
/// use viewlink::AttributeValue;
///
/// assert_eq!(AttributeValue::from("on"), AttributeValue::Text("on".into()));
/// let followers = AttributeValue::texts(["bob", "ann", "bob"]);
/// assert_eq!(followers, AttributeValue::Texts(vec!["ann".into(), "bob".into()]));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum AttributeValue {
    /// A text.
    Text(String),
    /// A whole number.
    Number(i64),
    /// Texts; [`texts`](Self::texts) sorts them and removes duplicates.
    Texts(Vec<String>),
}

impl AttributeValue {
    /// A set of texts; sorted, without duplicates.
    pub fn texts<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Self {
        Self::Texts(sorted_tags(texts))
    }

    /// The value in stored form: the texts of a set in order, each once.
    pub(crate) fn in_order(self) -> Self {
        match self {
            Self::Texts(texts) => Self::texts(texts),
            other => other,
        }
    }

    /// Whether it equals this text, is the number that the text spells, or has the text in its set.
    pub(crate) fn has(&self, text: &str) -> bool {
        match self {
            Self::Text(own) => own == text,
            Self::Number(own) => text.parse() == Ok(*own),
            Self::Texts(own) => own.iter().any(|own| own == text),
        }
    }

    /// How many texts or numbers it has.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Text(_) | Self::Number(_) => 1,
            Self::Texts(texts) => texts.len(),
        }
    }

    /// Its texts, if it is a set.
    pub(crate) fn each_text(&self) -> &[String] {
        match self {
            Self::Text(text) => std::slice::from_ref(text),
            Self::Number(_) => &[],
            Self::Texts(texts) => texts,
        }
    }
}

impl From<&str> for AttributeValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for AttributeValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for AttributeValue {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

/// The attributes of a resource, by name.
pub(crate) type Attributes = BTreeMap<Attribute, AttributeValue>;
