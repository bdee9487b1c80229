//! The lines of a file, with a limit of their length.

use std::io::{self, BufRead, Read as _};

/// The largest number of bytes in a line.
pub(crate) const LONGEST: usize = 1 << 20;

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Reads lines and counts them from 1.
pub(crate) struct Lines<R> {
    input: R,
    number: usize,
}

/// The content of a line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// The bytes of the line.
    Text(Vec<u8>),
    /// The line has more than [`LONGEST`] bytes; it was skipped.
    TooLong,
}

impl<R: BufRead> Lines<R> {
    pub(crate) const fn new(input: R) -> Self {
        Self { input, number: 0 }
    }

    /// The next line and its number; `None` after the last one.
    pub(crate) fn next(&mut self) -> io::Result<Option<(usize, Line)>> {
        let mut text = Vec::new();
        // One byte more for the line feed: if it is there, the line is not too long.
        let taken = (&mut self.input).take(LONGEST as u64 + 1).read_until(b'\n', &mut text)?;
        if taken == 0 {
            return Ok(None);
        }
        self.number += 1;
        if text.last() == Some(&b'\n') {
            text.pop();
        } else if text.len() > LONGEST {
            self.input.skip_until(b'\n')?;
            return Ok(Some((self.number, Line::TooLong)));
        }
        // Some editors write this mark at the beginning of a file to show its encoding.
        if self.number == 1 && text.starts_with(BYTE_ORDER_MARK) {
            text.drain(..BYTE_ORDER_MARK.len());
        }
        Ok(Some((self.number, Line::Text(text))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[u8]) -> Vec<(usize, Line)> {
        let mut lines = Lines::new(text);
        std::iter::from_fn(|| lines.next().unwrap()).collect()
    }

    #[test]
    fn a_last_line_needs_no_end() {
        let expected = [(1, Line::Text(b"a".to_vec())), (2, Line::Text(Vec::new()))];
        assert_eq!(lines(b"a\n\n"), expected);
        let expected = [(1, Line::Text(b"a".to_vec())), (2, Line::Text(b"b".to_vec()))];
        assert_eq!(lines(b"a\nb"), expected);
        assert_eq!(lines(b""), []);
    }

    #[test]
    fn a_byte_order_mark_does_not_belong_to_the_first_line() {
        let expected = [(1, Line::Text(b"a".to_vec())), (2, Line::Text(b"b".to_vec()))];
        assert_eq!(lines("\u{feff}a\nb".as_bytes()), expected);
        assert_eq!(lines("\u{feff}".as_bytes()), [(1, Line::Text(Vec::new()))]);
        let longer = ["\u{feff}".as_bytes(), &[b'x'; LONGEST]].concat();
        assert_eq!(lines(&longer), [(1, Line::TooLong)]);
        let later = "a\n\u{feff}".as_bytes();
        assert_eq!(lines(later)[1], (2, Line::Text("\u{feff}".into())));
    }

    #[test]
    fn a_line_that_is_too_long_is_skipped_and_the_next_one_is_read() {
        let (longest, longer) = (vec![b'x'; LONGEST], vec![b'y'; LONGEST + 1]);
        let text = [longest.as_slice(), &longer, b"b"].join(&b'\n');
        let expected =
            [(1, Line::Text(longest)), (2, Line::TooLong), (3, Line::Text(b"b".to_vec()))];
        assert_eq!(lines(&text), expected);
    }
}
