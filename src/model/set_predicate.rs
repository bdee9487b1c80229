//! Conditions on a set.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// A condition on a set, such as the tags of a resource or the views it is in.
///
/// Tags are compared byte by byte, so upper and lower case differ; keys of views are always in lower case.
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
    /// At least one of these is in it; false for an empty list.
    AnyOf(Vec<T>),
    /// Each of these is in it; true for an empty list.
    AllOf(Vec<T>),
    /// None of these is in it; true for an empty list.
    NoneOf(Vec<T>),
    /// Each of these is in it, and nothing else; for an empty list: the set is empty. Not in the grammar.
    Exactly(Vec<T>),
}

impl<T> SetPredicate<T> {
    /// The members that it names.
    pub(crate) fn members(&self) -> &[T] {
        match self {
            Self::AnyOf(members)
            | Self::AllOf(members)
            | Self::NoneOf(members)
            | Self::Exactly(members) => members,
        }
    }

    /// The same test of converted members.
    ///
    /// # Errors
    ///
    /// The first error of `each`.
    pub(crate) fn try_map<R, E>(
        self,
        each: impl FnMut(T) -> Result<R, E>,
    ) -> Result<SetPredicate<R>, E> {
        Ok(match self {
            Self::AnyOf(members) => SetPredicate::AnyOf(mapped(members, each)?),
            Self::AllOf(members) => SetPredicate::AllOf(mapped(members, each)?),
            Self::NoneOf(members) => SetPredicate::NoneOf(mapped(members, each)?),
            Self::Exactly(members) => SetPredicate::Exactly(mapped(members, each)?),
        })
    }
}

impl<T: Ord> SetPredicate<T> {
    /// Whether the test is true for a set with this many members; `has` looks one up.
    ///
    /// Cost: O(n) calls of `has`, and O(n log n), with n members of the test.
    pub(crate) fn holds(&self, members: usize, has: impl FnMut(&T) -> bool) -> bool {
        match self {
            Self::AnyOf(wanted) => wanted.iter().any(has),
            Self::AllOf(wanted) => wanted.iter().all(has),
            Self::NoneOf(unwanted) => !unwanted.iter().any(has),
            Self::Exactly(wanted) => wanted.iter().all(has) && distinct(wanted) == members,
        }
    }
}

/// How many different members there are.
fn distinct<T: Ord>(members: &[T]) -> usize {
    members.iter().collect::<BTreeSet<&T>>().len()
}

fn mapped<T, R, E>(members: Vec<T>, each: impl FnMut(T) -> Result<R, E>) -> Result<Vec<R>, E> {
    members.into_iter().map(each).collect()
}
