//! The results of an import.

use serde::Serialize;

use super::counts::RowCounts;
use super::problem::Problem;
use crate::counted::counted;
use crate::error::{Result, unless_closed};
use crate::output::Output;
use crate::table::Table;

/// The largest number of failures that are listed; more are only counted.
const LISTED: usize = 1_000;

/// The imported rows, and the failed ones.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Tally {
    /// Whether it was a dry run on a temporary copy.
    dry_run: bool,
    /// Projects whose fields were set, views created, resources registered, links made.
    pub(super) done: RowCounts,
    /// Rows that exist already, and do not change.
    pub(super) unchanged: RowCounts,
    failed: u64,
    failures: Vec<RowFailure>,
    /// Whether the last row has no line end, as in an incomplete file.
    pub(super) last_line_has_no_end: bool,
}

/// A row that failed.
#[derive(Debug, Serialize)]
struct RowFailure {
    /// The line at which the row ends, from 1.
    line: u64,
    code: &'static str,
    message: String,
}

impl Tally {
    pub(super) fn new(dry_run: bool) -> Self {
        Self { dry_run, ..Self::default() }
    }

    /// Counts a failed row, and lists it if it is one of the first.
    pub(super) fn fail(&mut self, line: u64, problem: Problem) {
        self.failed += 1;
        if self.failures.len() < LISTED {
            let Problem { code, message } = problem;
            self.failures.push(RowFailure { line, code, message });
        }
    }

    /// Whether every row is in the store.
    pub(super) const fn is_complete(&self) -> bool {
        self.failed == 0
    }

    /// Prints the results.
    pub(super) fn print_all(&mut self, output: &mut Output) -> Result<()> {
        self.failures.sort_by_key(|failure| failure.line);
        let printed = self.print(output).and_then(|()| output.flush());
        // If the output cannot be written, the summary still reports the imported rows.
        if !output.is_json() || printed.is_err() {
            output.note(self.summary());
        }
        unless_closed(printed)
    }

    /// Prints the failed rows; with --json all results.
    fn print(&self, output: &mut Output) -> Result<()> {
        if output.is_json() {
            return output.json(self);
        }
        let mut table = Table::new(["LINE", "CODE", "REASON"]);
        for RowFailure { line, code, message } in &self.failures {
            table.row([line.to_string(), (*code).to_owned(), message.clone()]);
        }
        table.print(output)?;
        match self.failed - self.failures.len() as u64 {
            0 => Ok(()),
            others => output.line(format_args!("{} failed", counted(others, "more row"))),
        }
    }

    fn summary(&self) -> String {
        let Self { dry_run, done, unchanged, failed, last_line_has_no_end, .. } = self;
        let verb = if *dry_run { "would import" } else { "imported" };
        let mut note = format!("{verb} {done}");
        if unchanged.total() > 0 {
            note = format!("{note}; {unchanged} existed before");
        }
        if *failed > 0 {
            note = format!("{note}; {} failed", counted(*failed, "row"));
        }
        if *last_line_has_no_end {
            note += "; the last line has no line break: if the file was cut off there, its last row is incomplete";
        }
        note
    }
}
