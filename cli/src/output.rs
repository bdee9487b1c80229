//! The output: results on stdout, everything else on stderr.

use std::fmt;
use std::io::{self, BufWriter, Stdout, Write as _};

use serde::Serialize;

use crate::arguments::Arguments;
use crate::error::{Error, Result};

/// The output of a command.
///
/// Results go to stdout, as tables or as JSON. Summaries, progress and errors go to stderr, so that a program reads
/// only results.
#[derive(Debug)]
pub(crate) struct Output {
    out: BufWriter<Stdout>,
    json: bool,
    quiet: bool,
}

/// An error, as JSON.
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

    /// Whether the results are JSON.
    pub(crate) const fn is_json(&self) -> bool {
        self.json
    }

    /// Whether progress is not shown.
    pub(crate) const fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Prints a result as a line of JSON.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> Result<()> {
        serde_json::to_writer(&mut self.out, value).map_err(io::Error::from)?;
        Ok(self.out.write_all(b"\n")?)
    }

    /// Prints the bytes of a result.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.out.write_all(bytes)?)
    }

    /// Prints a line of a result.
    pub(crate) fn line(&mut self, line: impl fmt::Display) -> Result<()> {
        Ok(writeln!(self.out, "{line}")?)
    }

    /// Prints a summary.
    pub(crate) fn note(&self, note: impl fmt::Display) {
        if !self.quiet {
            print_line(format_args!("{note}"));
        }
    }

    /// Prints an error.
    pub(crate) fn error(&self, error: &Error) {
        let message = error.chain();
        let line = ErrorLine { code: error.code(), message: &message };
        match serde_json::to_string(&line) {
            Ok(line) if self.json => print_line(format_args!("{line}")),
            _ => print_line(format_args!("viewlink: {message}")),
        }
    }

    /// Writes the buffered output, and returns any error.
    pub(crate) fn flush(&mut self) -> Result<()> {
        Ok(self.out.flush()?)
    }
}

/// If stderr is closed, the line is lost.
fn print_line(line: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr(), "{line}");
}
