//! Reads the characters of a filter from the first to the last.

use super::error::{FilterError, FilterErrorKind};

/// The part of the text that is not read yet.
///
/// Only a few characters are read twice, to choose between alternatives, so reading takes O(length) in total.
pub(super) struct Lexer<'a> {
    length: usize,
    rest: &'a str,
}

impl<'a> Lexer<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { length: text.len(), rest: text }
    }

    /// How many bytes were read; always the start of a character, or the end.
    pub(super) const fn position(&self) -> usize {
        self.length - self.rest.len()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let mut characters = self.rest.chars();
        let next = characters.next();
        self.rest = characters.as_str();
        next
    }

    /// Reads the character if it comes next.
    pub(super) fn eat(&mut self, character: char) -> bool {
        let rest = self.rest.strip_prefix(character);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    pub(super) fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|character| !belongs(character)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    pub(super) fn skip_white_space(&mut self) {
        self.take_while(char::is_whitespace);
    }

    /// The text in double quotes that begins here, with the escapes of JSON.
    pub(super) fn quoted(&mut self) -> Result<String, FilterError> {
        let open = self.position();
        self.eat('"');
        let mut text = String::new();
        loop {
            text.push_str(self.take_while(|character| !matches!(character, '"' | '\\')));
            let at = self.position();
            match self.next() {
                Some('"') => return Ok(text),
                Some(_) => text.push(self.escaped().ok_or(FilterErrorKind::BadEscape.at(at))?),
                None => return Err(FilterErrorKind::UnclosedQuote.at(open)),
            }
        }
    }

    /// The character of an escape, after its backslash.
    fn escaped(&mut self) -> Option<char> {
        match self.next()? {
            same @ ('"' | '\\' | '/') => Some(same),
            'b' => Some('\u{8}'),
            'f' => Some('\u{c}'),
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            'u' => self.code_point(),
            _ => None,
        }
    }

    /// The character of four hexadecimal digits, or of two escapes that are a surrogate pair.
    fn code_point(&mut self) -> Option<char> {
        let high = self.code_unit()?;
        if !(0xd800..0xdc00).contains(&high) {
            return char::from_u32(high.into());
        }
        let low = (self.eat('\\') && self.eat('u')).then(|| self.code_unit())??;
        char::decode_utf16([high, low]).next()?.ok()
    }

    fn code_unit(&mut self) -> Option<u16> {
        let (digits, rest) = self.rest.split_at_checked(4)?;
        // The parser of numbers would accept a sign.
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        self.rest = rest;
        u16::from_str_radix(digits, 16).ok()
    }
}
