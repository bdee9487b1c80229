//! How a condition compares a field with its values.

/// An operator, in any spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    /// The colon of the short form.
    Has,
    Equals,
    NotEquals,
    StartsWith,
    Contains,
    AnyOf,
    Exists,
}

impl Operator {
    /// All spellings of the operators.
    const SPELLINGS: [(&'static str, Self); 8] = [
        (":", Self::Has),
        ("=", Self::Equals),
        ("equals", Self::Equals),
        ("notEquals", Self::NotEquals),
        ("startsWith", Self::StartsWith),
        ("contains", Self::Contains),
        ("anyOf", Self::AnyOf),
        ("exists", Self::Exists),
    ];

    /// The operator with this spelling, and the static text of the spelling.
    pub(super) fn parse(text: &str) -> Option<(&'static str, Self)> {
        Self::SPELLINGS.into_iter().find(|(spelling, _)| *spelling == text)
    }

    /// All spellings of these operators.
    pub(super) fn spellings(operators: &[Self]) -> Vec<&'static str> {
        let known = Self::SPELLINGS.iter().filter(|(_, operator)| operators.contains(operator));
        known.map(|(spelling, _)| *spelling).collect()
    }
}
