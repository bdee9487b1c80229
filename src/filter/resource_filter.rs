//! Filters of resources.

use super::error::FilterError;
use super::index_terms::IndexTerms;
use super::tables;
use super::{parser, query};
use crate::model::key::ViewKey;
use crate::model::resource::ResourceType;
use crate::model::resource_filter::{ResourceCondition, ResourceFilter};
use crate::model::resource_name;
use crate::model::set_predicate::SetPredicate;
use crate::model::time::Timestamp;
use crate::model::view::Maintainer;
use crate::model::{Attribute, Attributes, ResourceFields};

impl ResourceFilter {
    /// Parses the filter text for resources of this type; [the grammar](crate::filter) lists the fields of each type.
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
    /// use viewlink::{ResourceFilter, ResourceType};
    ///
    /// let text = r#"tags anyOf ["backend", "beta"], query = "check", unbounded = true"#;
    /// assert_eq!(ResourceFilter::parse(ResourceType::Segment, text)?.conditions().len(), 3);
    /// assert!(ResourceFilter::parse(ResourceType::Segment, "").is_err());
    /// # Ok::<(), viewlink::FilterError>(())
    /// ```
    pub fn parse(resource_type: ResourceType, text: &str) -> Result<Self, FilterError> {
        let conditions = parser::parse(text, tables::of_resources(resource_type))?;
        Ok(Self { conditions })
    }

    /// Whether every condition is true, except those on views: [`views`](Self::views) returns these, and the caller
    /// checks them.
    ///
    /// Cost: O(conditions and their values), and for a query O(length of key and name).
    pub(crate) fn matches(&self, facts: &ResourceFacts<'_>) -> bool {
        self.conditions.iter().all(|condition| condition.holds(facts))
    }

    /// The conditions on views, all of which must be true.
    pub(crate) fn views(&self) -> impl Iterator<Item = &SetPredicate<ViewKey>> {
        self.conditions.iter().filter_map(|condition| match condition {
            ResourceCondition::View(test) => Some(test),
            _ => None,
        })
    }

    /// Whether there are conditions other than those on views.
    pub(crate) fn has_field_conditions(&self) -> bool {
        self.conditions.iter().any(|condition| !matches!(condition, ResourceCondition::View(_)))
    }

    /// The number of values of its conditions, and the number of bytes of their texts.
    ///
    /// Cost: O(values).
    pub(crate) fn size(&self) -> (usize, usize) {
        let sizes = self.conditions.iter().map(ResourceCondition::size);
        sizes.fold((0, 0), |all, size| (all.0 + size.0, all.1 + size.1))
    }

    /// Entries of one index that lead to every match, and also to other resources; `None` when all resources must be
    /// checked.
    ///
    /// If several conditions have entries, the one with the fewest entries is used, because the sizes of the entries
    /// are unknown.
    pub(crate) fn lookup(&self) -> Option<IndexTerms<'_>> {
        let terms = self.conditions.iter().filter_map(ResourceCondition::index_terms);
        terms.min_by_key(IndexTerms::len)
    }
}

impl ResourceFilter {
    /// An attribute of which every match has at least one of these texts, or a number with this text.
    ///
    /// If several conditions have such texts, the one with the fewest texts is used.
    pub(crate) fn wanted_attribute(&self) -> Option<(&Attribute, &[String])> {
        let wanted = self.conditions.iter().filter_map(|condition| match condition {
            ResourceCondition::Attribute(name, SetPredicate::AnyOf(texts)) => {
                Some((name, &**texts))
            }
            ResourceCondition::Attribute(
                name,
                SetPredicate::AllOf(texts) | SetPredicate::Exactly(texts),
            ) => Some((name, texts.get(..1)?)),
            _ => None,
        });
        wanted.min_by_key(|(_, texts)| texts.len())
    }
}

impl ResourceCondition {
    fn holds(&self, facts: &ResourceFacts<'_>) -> bool {
        match self {
            Self::Query(text) => query::is_in(text, [facts.key, facts.name]),
            Self::Key(test) => test.holds(Some(facts.key)),
            Self::Name(test) => test.holds(Some(facts.name)),
            Self::Tags(test) => test.holds(facts.tags.len(), |tag| facts.tags.contains(tag)),
            Self::View(_) => true,
            Self::MaintainerId(test) => test.holds(member(facts.maintainer)),
            Self::MaintainerTeam(test) => test.holds(team(facts.maintainer)),
            Self::Archived(wanted) => facts.archived == *wanted,
            Self::Temporary(wanted) => facts.temporary == *wanted,
            Self::Unbounded(wanted) => facts.unbounded == *wanted,
            Self::CreatedAt(test) => test.holds(facts.created_at),
            Self::Attribute(name, test) => {
                let value = facts.attributes.and_then(|attributes| attributes.get(name));
                value.is_some_and(|value| test.holds(value.len(), |text| value.has(text)))
            }
            Self::HasAttribute(name, wanted) => {
                facts.attributes.is_some_and(|attributes| attributes.contains_key(name)) == *wanted
            }
            Self::Environment(wanted) => facts.environment == Some(wanted.as_str()),
        }
    }

    fn size(&self) -> (usize, usize) {
        let texts = |texts: &[String]| (texts.len(), texts.iter().map(String::len).sum());
        match self {
            Self::Query(text) => (1, text.len()),
            Self::Key(test)
            | Self::Name(test)
            | Self::MaintainerId(test)
            | Self::MaintainerTeam(test) => texts(test.texts()),
            Self::Tags(test) | Self::Attribute(_, test) => texts(test.members()),
            Self::View(test) => {
                let views = test.members();
                (views.len(), views.iter().map(|view| view.as_str().len()).sum())
            }
            Self::Environment(id) => (1, id.as_str().len()),
            Self::Archived(_)
            | Self::Temporary(_)
            | Self::Unbounded(_)
            | Self::CreatedAt(_)
            | Self::HasAttribute(..) => (1, 0),
        }
    }

    fn index_terms(&self) -> Option<IndexTerms<'_>> {
        match self {
            Self::Tags(SetPredicate::AnyOf(tags)) => Some(IndexTerms::Tags(tags)),
            // Every match has the first tag. Without tags, the index does not help.
            Self::Tags(SetPredicate::AllOf(tags) | SetPredicate::Exactly(tags)) => {
                tags.get(..1).map(IndexTerms::Tags)
            }
            Self::MaintainerId(test) => test.wanted().map(IndexTerms::Members),
            Self::MaintainerTeam(test) => test.wanted().map(IndexTerms::Teams),
            _ => None,
        }
    }
}

/// The maintaining member, by id.
pub(super) fn member(maintainer: Option<&Maintainer>) -> Option<&str> {
    match maintainer {
        Some(Maintainer::Member(id)) => Some(id),
        _ => None,
    }
}

fn team(maintainer: Option<&Maintainer>) -> Option<&str> {
    match maintainer {
        Some(Maintainer::Team(key)) => Some(key),
        _ => None,
    }
}

/// The fields of a resource, without its views.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResourceFacts<'a> {
    pub(crate) key: &'a str,
    pub(crate) environment: Option<&'a str>,
    pub(crate) name: &'a str,
    pub(crate) tags: &'a [String],
    pub(crate) maintainer: Option<&'a Maintainer>,
    pub(crate) archived: bool,
    pub(crate) temporary: bool,
    pub(crate) unbounded: bool,
    /// Only for registered resources.
    pub(crate) created_at: Option<Timestamp>,
    /// Only for registered resources.
    pub(crate) attributes: Option<&'a Attributes>,
}

impl<'a> ResourceFacts<'a> {
    /// The fields of the resource with this name. A resource that is not registered counts as one whose name is its key
    /// and whose other fields are empty.
    pub(crate) fn new(name: &'a str, fields: Option<&'a ResourceFields>) -> Self {
        let (environment, key) = resource_name::split(name);
        match fields {
            Some(fields) => Self {
                key,
                environment,
                name: &fields.name,
                tags: &fields.tags,
                maintainer: fields.maintainer.as_ref(),
                archived: fields.archived,
                temporary: fields.temporary,
                unbounded: fields.unbounded,
                created_at: Some(fields.created_at),
                attributes: Some(&fields.attributes),
            },
            None => Self {
                key,
                environment,
                name: key,
                tags: &[],
                maintainer: None,
                archived: false,
                temporary: false,
                unbounded: false,
                created_at: None,
                attributes: None,
            },
        }
    }
}
