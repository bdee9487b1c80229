//! What to look up instead of looking at everything.

/// Entries of one index, where every match has at least one of them.
///
/// A match may have several, and is under each. Of no entries there is no match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IndexTerms<'a> {
    Tags(&'a [String]),
    /// The members who maintain, by id.
    Members(&'a [String]),
    /// The teams that maintain, by key.
    Teams(&'a [String]),
}

impl IndexTerms<'_> {
    pub(super) const fn len(&self) -> usize {
        match self {
            Self::Tags(terms) | Self::Members(terms) | Self::Teams(terms) => terms.len(),
        }
    }
}
