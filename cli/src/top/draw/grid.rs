//! A list with a title. Only its visible rows are created.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Cell, Row, Table};

use super::Theme;
use crate::table::escaped;
use crate::top::screen::List;

/// A column: its name, its width, and whether it has numbers.
pub(super) struct Column {
    name: &'static str,
    width: Constraint,
    numbers: bool,
}

/// A column of texts, with a fixed width or a share of the remaining width.
pub(super) const fn text(name: &'static str, width: Constraint) -> Column {
    Column { name, width, numbers: false }
}

/// A column of numbers.
pub(super) const fn numbers(name: &'static str, width: u16) -> Column {
    Column { name, width: Constraint::Length(width), numbers: true }
}

/// A list, without its rows.
pub(super) struct Grid<'a> {
    pub(super) title: String,
    pub(super) columns: &'a [Column],
    pub(super) list: List,
    /// Whether this list receives the keys.
    pub(super) has_keys: bool,
}

impl Grid<'_> {
    /// Draws the visible rows; `row` creates one.
    pub(super) fn draw(
        self,
        frame: &mut Frame<'_>,
        area: Rect,
        theme: Theme,
        rows: usize,
        row: impl Fn(usize) -> Vec<String>,
    ) {
        let [title, body] =
            Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(area);
        frame.render_widget(Line::styled(escaped(self.title), theme.title(self.has_keys)), title);
        let header = self.columns.iter().map(|column| column.cell(column.name.to_owned()));
        let room = usize::from(body.height).saturating_sub(1);
        let shown = self.list.window(rows, room).map(|at| {
            let cells = self.columns.iter().zip(row(at)).map(|(column, text)| column.cell(text));
            let made = Row::new(cells.collect::<Vec<_>>());
            match at == self.list.selected {
                true => made.style(theme.selected(self.has_keys)),
                false => made,
            }
        });
        let widths = self.columns.iter().map(|column| column.width);
        let table = Table::new(shown.collect::<Vec<_>>(), widths).column_spacing(2);
        frame.render_widget(table.header(Row::new(header).style(theme.header())), body);
    }
}

impl Column {
    fn cell(&self, text: String) -> Cell<'static> {
        let line = Line::raw(escaped(text));
        Cell::from(if self.numbers { line.right_aligned() } else { line })
    }
}
