//! Parses the text of a filter into its conditions.

use super::error::{FilterError, FilterErrorKind, shown};
use super::field::Field;
use super::lexer::Lexer;
use super::operand::{Operand, Words};
use super::operator::Operator;
use super::tables::Table;
use super::{MAX_FILTER_LEN, MAX_FILTER_VALUES};

/// The conditions of a text, by this table of fields.
pub(super) fn parse<C>(text: &str, table: &'static Table<C>) -> Result<Vec<C>, FilterError> {
    if text.len() > MAX_FILTER_LEN {
        let kind = FilterErrorKind::TooLong { length: text.len(), limit: MAX_FILTER_LEN };
        return Err(kind.at(0));
    }
    if text.trim().is_empty() {
        return Err(FilterErrorKind::Empty.at(0));
    }
    let mut parser = Parser { lexer: Lexer::new(text), table, left: MAX_FILTER_VALUES };
    let mut conditions = vec![parser.condition()?];
    loop {
        parser.lexer.skip_white_space();
        match parser.lexer.peek() {
            None => return Ok(conditions),
            Some(',') => parser.lexer.eat(','),
            Some(character) => {
                let expected = "a comma or the end: put a value that has such a character, or \
                                white space, into double quotes";
                return Err(parser.error(FilterErrorKind::Unexpected { character, expected }));
            }
        };
        conditions.push(parser.condition()?);
    }
}

struct Parser<'a, C: 'static> {
    lexer: Lexer<'a>,
    table: &'static Table<C>,
    /// How many more values are allowed.
    left: usize,
}

impl<C> Parser<'_, C> {
    fn error(&self, kind: FilterErrorKind) -> FilterError {
        kind.at(self.lexer.position())
    }

    fn condition(&mut self) -> Result<C, FilterError> {
        let field = self.field()?;
        self.lexer.skip_white_space();
        let position = self.lexer.position();
        let (spelling, operator) = self.operator(field)?;
        let unsupported = || {
            let supported = Operator::spellings(field.operators());
            let operator = spelling;
            FilterErrorKind::UnsupportedOperator { field: field.name, operator, supported }
        };
        if !field.operators().contains(&operator) {
            return Err(unsupported().at(position));
        }
        let operand = self.operand(field, operator)?;
        field.condition(operator, operand)?.ok_or_else(|| unsupported().at(position))
    }

    fn field(&mut self) -> Result<&'static Field<C>, FilterError> {
        self.lexer.skip_white_space();
        let position = self.lexer.position();
        let name = self.lexer.take_while(|character| {
            character.is_ascii_alphanumeric() || matches!(character, '_' | '.' | '-')
        });
        if name.is_empty() {
            return Err(self.error(match self.lexer.peek() {
                None | Some(',') => FilterErrorKind::MissingCondition,
                Some(character) => {
                    FilterErrorKind::Unexpected { character, expected: "the name of a field" }
                }
            }));
        }
        self.table.find(name).map_err(|kind| kind.at(position))
    }

    fn operator(&mut self, field: &Field<C>) -> Result<(&'static str, Operator), FilterError> {
        let supported = || Operator::spellings(field.operators());
        let field = field.name;
        let position = self.lexer.position();
        if self.lexer.eat(':') {
            return Ok((":", Operator::Has));
        }
        let is_mark = |character| matches!(character, '=' | '!' | '<' | '>' | '~');
        let text = match self.lexer.peek() {
            None | Some(',') => {
                let supported = supported();
                return Err(self.error(FilterErrorKind::MissingOperator { field, supported }));
            }
            Some(character) if is_mark(character) => self.lexer.take_while(is_mark),
            Some(character) if character.is_ascii_alphabetic() => {
                self.lexer.take_while(|character| character.is_ascii_alphanumeric())
            }
            Some(character) => {
                let expected = "an operator, such as : or =";
                return Err(self.error(FilterErrorKind::Unexpected { character, expected }));
            }
        };
        Operator::parse(text).ok_or_else(|| {
            let operator = shown(text);
            FilterErrorKind::UnknownOperator { field, operator, supported: supported() }
                .at(position)
        })
    }

    fn operand(&mut self, field: &Field<C>, operator: Operator) -> Result<Operand, FilterError> {
        let (lexer, left) = (&mut self.lexer, &mut self.left);
        lexer.skip_white_space();
        if lexer.peek() == Some('[')
            && !field.takes_bounds()
            && !field.takes_many(operator)
            && operator != Operator::Has
        {
            let kind = field.bad_value("one value here, not a list", None);
            return Err(kind.at(lexer.position()));
        }
        let mut words = Words { lexer, field: field.name, left };
        if field.takes_bounds() {
            return words.bounds().map(Operand::Bounds);
        }
        Ok(match (operator, field.takes_many(operator)) {
            (Operator::Has, true) => Operand::Many(words.short_list()?),
            (Operator::Has, false) => Operand::One(words.short()?),
            (_, true) => Operand::Many(words.list()?),
            (_, false) => Operand::One(words.single()?),
        })
    }
}
