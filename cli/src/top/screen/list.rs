//! The selected row of a list, and its visible rows.

use std::ops::Range;

use ratatui::crossterm::event::KeyCode;

/// How many rows a page key moves.
const PAGE: usize = 10;

/// A list with a selected row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::top) struct List {
    pub(in crate::top) selected: usize,
}

impl List {
    /// Moves the selection for a key, in a list with this number of rows.
    pub(super) fn press(&mut self, code: KeyCode, rows: usize) {
        let last = rows.saturating_sub(1);
        self.selected = match code {
            KeyCode::Up | KeyCode::Char('k') => self.selected.saturating_sub(1),
            KeyCode::Down | KeyCode::Char('j') => self.selected + 1,
            KeyCode::PageUp => self.selected.saturating_sub(PAGE),
            KeyCode::PageDown => self.selected + PAGE,
            KeyCode::Home | KeyCode::Char('g') => 0,
            KeyCode::End | KeyCode::Char('G') => last,
            _ => self.selected,
        }
        .min(last);
    }

    /// The rows that are visible in a given height: the selected one is in the middle, if possible.
    pub(in crate::top) fn window(self, rows: usize, room: usize) -> Range<usize> {
        let first = self.selected.saturating_sub(room / 2).min(rows.saturating_sub(room));
        first..rows.min(first + room)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selected_row_is_visible_and_no_row_is_wasted() {
        for rows in 0..12 {
            for selected in 0..rows.max(1) {
                for room in 0..14 {
                    let window = List { selected }.window(rows, room);
                    assert_eq!(window.len(), rows.min(room), "{rows} {selected} {room}");
                    assert!(window.is_empty() || window.contains(&selected) || rows == 0);
                }
            }
        }
    }

    #[test]
    fn keys_move_the_selection_and_never_out_of_the_list() {
        let mut list = List::default();
        for (code, expected) in [
            (KeyCode::Up, 0),
            (KeyCode::Down, 1),
            (KeyCode::PageDown, 11),
            (KeyCode::PageDown, 14),
            (KeyCode::Char('k'), 13),
            (KeyCode::Home, 0),
            (KeyCode::Char('G'), 14),
            (KeyCode::Char('x'), 14),
        ] {
            list.press(code, 15);
            assert_eq!(list.selected, expected, "{code:?}");
        }
        list.press(KeyCode::Down, 0);
        assert_eq!(list.selected, 0);
    }
}
