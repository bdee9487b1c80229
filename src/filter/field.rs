//! A field of a filter, and its conditions.

use super::error::{FilterError, FilterErrorKind};
use super::operand::{Operand, Word};
use super::operator::Operator;
use crate::model::key::{KeyError, ViewKey};
use crate::model::set_predicate::SetPredicate;
use crate::model::text_predicate::TextPredicate;
use crate::model::time_predicate::TimePredicate;

/// A name in a filter, and its meaning; `C` is the type of the condition.
pub(super) struct Field<C> {
    pub(super) name: &'static str,
    pub(super) meaning: Meaning<C>,
}

pub(super) const BOOLEAN: [&str; 2] = ["true", "false"];

/// The type of a field's values, and the constructor of its condition.
pub(super) enum Meaning<C> {
    /// A text to search for.
    Query(fn(String) -> C),
    /// A text.
    Text(fn(TextPredicate) -> C),
    /// A list that is given as a whole.
    List(fn(Vec<String>) -> C),
    /// A set of texts.
    Texts(fn(SetPredicate<String>) -> C),
    /// A set of texts that may be missing, and whether it exists.
    Attribute(fn(SetPredicate<String>) -> C, fn(bool) -> C),
    /// A set of views.
    Views(fn(SetPredicate<ViewKey>) -> C),
    /// A time between bounds.
    Time(fn(TimePredicate) -> C),
    /// One of two words; the first one means yes.
    YesNo([&'static str; 2], fn(bool) -> C),
}

impl<C> Field<C> {
    /// The operators it accepts.
    pub(super) const fn operators(&self) -> &'static [Operator] {
        use Operator::{AnyOf, Contains, Equals, Exists, Has, NotEquals, StartsWith};
        match self.meaning {
            Meaning::Query(_) => &[Has, Equals, Contains],
            Meaning::Text(_) => &[Has, Equals, NotEquals, StartsWith, Contains, AnyOf],
            Meaning::List(_) => &[Equals, AnyOf],
            Meaning::Texts(_) | Meaning::Views(_) => &[Has, Equals, NotEquals, Contains, AnyOf],
            Meaning::Attribute(..) => &[Has, Equals, NotEquals, Contains, AnyOf, Exists],
            Meaning::Time(_) => &[Has, Equals],
            Meaning::YesNo(..) => &[Has, Equals, NotEquals],
        }
    }

    /// Whether its value is bounds of a time.
    pub(super) const fn takes_bounds(&self) -> bool {
        matches!(self.meaning, Meaning::Time(_))
    }

    /// Whether this operator accepts several values.
    pub(super) const fn takes_many(&self, operator: Operator) -> bool {
        match self.meaning {
            Meaning::Texts(_) | Meaning::Attribute(..) | Meaning::Views(_) => {
                matches!(operator, Operator::Has | Operator::Contains | Operator::AnyOf)
            }
            _ => matches!(operator, Operator::AnyOf),
        }
    }

    /// The condition; `None` for an operator that it does not accept.
    pub(super) fn condition(
        &self,
        operator: Operator,
        operand: Operand,
    ) -> Result<Option<C>, FilterError> {
        Ok(match self.meaning {
            Meaning::Query(made) => match (operator, operand) {
                (Operator::Has | Operator::Equals | Operator::Contains, Operand::One(word)) => {
                    Some(made(self.part(word)?))
                }
                _ => None,
            },
            Meaning::Text(made) => self.text_test(operator, operand)?.map(made),
            Meaning::List(made) => match self.text_test(operator, operand)? {
                Some(TextPredicate::Equals(text)) => Some(made(vec![text])),
                Some(TextPredicate::AnyOf(texts)) => Some(made(texts)),
                _ => None,
            },
            Meaning::Texts(made) => set_test(operator, operand, |word| Ok(word.text))?.map(made),
            Meaning::Attribute(made, exists) => match (operator, operand) {
                (Operator::Exists, Operand::One(word)) => {
                    Some(exists(self.yes_or_no(BOOLEAN, &word)?))
                }
                (operator, operand) => set_test(operator, operand, |word| Ok(word.text))?.map(made),
            },
            Meaning::Views(made) => {
                set_test(operator, operand, |word| self.view_key(&word))?.map(made)
            }
            Meaning::Time(made) => match operand {
                Operand::Bounds(bounds) => Some(made(bounds)),
                Operand::One(_) | Operand::Many(_) => None,
            },
            Meaning::YesNo(words, made) => match (operator, operand) {
                (Operator::Has | Operator::Equals, Operand::One(word)) => {
                    Some(made(self.yes_or_no(words, &word)?))
                }
                (Operator::NotEquals, Operand::One(word)) => {
                    Some(made(!self.yes_or_no(words, &word)?))
                }
                _ => None,
            },
        })
    }

    fn text_test(
        &self,
        operator: Operator,
        operand: Operand,
    ) -> Result<Option<TextPredicate>, FilterError> {
        Ok(Some(match (operator, operand) {
            (Operator::Has | Operator::Equals, Operand::One(word)) => {
                TextPredicate::Equals(word.text)
            }
            (Operator::NotEquals, Operand::One(word)) => TextPredicate::NotEquals(word.text),
            (Operator::StartsWith, Operand::One(word)) => {
                TextPredicate::StartsWith(self.part(word)?)
            }
            (Operator::Contains, Operand::One(word)) => TextPredicate::Contains(self.part(word)?),
            (Operator::AnyOf, Operand::Many(words)) => {
                TextPredicate::AnyOf(words.into_iter().map(|word| word.text).collect())
            }
            _ => return Ok(None),
        }))
    }

    /// The text to search for. The empty text is part of every text, so it is refused as a likely mistake.
    fn part(&self, word: Word) -> Result<String, FilterError> {
        if word.text.is_empty() {
            return Err(self.bad_value("a text that is not empty", None).at(word.position));
        }
        Ok(word.text)
    }

    fn view_key(&self, word: &Word) -> Result<ViewKey, FilterError> {
        let bad = |source| self.bad_value("keys of views", Some(source)).at(word.position);
        ViewKey::parse(&word.text).map_err(bad)
    }

    fn yes_or_no(&self, [yes, no]: [&str; 2], word: &Word) -> Result<bool, FilterError> {
        if word.text == yes || word.text == no {
            return Ok(word.text == yes);
        }
        Err(self.bad_value(&format!("{yes} or {no}"), None).at(word.position))
    }

    pub(super) fn bad_value(&self, expected: &str, source: Option<KeyError>) -> FilterErrorKind {
        FilterErrorKind::BadValue { field: self.name, expected: expected.to_owned(), source }
    }
}

fn set_test<T>(
    operator: Operator,
    operand: Operand,
    member: impl Fn(Word) -> Result<T, FilterError>,
) -> Result<Option<SetPredicate<T>>, FilterError> {
    let all = |words: Vec<Word>| words.into_iter().map(&member).collect::<Result<Vec<T>, _>>();
    Ok(match (operator, operand) {
        (Operator::Has | Operator::Contains, Operand::Many(words)) => {
            Some(SetPredicate::AllOf(all(words)?))
        }
        (Operator::Equals, Operand::One(word)) => Some(SetPredicate::AllOf(vec![member(word)?])),
        (Operator::NotEquals, Operand::One(word)) => {
            Some(SetPredicate::NoneOf(vec![member(word)?]))
        }
        (Operator::AnyOf, Operand::Many(words)) => Some(SetPredicate::AnyOf(all(words)?)),
        _ => None,
    })
}
