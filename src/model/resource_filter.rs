//! Conditions on resources.

use serde::{Deserialize, Serialize};

use super::attribute::Attribute;
use super::error::{Error, Result};
use super::key::{EnvironmentId, ViewKey};
use super::set_predicate::SetPredicate;
use super::text_predicate::TextPredicate;
use super::time_predicate::TimePredicate;

/// A filter of the resources of a type: every condition must be true.
///
/// Parsed from a text of the REST API ([the grammar](crate::filter)) or built here. The limits of texts do not apply to
/// a filter that is built.
///
/// ```
/// use viewlink::{ResourceCondition, ResourceFilter, ResourceType, SetPredicate, TextPredicate};
///
/// let parsed = ResourceFilter::parse(ResourceType::Flag, "maintainerId:abc,tags:backend+beta")?;
/// let made = ResourceFilter::all()
///     .and(ResourceCondition::MaintainerId(TextPredicate::Equals("abc".into())))
///     .and(ResourceCondition::Tags(SetPredicate::AllOf(vec!["backend".into(), "beta".into()])));
/// assert_eq!(parsed, made);
/// # Ok::<(), viewlink::FilterError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceFilter {
    pub(crate) conditions: Vec<ResourceCondition>,
}

impl ResourceFilter {
    /// The filter without a condition, which every resource matches.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// The filter with one more condition.
    #[must_use]
    pub fn and(mut self, condition: ResourceCondition) -> Self {
        self.conditions.push(condition);
        self
    }

    /// The filter with a condition on the views that a resource is in, by their keys.
    ///
    /// Several of them can be combined: in all of these, in one of those, in none of the others. `Exactly` without
    /// views means: in no view at all.
    ///
    /// ```
    /// # use viewlink::{Batch, NewView, Options, Paging, ResourceFilter, ResourceType, SetPredicate};
    /// # let project = Options::new().open_in_memory()?.project("default")?;
    /// # for view in ["web", "shop", "old"] { project.create_view(NewView::new(view, view))?; }
    /// project.link("web", Batch::flags(["a", "b", "c"]))?.all_ok()?;
    /// project.link("shop", Batch::flags(["b", "c"]))?.all_ok()?;
    /// project.link("old", Batch::flags(["c"]))?.all_ok()?;
    ///
    /// let in_both_and_not_old = ResourceFilter::all()
    ///     .in_views(SetPredicate::AllOf(vec!["web", "shop"]))?
    ///     .in_views(SetPredicate::NoneOf(vec!["old"]))?;
    /// let page = project.read()?.find_resources(
    ///     ResourceType::Flag, &in_both_and_not_old, Paging::first(10))?;
    /// assert_eq!((page.total, page.items[0].key().as_str()), (1, "b"));
    /// # Ok::<(), viewlink::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::InvalidKey`] when a text is not a valid view key.
    pub fn in_views<K: AsRef<str>>(self, views: SetPredicate<K>) -> Result<Self> {
        let parse =
            |key: K| ViewKey::parse(key.as_ref()).map_err(Error::key("view key", key.as_ref()));
        Ok(self.and(ResourceCondition::View(views.try_map(parse)?)))
    }

    /// Whether a view can follow it: the views that it names must be the only ones that affect it. A condition for
    /// exactly some views is affected by all other views, too, and by the view that would follow it.
    pub(crate) fn can_stand(&self) -> bool {
        let exactly = |condition: &ResourceCondition| {
            matches!(condition, ResourceCondition::View(SetPredicate::Exactly(_)))
        };
        !self.conditions.iter().any(exactly)
    }

    /// The conditions, in the order they were named.
    #[must_use]
    pub fn conditions(&self) -> &[ResourceCondition] {
        &self.conditions
    }
}

/// A condition on a resource.
///
/// ```
/// use viewlink::{EnvironmentId, ResourceCondition, ResourceFilter, ResourceType};
///
/// // The text comes from a client, the environment from elsewhere in its request.
/// let environment = EnvironmentId::parse("5a7b2c")?;
/// let filter = ResourceFilter::parse(ResourceType::Segment, "unbounded = true")?
///     .and(ResourceCondition::Environment(environment));
/// assert_eq!(filter.conditions()[0], ResourceCondition::Unbounded(true));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ResourceCondition {
    /// The text is a part of the key or the name. Case is ignored: both sides are compared in Unicode lower case,
    /// character by character.
    Query(String),
    /// A test of the key, for a segment without its environment.
    Key(TextPredicate),
    /// A test of the display name.
    Name(TextPredicate),
    /// A test of the tags.
    Tags(SetPredicate<String>),
    /// A test of the views the resource is in.
    View(SetPredicate<ViewKey>),
    /// A test of the id of the maintaining member; a team has no such id.
    MaintainerId(TextPredicate),
    /// A test of the key of the maintaining team; a member has no such key.
    MaintainerTeam(TextPredicate),
    /// Whether it is archived: taken out of use.
    Archived(bool),
    /// Whether it is meant to be removed some day, such as a temporary flag.
    Temporary(bool),
    /// Whether its size is unbounded, as a segment's may be.
    Unbounded(bool),
    /// It is a segment of this environment. Not in the grammar.
    Environment(EnvironmentId),
    /// A test of its registered time of creation; false without one.
    CreatedAt(TimePredicate),
    /// A test of a registered attribute: of the texts of a set, or of a single value. Without the attribute the test is
    /// false, whatever its kind.
    Attribute(Attribute, SetPredicate<String>),
    /// Whether it has an attribute.
    HasAttribute(Attribute, bool),
}
