//! The keys of a batch, from arguments and from lines of a file.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::error::{Error, Result};
use crate::line_reader::{LineError, LineReader};

/// The longest line that is read. A key is much shorter: 256 bytes, and as many for an environment.
const MAX_LINE: usize = 64 << 10;

/// The sources of the keys of a batch.
#[derive(Clone, Debug, Args)]
pub(crate) struct KeyArguments {
    /// The keys of the resources
    #[arg(value_name = "KEY")]
    keys: Vec<String>,

    /// Also read keys from a file, one per line; blank lines are skipped; `-` for standard input
    #[arg(long, value_name = "FILE")]
    keys_from: Option<PathBuf>,
}

impl KeyArguments {
    /// Whether the command line gives no keys.
    pub(crate) const fn is_none(&self) -> bool {
        self.keys.is_empty() && self.keys_from.is_none()
    }

    /// The keys in order, those of the arguments first. At most `limit` keys are read.
    pub(crate) fn read(&self, limit: usize) -> Result<Vec<String>> {
        let mut keys = self.keys.clone();
        match self.keys_from.as_deref() {
            None => {}
            Some(path) if path == Path::new("-") => {
                read_lines(io::stdin().lock(), "standard input", limit, &mut keys)?;
            }
            Some(path) => {
                let name = format!("{path:?}");
                let file = File::open(path)
                    .map_err(|source| Error::Read { what: name.clone(), source })?;
                read_lines(BufReader::new(file), &name, limit, &mut keys)?;
            }
        }
        if keys.len() > limit { Err(Error::TooManyKeys { limit }) } else { Ok(keys) }
    }
}

/// Adds the key of each line. Bytes that are not UTF-8 are replaced by a character that no key has, so that the key
/// fails on its own.
///
/// Memory: O(limit · length of a line), whatever the input.
fn read_lines(from: impl BufRead, what: &str, limit: usize, to: &mut Vec<String>) -> Result<()> {
    let failed = |error, number| match error {
        LineError::Read(source) => Error::Read { what: what.to_owned(), source },
        LineError::TooLong => Error::LongLine { what: what.to_owned(), number, limit: MAX_LINE },
    };
    let mut lines = LineReader::new(from, MAX_LINE);
    while to.len() <= limit && lines.advance().map_err(|error| failed(error, lines.number()))? {
        let key = String::from_utf8_lossy(lines.line()).trim().to_owned();
        if !key.is_empty() {
            to.push(key);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn read(bytes: &[u8], limit: usize) -> Result<Vec<String>> {
        let mut keys = Vec::new();
        read_lines(bytes, "the test", limit, &mut keys).map(|()| keys)
    }

    #[test]
    fn each_line_is_a_key_whatever_its_end_and_blank_lines_are_skipped() {
        let keys = read(b"\xef\xbb\xbfa\r\n\r\n  \nb\n\tc \nd", 100).unwrap();
        assert_eq!(keys, ["a", "b", "c", "d"]);
        assert!(read(b"", 100).unwrap().is_empty());
    }

    #[test]
    fn a_line_that_is_not_utf_8_is_a_key_that_fails() {
        assert_eq!(read(b"a\xff\nb", 100).unwrap(), ["a\u{fffd}", "b"]);
    }

    #[test]
    fn reading_stops_after_the_limit_and_at_a_line_without_an_end() {
        let mut endless = BufReader::new(io::repeat(b'\n').take(3).chain(io::repeat(b'x')));
        let error = read_lines(&mut endless, "the test", 100, &mut Vec::new()).unwrap_err();
        assert!(matches!(error, Error::LongLine { number: 4, .. }), "{error:?}");
        assert_eq!(read(&b"k\n".repeat(1_000), 10).unwrap().len(), 11);
    }
}
