//! The lines of a CSV file, for a reader of CSV.

use std::io::{self, BufRead, Cursor, Read};

use crate::line_reader::{LineError, LineReader};

/// The longest line that is read, in bytes. A row is far below: six fields of some 256.
const MAX_LINE: usize = 1 << 20;

/// Gives a line for each row, and ends it with a line feed, whatever it ends with in the file.
///
/// A row is a line: who asks for more after the end of one has an open quote, and would swallow all
/// rows up to the next quote, or the end of the file. That is an error, which [`fault`](Self::fault)
/// tells, as is a line that does not end.
#[derive(Debug)]
pub(super) struct RowLines<R> {
    lines: LineReader<R>,
    /// The line that is given, and how much of it was.
    row: Cursor<Vec<u8>>,
    /// Whether what is asked for next is a row of its own, and no more of the last one.
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

    /// The number of the line that was given last, from 1. (What a reader of CSV says of lines is off
    /// by one where they end as on Windows.)
    pub(super) const fn number(&self) -> u64 {
        self.lines.number()
    }

    /// Whether the line that was given last ends in the file.
    pub(super) const fn has_end(&self) -> bool {
        self.has_end
    }

    /// What is wrong with the line that was given last, where a read failed for it.
    pub(super) const fn fault(&self) -> Option<&'static str> {
        self.fault
    }

    /// Says that the next line that is not blank is a row of its own.
    pub(super) const fn begin_row(&mut self) {
        self.begins = true;
    }

    /// Goes on to the next line that is not blank; tells whether there is one.
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
    fn each_row_is_a_line_with_its_number_and_one_end_however_it_is_read() {
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
    fn more_than_a_line_is_never_given_for_a_row() {
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
    fn a_line_that_does_not_end_is_not_read_for_ever() {
        let mut reader = RowLines::new(io::BufReader::new(io::repeat(b'x')));
        reader.begin_row();
        let read = io::copy(&mut reader, &mut io::sink());
        assert_eq!(read.unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert_eq!((reader.number(), reader.fault()), (1, Some("it is longer than 1 MiB")));
    }
}
