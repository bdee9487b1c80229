//! The terms by which the registry is indexed: tags and maintainers.

use crate::model::ResourceFields;
use crate::model::view::Maintainer;

/// What a resource is found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Term<'a> {
    /// One of its tags.
    Tag(&'a str),
    /// The member who looks after it, by id.
    Member(&'a str),
    /// The team that looks after it, by key.
    Team(&'a str),
}

impl<'a> Term<'a> {
    /// The terms of a resource, each once.
    pub(super) fn of(fields: &'a ResourceFields) -> impl Iterator<Item = Self> {
        let tags = fields.tags.iter().map(|tag| Self::Tag(tag));
        tags.chain(fields.maintainer.as_ref().map(|maintainer| match maintainer {
            Maintainer::Member(id) => Self::Member(id),
            Maintainer::Team(key) => Self::Team(key),
        }))
    }

    /// What the rows of a term start with: the project, the kind, how long the text is and the
    /// text. So no term's rows lie among those of another one, whatever bytes the text has.
    pub(super) fn prefix(self, project: u32) -> Vec<u8> {
        let (kind, text) = match self {
            Self::Tag(text) => (0, text),
            Self::Member(text) => (1, text),
            Self::Team(text) => (2, text),
        };
        // Longer texts than 4 GiB are no tags: what is beyond is not told apart by its length.
        let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let mut prefix = Vec::with_capacity(9 + text.len());
        prefix.extend_from_slice(&project.to_be_bytes());
        prefix.push(kind);
        prefix.extend_from_slice(&length.to_be_bytes());
        prefix.extend_from_slice(text.as_bytes());
        prefix
    }

    /// The row that says that a resource has the term.
    pub(super) fn row_key(self, project: u32, name: &str) -> Vec<u8> {
        let mut key = self.prefix(project);
        key.extend_from_slice(name.as_bytes());
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_terms_rows_lie_among_those_of_another_one() {
        let terms = [
            Term::Tag("a"),
            Term::Tag("ab"),
            Term::Tag(""),
            Term::Tag("a\0\0\0\u{1}b"),
            Term::Member("a"),
            Term::Team("a"),
        ];
        for one in terms {
            for other in terms.into_iter().filter(|other| *other != one) {
                assert!(!one.row_key(7, "name").starts_with(&other.prefix(7)), "{one:?} {other:?}");
            }
            assert!(!one.row_key(7, "name").starts_with(&one.prefix(8)));
        }
    }
}
