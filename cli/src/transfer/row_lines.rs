//! The lines of a CSV file, as input for a CSV reader.

use std::io::{self, BufRead, Cursor, Read};

use crate::line_reader::{LineError, LineReader};

/// The longest line that is read, in bytes. A row is much shorter: six fields of about 256 bytes.
const MAX_LINE: usize = 1 << 20;

/// Returns one line for each row, and ends it with a line feed, whatever its end in the file is.
///
/// Each row is one line. If the reader asks for more after the end of a line, a quote is open. It would hide all rows
/// up to the next quote, or up to the end of the file. This is an error, as is a line that is too long;
/// [`fault`](Self::fault) returns the reason.
#[derive(Debug)]
pub(super) struct RowLines<R> {
    lines: LineReader<R>,
    /// The current line, and how much of it was returned.
    row: Cursor<Vec<u8>>,
    /// Whether the next request is for a new row, and not for more of the current one.
    begins: bool,
    has_end: bool,
    fault: Option<&'static str>,
}

impl<R: BufRead> RowLines<R> {
    pub(super) const fn new(reader: R) -> Self {
        let lines = LineReader::new(reader, MAX_LINE);
        let row = Cursor::new(Vec::new());
        Self { lines, row, begins: false, has_end: true, fault: None }
    }

    /// The number of the current line, from 1. (The line numbers of the CSV reader are wrong by one for Windows line
    /// ends.)
    pub(super) const fn number(&self) -> u64 {
        self.lines.number()
    }

    /// Whether the current line has an end in the file.
    pub(super) const fn has_end(&self) -> bool {
        self.has_end
    }

    /// The problem of the current line, if reading it failed.
    pub(super) const fn fault(&self) -> Option<&'static str> {
        self.fault
    }

    /// Declares that the next non-blank line is a new row.
    pub(super) const fn begin_row(&mut self) {
        self.begins = true;
    }

    /// Reads the next non-blank line; returns whether there is one.
    fn advance(&mut self) -> io::Result<bool> {
        if !std::mem::take(&mut self.begins) {
            return Err(self.fail("it opens a quote and does not close it"));
        }
        match self.lines.advance() {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(LineError::Read(error)) => return Err(error),
            Err(LineError::TooLong) => return Err(self.fail("it is longer than 1 MiB")),
        }
        let line = self.lines.line();
        self.has_end = line.ends_with(b"\n");
        self.row.set_position(0);
        let row = self.row.get_mut();
        row.clear();
        row.extend(line.trim_ascii_end());
        row.push(b'\n');
        Ok(true)
    }

    fn fail(&mut self, fault: &'static str) -> io::Error {
        self.fault = Some(fault);
        io::Error::new(io::ErrorKind::InvalidData, fault)
    }
}

impl<R: BufRead> Read for RowLines<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.row.fill_buf()?.is_empty() && !self.advance()? {
            return Ok(0);
        }
        self.row.read(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_is_a_numbered_line_with_one_line_feed_for_any_read_size() {
        let text = b"a\r\n\n  \r\nbcd \r\n\"e";
        let expected = [(1, "a\n"), (4, "bcd\n"), (5, "\"e\n")];
        for (capacity, at_once) in (1..9).flat_map(|capacity| [1, 2, 99].map(|at| (capacity, at))) {
            let mut reader = RowLines::new(io::BufReader::with_capacity(capacity, &text[..]));
            let mut out = vec![0; at_once];
            for (number, row) in expected {
                reader.begin_row();
                let mut read = Vec::new();
                while !read.ends_with(b"\n") {
                    let len = reader.read(&mut out).unwrap();
                    assert_ne!(len, 0);
                    read.extend(&out[..len]);
                }
                assert_eq!((reader.number(), read.as_slice()), (number, row.as_bytes()));
                assert_eq!(reader.has_end(), number < 5);
            }
            reader.begin_row();
            assert_eq!(reader.read(&mut out).unwrap(), 0);
        }
    }

    #[test]
    fn a_row_is_never_more_than_one_line() {
        for text in [&b"a\nb\n"[..], b"a\r\n\r\n", b"a"] {
            let mut reader = RowLines::new(text);
            let mut out = [0; 99];
            reader.begin_row();
            assert_eq!(reader.read(&mut out).unwrap(), 2);
            reader.read(&mut out).unwrap_err();
            let fault = Some("it opens a quote and does not close it");
            assert_eq!((reader.number(), reader.fault()), (1, fault));
        }
    }

    #[test]
    fn a_line_without_an_end_is_an_error_at_the_limit() {
        let mut reader = RowLines::new(io::BufReader::new(io::repeat(b'x')));
        reader.begin_row();
        let read = io::copy(&mut reader, &mut io::sink());
        assert_eq!(read.unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert_eq!((reader.number(), reader.fault()), (1, Some("it is longer than 1 MiB")));
    }
}
