//! Which resources: the conditions.

use serde::{Deserialize, Serialize};

use super::attribute::Attribute;
use super::error::{Error, Result};
use super::key::{EnvironmentId, ViewKey};
use super::set_predicate::SetPredicate;
use super::text_predicate::TextPredicate;
use super::time_predicate::TimePredicate;

/// Which resources of a type: all that every condition holds for.
///
/// Parsed from a text of the REST API ([the grammar](crate::filter)) or put together here. The
/// limits of texts do not bind what is put together.
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

    /// The filter with a condition on the views that a resource is in, which are named by their keys.
    ///
    /// Several of them make any combination: in all of these, in one of those, in none of the others. To be in
    /// exactly no view is to be in no view at all.
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
    /// [`Error::InvalidKey`] when a text is no key of a view.
    pub fn in_views<K: AsRef<str>>(self, views: SetPredicate<K>) -> Result<Self> {
        let parse =
            |key: K| ViewKey::parse(key.as_ref()).map_err(Error::key("view key", key.as_ref()));
        Ok(self.and(ResourceCondition::View(views.try_map(parse)?)))
    }

    /// Whether a view can follow it: the views that it names are all it asks for. A test of exactly some views asks for
    /// all others, too, and for the one that would follow it.
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

/// What must hold for a resource.
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
    /// The text is a part of the key or the name, whatever the case of either: each character of
    /// both is compared in the lower case Unicode gives it.
    Query(String),
    /// A test of the key, for a segment without its environment.
    Key(TextPredicate),
    /// A test of the name people read.
    Name(TextPredicate),
    /// A test of the tags.
    Tags(SetPredicate<String>),
    /// A test of the views the resource is in.
    View(SetPredicate<ViewKey>),
    /// A test of the id of the member who looks after it; a team has no such id.
    MaintainerId(TextPredicate),
    /// A test of the key of the team that looks after it; a member has no such key.
    MaintainerTeam(TextPredicate),
    /// Whether it is archived: taken out of use.
    Archived(bool),
    /// Whether it is meant to go some day, as a flag may be.
    Temporary(bool),
    /// Whether it has no bound on its size, as a segment may.
    Unbounded(bool),
    /// It is a segment of this environment. Not in the grammar.
    Environment(EnvironmentId),
    /// A test of when it was created, as its registration tells; without one it does not hold.
    CreatedAt(TimePredicate),
    /// A test of an attribute, as its registration tells it: of the texts of a set, or of a single value. Where it is
    /// not told the test does not hold, whatever it asks.
    Attribute(Attribute, SetPredicate<String>),
    /// Whether an attribute is told.
    HasAttribute(Attribute, bool),
}
