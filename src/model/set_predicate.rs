//! What a condition asks of a set.

use serde::{Deserialize, Serialize};

/// What a condition asks of a set, such as the tags of a resource or the views it is in.
///
/// Tags are compared byte by byte, so upper and lower case differ; keys of views have none.
///
/// ```
/// use viewlink::{ResourceCondition, ResourceFilter, ResourceType, SetPredicate};
///
/// let filter = ResourceFilter::parse(ResourceType::Flag, "tags:backend+beta")?;
/// let both = SetPredicate::AllOf(vec!["backend".into(), "beta".into()]);
/// assert_eq!(filter, ResourceFilter::all().and(ResourceCondition::Tags(both)));
/// # Ok::<(), viewlink::FilterError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum SetPredicate<T> {
    /// One of these is in it, or more; of none, none is.
    AnyOf(Vec<T>),
    /// Each of these is in it; without any it always holds.
    AllOf(Vec<T>),
    /// None of these is in it; without any it always holds.
    NoneOf(Vec<T>),
}

impl<T> SetPredicate<T> {
    /// What it asks for, or must not be there.
    pub(crate) fn members(&self) -> &[T] {
        match self {
            Self::AnyOf(members) | Self::AllOf(members) | Self::NoneOf(members) => members,
        }
    }

    /// Whether the test holds for the set that `has` tells the members of.
    ///
    /// Cost: O(members of the test) calls of `has`.
    pub(crate) fn holds(&self, has: impl FnMut(&T) -> bool) -> bool {
        match self {
            Self::AnyOf(wanted) => wanted.iter().any(has),
            Self::AllOf(wanted) => wanted.iter().all(has),
            Self::NoneOf(unwanted) => !unwanted.iter().any(has),
        }
    }
}
