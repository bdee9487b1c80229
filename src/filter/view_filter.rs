//! Which views.

use super::error::FilterError;
use super::resource_filter::member;
use super::set_test::SetTest;
use super::tables;
use super::text_test::TextTest;
use super::{parser, query};
use crate::view::View;

/// Which views of a project: all that every condition holds for.
///
/// Parsed from a text of the REST API ([the grammar](crate::filter)) or put together here. The
/// limits of texts do not bind what is put together.
///
/// ```
/// use viewlink::{TextTest, ViewCondition, ViewFilter};
///
/// let parsed = ViewFilter::parse("key startsWith shop-")?;
/// let made = ViewFilter::all().and(ViewCondition::Key(TextTest::StartsWith("shop-".into())));
/// assert_eq!(parsed, made);
/// # Ok::<(), viewlink::FilterError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ViewFilter {
    conditions: Vec<ViewCondition>,
}

impl ViewFilter {
    /// The filter without a condition, which every view matches.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// The filter with one more condition.
    #[must_use]
    pub fn and(mut self, condition: ViewCondition) -> Self {
        self.conditions.push(condition);
        self
    }

    /// The conditions, in the order they were named.
    #[must_use]
    pub fn conditions(&self) -> &[ViewCondition] {
        &self.conditions
    }

    /// Parses the text that filters views; [the grammar](crate::filter) has the fields.
    ///
    /// Cost: O(length).
    ///
    /// # Errors
    ///
    /// [`FilterError`] when the text is empty, longer than
    /// [`MAX_FILTER_LEN`](super::MAX_FILTER_LEN), has more values than
    /// [`MAX_FILTER_VALUES`](super::MAX_FILTER_VALUES), or is not in the grammar: it tells where and
    /// what could stand there.
    ///
    /// ```
    /// use viewlink::ViewFilter;
    ///
    /// let text = r#"name contains "shop", tag anyOf ["payments", "web"]"#;
    /// assert_eq!(ViewFilter::parse(text)?.conditions().len(), 2);
    /// assert!(ViewFilter::parse("name contains").is_err());
    /// # Ok::<(), viewlink::FilterError>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        Ok(Self { conditions: parser::parse(text, tables::of_views())? })
    }

    /// Whether every condition holds.
    ///
    /// Cost: O(conditions and their values), and for a query O(length of key and name).
    pub(crate) fn matches(&self, view: &View) -> bool {
        self.conditions.iter().all(|condition| condition.holds(view))
    }
}

/// What must hold for a view.
///
/// ```
/// use viewlink::{ViewCondition, ViewFilter};
///
/// let filter = ViewFilter::parse("isPayloadView = false, query:shop")?;
/// assert_eq!(filter.conditions()[0], ViewCondition::Payload(false));
/// # Ok::<(), viewlink::FilterError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ViewCondition {
    /// The text is a part of the key or the name, whatever the case of either: each character of
    /// both is compared in the lower case Unicode gives it.
    Query(String),
    /// A test of the name people read.
    Name(TextTest),
    /// A test of the key, which is in lower case: what is parsed is folded to it, what is put
    /// together must be in it.
    Key(TextTest),
    /// A test of the tags.
    Tag(SetTest<String>),
    /// A test of the id of the member who looks after it; a team has no such id.
    MaintainerId(TextTest),
    /// Whether the view decides what clients are sent. No view of a store does, so `true` matches
    /// none and `false` all.
    Payload(bool),
}

impl ViewCondition {
    fn holds(&self, view: &View) -> bool {
        match self {
            Self::Query(text) => query::is_in(text, [view.key.as_str(), &view.name]),
            Self::Name(test) => test.holds(Some(&view.name)),
            Self::Key(test) => test.holds(Some(view.key.as_str())),
            Self::Tag(test) => test.holds(|tag| view.tags.contains(tag)),
            Self::MaintainerId(test) => test.holds(member(view.maintainer.as_ref())),
            Self::Payload(wanted) => !wanted,
        }
    }
}
