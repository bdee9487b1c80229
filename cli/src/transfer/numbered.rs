//! Which line is being read.

use std::cell::Cell;
use std::io::{self, BufRead, Read};
use std::rc::Rc;

/// Gives a line at most for each read, and counts them, so that whoever asks for more only when it
/// needs more can be told in which line that ends. (What a CSV reader says of lines is off by one
/// where they end as on Windows.)
#[derive(Debug)]
pub(super) struct Numbered<R> {
    inner: R,
    line: Rc<Cell<u64>>,
    is_at_start: bool,
}

impl<R> Numbered<R> {
    /// The reader, and the number of the line that it gave last, from 1.
    pub(super) fn new(inner: R) -> (Self, Rc<Cell<u64>>) {
        let line = Rc::new(Cell::new(0));
        (Self { inner, line: Rc::clone(&line), is_at_start: true }, line)
    }
}

impl<R: BufRead> Read for Numbered<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.fill_buf()?;
        let end = read.iter().position(|byte| *byte == b'\n');
        let len = end.map_or(read.len(), |end| end + 1).min(out.len());
        let Some((from, to)) = read.get(..len).zip(out.get_mut(..len)) else { return Ok(0) };
        to.copy_from_slice(from);
        if len > 0 {
            self.line.set(self.line.get() + u64::from(self.is_at_start));
            self.is_at_start = from.ends_with(b"\n");
        }
        self.inner.consume(len);
        Ok(len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What each read gives, with the number of its line.
    fn reads(text: &[u8], at_once: usize) -> Vec<(u64, String)> {
        let (mut reader, line) = Numbered::new(io::BufReader::with_capacity(7, text));
        let mut reads = Vec::new();
        let mut out = vec![0; at_once];
        loop {
            match reader.read(&mut out).unwrap() {
                0 => return reads,
                len => reads.push((line.get(), String::from_utf8_lossy(&out[..len]).into_owned())),
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
}
