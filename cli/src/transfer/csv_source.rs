//! Reading CSV.

use std::io::BufRead;

use csv::{ByteRecord, ErrorKind, Reader, ReaderBuilder, Trim};

use super::error::TransferError;
use super::input::Input;
use super::intake::Intake;
use super::lines::LinkLine;
use super::problem::Problem;
use super::row_lines::RowLines;
use super::sink::COLUMNS;
use super::tally::Tally;
use crate::counted::counted;
use crate::error::{Error, Result};

/// The type of a resource if the row has none.
const TYPE: &str = "flags";

/// The links of a CSV file, whose first line names its columns.
#[derive(Debug)]
pub(super) struct CsvSource<'i, R> {
    input: &'i Input,
    reader: Reader<RowLines<R>>,
    /// The project of rows without one.
    project: &'i str,
}

impl<'i, R: BufRead> CsvSource<'i, R> {
    pub(super) fn new(input: &'i Input, reader: R, project: &'i str) -> Self {
        let reader = RowLines::new(reader);
        let reader = ReaderBuilder::new().trim(Trim::All).flexible(true).from_reader(reader);
        Self { input, reader, project }
    }

    /// Reads all rows.
    ///
    /// # Errors
    ///
    /// [`TransferError::Columns`] if the header is wrong, and [`TransferError::Malformed`] if a quote is open at the
    /// end of a line, which would hide the following rows.
    pub(super) fn read(mut self, intake: &mut Intake, tally: &mut Tally) -> Result<()> {
        let places = self.places()?;
        let mut record = ByteRecord::new();
        while self.next(&mut record)? {
            let line = self.reader.get_ref().number();
            match self.link(&record, &places) {
                Ok(link) => intake.link(line, &link, tally)?,
                Err(problem) => tally.fail(line, problem),
            }
        }
        tally.last_line_has_no_end = !self.reader.get_ref().has_end();
        Ok(())
    }

    /// Reads the next row; returns whether there is one.
    fn next(&mut self, record: &mut ByteRecord) -> Result<bool> {
        self.reader.get_mut().begin_row();
        self.reader.read_byte_record(record).map_err(|error| self.failure(error))
    }

    /// The meaning of each field of a row, as an index into [`COLUMNS`].
    fn places(&mut self) -> Result<Vec<usize>> {
        self.reader.get_mut().begin_row();
        let header = self.reader.byte_headers().cloned();
        let header = header.map_err(|error| self.failure(error))?;
        let mut places = Vec::new();
        for name in &header {
            let place = COLUMNS.iter().position(|column| column.as_bytes() == name);
            let shown = Problem::shown(&String::from_utf8_lossy(name));
            let place =
                place.ok_or_else(|| self.columns(format!("has the unknown column {shown}")))?;
            if places.contains(&place) {
                return Err(self.columns(format!("has two columns {shown}")));
            }
            places.push(place);
        }
        for (place, column) in COLUMNS.iter().enumerate() {
            if ["view", "key"].contains(column) && !places.contains(&place) {
                return Err(self.columns(format!("has no column {column:?}")));
            }
        }
        Ok(places)
    }

    fn link<'r>(
        &'r self,
        record: &'r ByteRecord,
        places: &[usize],
    ) -> Result<LinkLine<'r>, Problem> {
        let (fields, columns) = (record.len(), places.len());
        if fields != columns {
            let fields = counted(fields as u64, "field");
            let message = format!("it has {fields}, but the header names {columns}");
            return Err(Problem::invalid_row(message));
        }
        let mut texts = [""; COLUMNS.len()];
        for (field, place) in record.iter().zip(places) {
            let text = str::from_utf8(field);
            let text = text.map_err(|_| Problem::invalid_row("it is not UTF-8"))?;
            // Each place is the index of a column.
            if let Some(column) = texts.get_mut(*place) {
                *column = text;
            }
        }
        let [project, view, resource_type, environment, key, linked_at] = texts;
        let or = |text: &'r str, default: &'r str| if text.is_empty() { default } else { text };
        let linked_at = match linked_at {
            "" => None,
            text => Some(time(text)?),
        };
        Ok(LinkLine {
            project: or(project, self.project).into(),
            view: view.into(),
            resource_type: or(resource_type, TYPE).into(),
            environment: Some(environment.into()),
            key: key.into(),
            linked_at,
            revision: None,
        })
    }

    fn columns(&self, reason: String) -> Error {
        TransferError::Columns { file: self.input.name(), reason }.into()
    }

    /// The error for a row that cannot be read: a problem of its line, or else of the file system.
    fn failure(&self, error: csv::Error) -> Error {
        let reader = self.reader.get_ref();
        if let Some(fault) = reader.fault() {
            let (file, line, reason) = (self.input.name(), reader.number(), fault.to_owned());
            return TransferError::Malformed { file, line, reason }.into();
        }
        let source = match error.into_kind() {
            ErrorKind::Io(source) => source,
            other => std::io::Error::other(format!("{other:?}")),
        };
        self.input.failure(source)
    }
}

/// The time in a field.
fn time(text: &str) -> Result<u64, Problem> {
    text.parse().map_err(|_| {
        let shown = Problem::shown(text);
        Problem::invalid_row(format!("the time {shown} is not a number of milliseconds"))
    })
}
