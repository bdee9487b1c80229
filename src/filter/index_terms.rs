//! Index entries with which not all resources must be tested.

/// Entries of one index; every match has at least one of them.
///
/// A match with several of them is under each. If there are no entries, there is no match.
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
