//! The values after an operator.

use super::MAX_FILTER_VALUES;
use super::error::{FilterError, FilterErrorKind};
use super::lexer::Lexer;
use crate::model::time::Timestamp;
use crate::model::time_predicate::TimePredicate;

/// A value, and where it starts.
#[derive(Debug)]
pub(super) struct Word {
    pub(super) position: usize,
    pub(super) text: String,
}

/// One value; several, if the operator accepts them; or the bounds of a time.
#[derive(Debug)]
pub(super) enum Operand {
    One(Word),
    Many(Vec<Word>),
    Bounds(TimePredicate),
}

/// Reads values of one field.
pub(super) struct Words<'l, 'a> {
    pub(super) lexer: &'l mut Lexer<'a>,
    pub(super) field: &'static str,
    /// How many more values are allowed.
    pub(super) left: &'l mut usize,
}

impl Words<'_, '_> {
    /// One value of the short form, up to the next comma.
    pub(super) fn short(&mut self) -> Result<Word, FilterError> {
        self.short_up_to(&[','])
    }

    /// Values of the short form with `+` between them.
    pub(super) fn short_list(&mut self) -> Result<Vec<Word>, FilterError> {
        let mut words = vec![self.short_up_to(&[',', '+'])?];
        while self.lexer.eat('+') {
            words.push(self.short_up_to(&[',', '+'])?);
        }
        Ok(words)
    }

    fn short_up_to(&mut self, ends: &[char]) -> Result<Word, FilterError> {
        // A value that begins with a bracket is probably meant as a list, so it is not read as a text.
        let starts = |character| character != '[';
        let belongs = |character| character != '"' && !ends.contains(&character);
        let word = self.word(starts, belongs)?;
        self.lexer.skip_white_space();
        Ok(word)
    }

    /// One value after an operator that is a word.
    pub(super) fn single(&mut self) -> Result<Word, FilterError> {
        let belongs = |character: char| {
            !character.is_whitespace()
                && !matches!(character, ',' | '[' | ']' | '"' | '(' | ')' | '|')
        };
        self.word(belongs, belongs)
    }

    /// A list in brackets, or one value.
    pub(super) fn list(&mut self) -> Result<Vec<Word>, FilterError> {
        self.lexer.skip_white_space();
        let open = self.lexer.position();
        if !self.lexer.eat('[') {
            return Ok(vec![self.single()?]);
        }
        let unclosed = FilterErrorKind::UnclosedList.at(open);
        let mut words = Vec::new();
        loop {
            self.lexer.skip_white_space();
            let Some(character) = self.lexer.peek() else { return Err(unclosed) };
            if character == ']' {
                return Err(self.missing());
            }
            words.push(self.single()?);
            self.lexer.skip_white_space();
            let end = self.lexer.position();
            match self.lexer.peek() {
                Some(',') => self.lexer.eat(','),
                Some(']') => {
                    self.lexer.eat(']');
                    return Ok(words);
                }
                Some(character) => {
                    let expected = "a comma or the closing bracket of the list";
                    return Err(FilterErrorKind::Unexpected { character, expected }.at(end));
                }
                None => return Err(unclosed),
            };
        }
    }

    /// `{"after": TIME, "before": TIME}`, or one of both.
    pub(super) fn bounds(&mut self) -> Result<TimePredicate, FilterError> {
        let mut bounds = TimePredicate::default();
        self.expect('{')?;
        loop {
            self.lexer.skip_white_space();
            let position = self.lexer.position();
            let name = match self.lexer.peek() {
                Some('"') => self.lexer.quoted()?,
                _ => return Err(self.bad_bounds(position)),
            };
            let bound = match name.as_str() {
                "after" => &mut bounds.after,
                "before" => &mut bounds.before,
                _ => return Err(self.bad_bounds(position)),
            };
            self.expect(':')?;
            if bound.replace(self.time()?).is_some() {
                return Err(self.bad_bounds(position));
            }
            self.lexer.skip_white_space();
            if !self.lexer.eat(',') {
                self.expect('}')?;
                return Ok(bounds);
            }
        }
    }

    /// A time in digits.
    fn time(&mut self) -> Result<Timestamp, FilterError> {
        self.lexer.skip_white_space();
        let position = self.lexer.position();
        let digits = self.lexer.take_while(|character| character.is_ascii_digit());
        let time = digits.parse().map_err(|_| self.bad_bounds(position))?;
        self.count(position)?;
        Ok(Timestamp::from_millis(time))
    }

    fn expect(&mut self, character: char) -> Result<(), FilterError> {
        self.lexer.skip_white_space();
        let position = self.lexer.position();
        if self.lexer.eat(character) { Ok(()) } else { Err(self.bad_bounds(position)) }
    }

    fn bad_bounds(&self, position: usize) -> FilterError {
        let expected = r#"{"after": TIME, "before": TIME}, or only one of them, with times in milliseconds since 1970"#;
        let expected = expected.to_owned();
        FilterErrorKind::BadValue { field: self.field, expected, source: None }.at(position)
    }

    /// A value in double quotes, or the characters that are allowed without.
    fn word(
        &mut self,
        starts: impl Fn(char) -> bool,
        belongs: impl Fn(char) -> bool,
    ) -> Result<Word, FilterError> {
        self.lexer.skip_white_space();
        let position = self.lexer.position();
        let text = match self.lexer.peek() {
            Some('"') => self.lexer.quoted()?,
            None | Some(',') => return Err(self.missing()),
            Some(character) if starts(character) && belongs(character) => {
                self.lexer.take_while(belongs).trim_end().to_owned()
            }
            Some('+') => return Err(self.missing()),
            Some(character) => {
                let expected = "a value; put a value with this character in double quotes";
                return Err(FilterErrorKind::Unexpected { character, expected }.at(position));
            }
        };
        self.count(position)?;
        Ok(Word { position, text })
    }

    fn count(&mut self, position: usize) -> Result<(), FilterError> {
        let too_many = FilterErrorKind::TooManyValues { limit: MAX_FILTER_VALUES };
        *self.left = self.left.checked_sub(1).ok_or(too_many.at(position))?;
        Ok(())
    }

    fn missing(&self) -> FilterError {
        FilterErrorKind::MissingValue { field: self.field }.at(self.lexer.position())
    }
}
