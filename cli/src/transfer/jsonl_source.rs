//! Reading JSON lines.

use std::io::BufRead;

use super::counts::RowCounts;
use super::error::TransferError;
use super::input::Input;
use super::intake::Intake;
use super::lines::{FORMAT, Header, Line, VERSION};
use super::tally::Tally;
use crate::error::{Error, Result};
use crate::line_reader::{LineError, LineReader};

/// The longest line that is read, in bytes. A view with the longest texts of the default limits has about 20,000.
const MAX_LINE: usize = 64 << 20;

/// The lines of an export, from its header to its trailer.
#[derive(Debug)]
pub(super) struct JsonlSource<'i, R> {
    input: &'i Input,
    lines: LineReader<R>,
}

impl<'i, R: BufRead> JsonlSource<'i, R> {
    pub(super) const fn new(input: &'i Input, reader: R) -> Self {
        Self { input, lines: LineReader::new(reader, MAX_LINE) }
    }

    /// Reads all lines.
    ///
    /// # Errors
    ///
    /// [`TransferError::Malformed`], [`TransferError::NewerFormat`], and [`TransferError::Cut`] if the trailer is
    /// missing or has other counts.
    pub(super) fn read(mut self, intake: &mut Intake, tally: &mut Tally) -> Result<()> {
        if !self.next()? {
            return Err(self.cut("it is empty"));
        }
        match self.parse()? {
            Line::Header(header) => self.check_header(&header)?,
            other => return Err(self.malformed(out_of_place(&other, "instead of the header"))),
        }
        while self.next()? {
            let at @ (number, _) = (self.lines.number(), self.lines.line());
            match self.parse()? {
                Line::Project(project) => intake.project(at, &project, tally)?,
                Line::View(view) => intake.view(at, &view, tally)?,
                Line::Resource(resource) => intake.resource(at, &resource, tally)?,
                Line::Link(link) => intake.link(number, &link, tally)?,
                Line::Trailer(counts) => return self.end(counts, intake.rows()),
                header @ Line::Header(_) => {
                    return Err(self.malformed(out_of_place(&header, "after the first line")));
                }
            }
        }
        Err(self.cut("it has no trailer, which is the last line of every export"))
    }

    /// Checks that all rows were read, and that nothing follows the trailer.
    fn end(&mut self, expected: RowCounts, found: RowCounts) -> Result<()> {
        if expected != found {
            return Err(self.cut(format_args!("its trailer counts {expected}, but it has {found}")));
        }
        match self.next()? {
            true => Err(self.malformed("there is a line after the trailer")),
            false => Ok(()),
        }
    }

    /// Reads the next non-blank line; returns whether there is one.
    fn next(&mut self) -> Result<bool> {
        self.lines.advance().map_err(|error| match error {
            LineError::Read(source) => self.input.failure(source),
            LineError::TooLong => self.malformed("it is longer than 64 MiB"),
        })
    }

    fn parse(&self) -> Result<Line<'_>> {
        serde_json::from_slice(self.lines.line()).map_err(|error| {
            // If a line was cut, the last line has no end.
            if !self.lines.line().ends_with(b"\n") && error.is_eof() {
                return self.cut(format_args!("line {} ends too soon", self.lines.number()));
            }
            let text = error.to_string();
            let at = format!(" at line {} column {}", error.line(), error.column());
            let what = text.strip_suffix(&at).unwrap_or(&text);
            self.malformed(format_args!("{what}, at column {}", error.column()))
        })
    }

    fn check_header(&self, header: &Header<'_>) -> Result<()> {
        if header.format != FORMAT {
            return Err(self.malformed(format_args!("its format is not {FORMAT:?}")));
        }
        match header.version {
            1..=VERSION => Ok(()),
            found => {
                let (file, supported) = (self.input.name(), VERSION);
                Err(TransferError::NewerFormat { file, found, supported }.into())
            }
        }
    }

    fn malformed(&self, reason: impl ToString) -> Error {
        let (file, reason) = (self.input.name(), reason.to_string());
        let line = self.lines.number();
        TransferError::Malformed { file, line, reason }.into()
    }

    fn cut(&self, reason: impl ToString) -> Error {
        TransferError::Cut { file: self.input.name(), reason: reason.to_string() }.into()
    }
}

fn out_of_place(line: &Line<'_>, place: &str) -> String {
    format!("there is a {} {place}", line.kind())
}
