//! Reading a text line by line.

use std::io::{self, BufRead, Read as _};

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The mark in UTF-16, which some shells write.
const UTF_16: [&[u8]; 2] = [b"\xff\xfe", b"\xfe\xff"];

/// The non-blank lines of a text; a line longer than a limit is an error.
///
/// Memory: O(the longest line), and never more than the limit.
#[derive(Debug)]
pub(crate) struct LineReader<R> {
    reader: R,
    limit: usize,
    line: Vec<u8>,
    number: u64,
}

/// Why the next line cannot be returned.
#[derive(Debug)]
pub(crate) enum LineError {
    /// It is longer than the limit.
    TooLong,
    /// It cannot be read.
    Read(io::Error),
}

impl<R: BufRead> LineReader<R> {
    /// Reads lines of at most `limit` bytes.
    pub(crate) const fn new(reader: R, limit: usize) -> Self {
        Self { reader, limit, line: Vec::new(), number: 0 }
    }

    /// The last line that was read, with its end.
    pub(crate) fn line(&self) -> &[u8] {
        &self.line
    }

    /// The number of the last line that was read, from 1; blank lines count.
    pub(crate) const fn number(&self) -> u64 {
        self.number
    }

    /// Reads the next non-blank line; returns whether there is one. A byte order mark at the beginning of the file is
    /// skipped; one of UTF-16 is an error.
    pub(crate) fn advance(&mut self) -> Result<bool, LineError> {
        loop {
            self.line.clear();
            let mut limited = (&mut self.reader).take(self.limit as u64 + 1);
            let read = limited.read_until(b'\n', &mut self.line).map_err(LineError::Read)?;
            self.number += 1;
            if read > self.limit {
                return Err(LineError::TooLong);
            }
            if read == 0 {
                return Ok(false);
            }
            if self.number == 1 {
                self.read_mark()?;
            }
            if !self.line.trim_ascii().is_empty() {
                return Ok(true);
            }
        }
    }

    fn read_mark(&mut self) -> Result<(), LineError> {
        if UTF_16.iter().any(|mark| self.line.starts_with(mark)) {
            let error =
                io::Error::new(io::ErrorKind::InvalidData, "it is UTF-16: save it as UTF-8");
            return Err(LineError::Read(error));
        }
        if self.line.starts_with(BYTE_ORDER_MARK) {
            self.line.drain(..BYTE_ORDER_MARK.len());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn non_blank_lines_are_returned_with_their_numbers() {
        let mut lines = LineReader::new(&b"\xef\xbb\xbfa\r\n\r\n  \n\xef\xbb\xbfb\nc"[..], 99);
        let mut read = Vec::new();
        while lines.advance().unwrap() {
            read.push((lines.number(), lines.line().to_vec()));
        }
        let expected =
            [(1, b"a\r\n".to_vec()), (4, b"\xef\xbb\xbfb\n".to_vec()), (5, b"c".to_vec())];
        assert_eq!(read, expected);
    }

    #[test]
    fn a_line_may_be_as_long_as_the_limit_and_no_longer() {
        let mut lines = LineReader::new(&b"abc\nabcd\n"[..], 4);
        assert!(lines.advance().unwrap());
        assert!(matches!(lines.advance(), Err(LineError::TooLong)));
        assert_eq!(lines.number(), 2);
    }
}
