//! Filters of views.

use super::error::FilterError;
use super::resource_filter::member;
use super::tables;
use super::{parser, query};
use crate::model::resource::Resource;
use crate::model::set_predicate::SetPredicate;
use crate::model::view::View;
use crate::model::view_filter::{ViewCondition, ViewFilter};

impl ViewFilter {
    /// Parses the filter text for views; [the grammar](crate::filter) lists the fields.
    ///
    /// Cost: O(length).
    ///
    /// # Errors
    ///
    /// [`FilterError`] when the text is empty, longer than [`MAX_FILTER_LEN`](super::MAX_FILTER_LEN), has more values
    /// than [`MAX_FILTER_VALUES`](super::MAX_FILTER_VALUES), or is not in the grammar: the error says where, and what
    /// is allowed there.
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

    /// Whether every condition is true, except those on linked resources: [`linked`](Self::linked) returns these, and
    /// the caller checks them.
    ///
    /// Cost: O(conditions and their values), and for a query O(length of key and name).
    pub(crate) fn matches(&self, view: &View) -> bool {
        self.conditions.iter().all(|condition| condition.holds(view))
    }

    /// The conditions on linked resources, all of which must be true.
    pub(crate) fn linked(&self) -> impl Iterator<Item = &SetPredicate<Resource>> {
        self.conditions.iter().filter_map(|condition| match condition {
            ViewCondition::Linked(test) => Some(test),
            _ => None,
        })
    }

    /// Whether there are conditions other than those on linked resources.
    pub(crate) fn has_field_conditions(&self) -> bool {
        self.conditions.iter().any(|condition| !matches!(condition, ViewCondition::Linked(_)))
    }
}

impl ViewCondition {
    fn holds(&self, view: &View) -> bool {
        match self {
            Self::Query(text) => query::is_in(text, [view.key.as_str(), &view.name]),
            Self::Name(test) => test.holds(Some(&view.name)),
            Self::Key(test) => test.holds(Some(view.key.as_str())),
            Self::Tag(test) => test.holds(view.tags.len(), |tag| view.tags.contains(tag)),
            Self::Linked(_) => true,
            Self::MaintainerId(test) => test.holds(member(view.maintainer.as_ref())),
            Self::Payload(wanted) => !wanted,
        }
    }
}
