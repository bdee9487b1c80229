//! Which line is being read, and where a row ends.

use std::io::{self, BufRead, Read};

/// The longest line that is read, in bytes. A row is far below: six fields of some 256.
const MAX_LINE: usize = 1 << 20;

/// Gives a line at most for each read, and counts them, so that whoever asks for more only when it
/// needs more can be told in which line that ends. (What a CSV reader says of lines is off by one
/// where they end as on Windows.)
///
/// A row is a line: who asks for more after the end of one has an open quote, and would swallow all
/// rows up to the next quote, or the end of the file. That is an error, which [`fault`](Self::fault)
/// tells, as is a line that does not end.
#[derive(Debug)]
pub(super) struct Numbered<R> {
    inner: R,
    /// The number of the line that was given last, from 1, and how much of it was given.
    line: u64,
    len: usize,
    is_at_start: bool,
    is_blank: bool,
    has_row: bool,
    fault: Option<&'static str>,
}

impl<R> Numbered<R> {
    pub(super) const fn new(inner: R) -> Self {
        Self {
            inner,
            line: 0,
            len: 0,
            is_at_start: true,
            is_blank: true,
            has_row: false,
            fault: None,
        }
    }

    /// The number of the line that was given last, from 1.
    pub(super) const fn line(&self) -> u64 {
        self.line
    }

    /// Whether the line that was given last had an end.
    pub(super) const fn has_ended(&self) -> bool {
        self.is_at_start
    }

    /// What is wrong with the line that was given last, where a read failed for it.
    pub(super) const fn fault(&self) -> Option<&'static str> {
        self.fault
    }

    /// Says that the next line that is not blank is a row of its own.
    pub(super) const fn begin_row(&mut self) {
        self.has_row = false;
    }

    fn fail(&mut self, fault: &'static str) -> io::Error {
        self.fault = Some(fault);
        io::Error::new(io::ErrorKind::InvalidData, fault)
    }

    /// Takes note of a part of a line.
    fn count(&mut self, part: &[u8]) {
        if self.is_at_start {
            (self.line, self.len, self.is_blank) = (self.line + 1, 0, true);
        }
        self.len += part.len();
        self.is_blank &= part.iter().all(|byte| matches!(byte, b'\r' | b'\n'));
        self.is_at_start = part.ends_with(b"\n");
        self.has_row |= self.is_at_start && !self.is_blank;
    }
}

impl<R: BufRead> Read for Numbered<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.has_row {
            return Err(self.fail("it opens a quote and does not close it"));
        }
        let read = self.inner.fill_buf()?;
        let end = read.iter().position(|byte| *byte == b'\n');
        let len = end.map_or(read.len(), |end| end + 1).min(out.len());
        let Some((from, to)) = read.get(..len).zip(out.get_mut(..len)) else { return Ok(0) };
        to.copy_from_slice(from);
        self.inner.consume(len);
        if len > 0 {
            self.count(to);
        }
        if self.len > MAX_LINE { Err(self.fail("it is longer than 1 MiB")) } else { Ok(len) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What each read gives, with the number of its line.
    fn reads(text: &[u8], at_once: usize) -> Vec<(u64, String)> {
        let mut reader = Numbered::new(io::BufReader::with_capacity(7, text));
        let mut reads = Vec::new();
        let mut out = vec![0; at_once];
        loop {
            reader.begin_row();
            match reader.read(&mut out).unwrap() {
                0 => return reads,
                len => {
                    let text = String::from_utf8_lossy(&out[..len]);
                    reads.push((reader.line(), text.into_owned()));
                }
            }
        }
    }

    #[test]
    fn lines_come_one_by_one_with_their_numbers() {
        let pairs = |pairs: &[(u64, &str)]| -> Vec<(u64, String)> {
            pairs.iter().map(|(line, text)| (*line, (*text).to_owned())).collect()
        };
        assert_eq!(
            reads(b"a\r\n\n\nb", 99),
            pairs(&[(1, "a\r\n"), (2, "\n"), (3, "\n"), (4, "b")])
        );
        assert_eq!(reads(b"abcdefghi\nj\n", 99), pairs(&[(1, "abcdefg"), (1, "hi\n"), (2, "j\n")]));
        assert_eq!(reads(b"abc\nd", 2), pairs(&[(1, "ab"), (1, "c\n"), (2, "d")]));
        assert_eq!(reads(b"", 2), []);
    }

    #[test]
    fn a_row_ends_with_its_line_and_blank_lines_are_none() {
        // The blank line is given in two parts.
        let text = b"\n\r\nabcdef\r\nxyz\n";
        let mut reader = Numbered::new(io::BufReader::with_capacity(2, &text[..]));
        let mut out = [0; 99];
        while !out.starts_with(b"f") {
            assert_ne!(reader.read(&mut out).unwrap(), 0);
        }
        while !reader.has_ended() {
            assert_ne!(reader.read(&mut out).unwrap(), 0);
        }
        reader.read(&mut out).unwrap_err();
        assert_eq!((reader.line(), reader.fault().is_some()), (3, true));
    }

    #[test]
    fn a_line_that_does_not_end_is_not_read_for_ever() {
        let mut reader = Numbered::new(io::BufReader::new(io::repeat(b'x')));
        let read = io::copy(&mut reader, &mut io::sink());
        assert_eq!(read.unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert_eq!((reader.line(), reader.fault()), (1, Some("it is longer than 1 MiB")));
    }
}
