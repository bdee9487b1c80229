//! Tables that people read.
//!
//! Aligned columns of text: no lines and no colours, so that a row is a line that `grep`, `cut` and
//! `less` handle. That is little enough to need no dependency.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr as _;

use crate::error::Result;
use crate::output::Output;

/// How wide a column becomes. A wider cell moves what is behind it in its own row and in no other.
const WIDEST: usize = 60;

/// Rows under a header. They are printed in parts, so that a long list is never in memory whole:
/// columns are as wide as the widest cell so far, up to [`WIDEST`].
#[derive(Debug)]
pub(crate) struct Table<const N: usize> {
    header: Option<[&'static str; N]>,
    rows: Vec<[String; N]>,
    widths: [usize; N],
}

impl<const N: usize> Table<N> {
    pub(crate) fn new(header: [&'static str; N]) -> Self {
        Self { header: Some(header), rows: Vec::new(), widths: header.map(str::len) }
    }

    /// Rows without a header.
    pub(crate) const fn bare() -> Self {
        Self { header: None, rows: Vec::new(), widths: [0; N] }
    }

    /// How many rows wait to be printed.
    pub(crate) const fn len(&self) -> usize {
        self.rows.len()
    }

    /// Adds a row. What could move the cursor of a terminal is escaped.
    pub(crate) fn row(&mut self, cells: [String; N]) {
        let cells = cells.map(escaped);
        for (width, cell) in self.widths.iter_mut().zip(&cells) {
            *width = (*width).max(cell.width().min(WIDEST));
        }
        self.rows.push(cells);
    }

    /// Prints the rows so far, and before the first ones the header, if there are any.
    pub(crate) fn print(&mut self, output: &mut Output) -> Result<()> {
        if self.rows.is_empty() {
            return Ok(());
        }
        if let Some(header) = self.header.take() {
            output.line(line(&header, &self.widths))?;
        }
        for row in std::mem::take(&mut self.rows) {
            output.line(line(&row, &self.widths))?;
        }
        output.flush()
    }
}

fn line(cells: &[impl AsRef<str>], widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, width) in cells.iter().map(AsRef::as_ref).zip(widths) {
        let spaces = width.saturating_sub(cell.width());
        // Writing to a text does not fail.
        let _ = write!(line, "{cell}{:spaces$}  ", "");
    }
    line.truncate(line.trim_end().len());
    line
}

/// A text without what a terminal, or a program that reads lines, takes for more than text.
pub(crate) fn escaped(text: String) -> String {
    if !text.contains(is_unprintable) {
        return text;
    }
    let escape = |character: char| match is_unprintable(character) {
        true => character.escape_default().to_string(),
        false => character.to_string(),
    };
    text.chars().map(escape).collect()
}

/// Control characters, line ends of all scripts, those that turn the direction of what is behind
/// them, and annotations.
fn is_unprintable(character: char) -> bool {
    let marks = ['\u{61c}', '\u{200e}', '\u{200f}', '\u{2028}', '\u{2029}'];
    character.is_control()
        || marks.contains(&character)
        || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fff9}'..='\u{fffb}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_by_what_a_terminal_shows() {
        let widths = [6, 2];
        assert_eq!(line(&["ab", "c"], &widths), "ab      c");
        assert_eq!(line(&["日本", "c"], &widths), "日本    c");
    }

    #[test]
    fn a_cell_that_is_very_wide_moves_nothing_in_other_rows() {
        let mut table = Table::new(["KEY", "CODE"]);
        table.row(["x".repeat(500), "c".into()]);
        table.row(["y".into(), "d".into()]);
        let lines = table.rows.iter().map(|row| line(row, &table.widths));
        assert_eq!(lines.map(|line| line.len()).collect::<Vec<_>>(), [503, WIDEST + 3]);
    }

    #[test]
    fn what_moves_the_cursor_is_escaped_and_the_rest_is_left() {
        assert_eq!(escaped("a\u{1b}[2J\n\u{202e}".into()), "a\\u{1b}[2J\\n\\u{202e}");
        assert_eq!(escaped("a\u{2028}b\u{85}\u{61c}".into()), "a\\u{2028}b\\u{85}\\u{61c}");
        assert_eq!(escaped("Prüfung 日本 👩\u{200d}👧".into()), "Prüfung 日本 👩\u{200d}👧");
    }
}
