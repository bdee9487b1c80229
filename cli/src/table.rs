//! Tables.
//!
//! Aligned columns of text, without lines and colours, so that `grep`, `cut` and `less` can handle each row. This is
//! short enough not to need a dependency.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr as _;

use crate::error::Result;
use crate::output::Output;

/// The greatest width of a column. A wider cell moves the following cells of its own row, but of no other row.
const WIDEST: usize = 60;

/// Rows under a header. They are printed in parts, so that a long list is never completely in memory. A column is as
/// wide as its widest cell so far, up to [`WIDEST`].
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

    /// The number of rows that are not printed yet.
    pub(crate) const fn len(&self) -> usize {
        self.rows.len()
    }

    /// Adds a row. Characters that could move the cursor of a terminal are escaped.
    pub(crate) fn row(&mut self, cells: [String; N]) {
        let cells = cells.map(escaped);
        for (width, cell) in self.widths.iter_mut().zip(&cells) {
            *width = (*width).max(cell.width().min(WIDEST));
        }
        self.rows.push(cells);
    }

    /// Prints the rows so far. The header is printed before the first rows, if there are any.
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
        // Writing to a text cannot fail.
        let _ = write!(line, "{cell}{:spaces$}  ", "");
    }
    line.truncate(line.trim_end().len());
    line
}

/// A text in which characters are escaped that a terminal, or a program that reads lines, would interpret.
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

/// Control characters, line ends of all scripts, characters that change the direction of text, and annotations.
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
    fn columns_are_aligned_by_the_width_on_a_terminal() {
        let widths = [6, 2];
        assert_eq!(line(&["ab", "c"], &widths), "ab      c");
        assert_eq!(line(&["日本", "c"], &widths), "日本    c");
    }

    #[test]
    fn a_very_wide_cell_does_not_move_cells_of_other_rows() {
        let mut table = Table::new(["KEY", "CODE"]);
        table.row(["x".repeat(500), "c".into()]);
        table.row(["y".into(), "d".into()]);
        let lines = table.rows.iter().map(|row| line(row, &table.widths));
        assert_eq!(lines.map(|line| line.len()).collect::<Vec<_>>(), [503, WIDEST + 3]);
    }

    #[test]
    fn characters_that_move_the_cursor_are_escaped_and_others_are_not() {
        assert_eq!(escaped("a\u{1b}[2J\n\u{202e}".into()), "a\\u{1b}[2J\\n\\u{202e}");
        assert_eq!(escaped("a\u{2028}b\u{85}\u{61c}".into()), "a\\u{2028}b\\u{85}\\u{61c}");
        assert_eq!(escaped("Prüfung 日本 👩\u{200d}👧".into()), "Prüfung 日本 👩\u{200d}👧");
    }
}
