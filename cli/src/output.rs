//! What is printed: results on stdout, everything else on stderr.

use std::fmt;
use std::io::{self, BufWriter, Stdout, Write as _};

use serde::Serialize;

use crate::arguments::Arguments;
use crate::error::{Error, Result};

/// Where a command prints.
///
/// Results go to stdout, as tables or as JSON; summaries, progress and errors to stderr, so that a
/// program that reads the results reads nothing else.
#[derive(Debug)]
pub(crate) struct Output {
    out: BufWriter<Stdout>,
    json: bool,
    quiet: bool,
}

/// An error for machines.
#[derive(Serialize)]
struct ErrorLine<'a> {
    code: &'a str,
    message: &'a str,
}

impl Output {
    pub(crate) fn new(arguments: &Arguments) -> Self {
        let out = BufWriter::new(io::stdout());
        Self { out, json: arguments.json, quiet: arguments.quiet }
    }

    /// Whether machines read the results.
    pub(crate) const fn is_json(&self) -> bool {
        self.json
    }

    /// Whether nobody wants to know how far the command is.
    pub(crate) const fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Prints a result as a line of JSON.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> Result<()> {
        serde_json::to_writer(&mut self.out, value).map_err(io::Error::from)?;
        Ok(self.out.write_all(b"\n")?)
    }

    /// Prints a result as it is.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.out.write_all(bytes)?)
    }

    /// Prints a line of a result.
    pub(crate) fn line(&mut self, line: impl fmt::Display) -> Result<()> {
        Ok(writeln!(self.out, "{line}")?)
    }

    /// Says what was done, to people.
    pub(crate) fn note(&self, note: impl fmt::Display) {
        if !self.quiet {
            tell(format_args!("{note}"));
        }
    }

    /// Says why the command failed.
    pub(crate) fn error(&self, error: &Error) {
        let message = error.chain();
        let line = ErrorLine { code: error.code(), message: &message };
        match serde_json::to_string(&line) {
            Ok(line) if self.json => tell(format_args!("{line}")),
            _ => tell(format_args!("viewlink: {message}")),
        }
    }

    /// Hands over what was printed, and tells what went wrong with it.
    pub(crate) fn flush(&mut self) -> Result<()> {
        Ok(self.out.flush()?)
    }
}

/// Where stderr is closed, nobody is there to be told.
fn tell(line: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr(), "{line}");
}
