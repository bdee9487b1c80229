//! The terms of an index with which a filter finds its matches, without testing all resources.

/// Terms of one index; every resource that matches has at least one of them.
///
/// A resource with several of the terms is found once for each. If there are no terms, nothing matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IndexTerms<'a> {
    Tags(&'a [String]),
    /// Maintaining members, by id.
    Members(&'a [String]),
    /// Maintaining teams, by key.
    Teams(&'a [String]),
}

impl IndexTerms<'_> {
    pub(super) const fn len(&self) -> usize {
        match self {
            Self::Tags(terms) | Self::Members(terms) | Self::Teams(terms) => terms.len(),
        }
    }
}
