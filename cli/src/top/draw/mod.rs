//! Draws the screen. If there is too little room, the least important parts are left out.

mod figures;
mod grid;
mod lists;
mod pages;
mod theme;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};
use unicode_width::UnicodeWidthStr as _;

use super::screen::{Page, Pane, Screen};
use crate::table::escaped;

pub(super) use theme::Theme;

/// The smallest height, in rows, at which several lists share the screen.
const SHARED_HEIGHT: u16 = 15;
/// The smallest width, in columns, at which projects are shown next to views.
const SHARED_WIDTH: u16 = 72;
/// The width of the projects then.
const PROJECTS_WIDTH: u16 = 28;
/// The largest number of rows of a notice.
const NOTICE_HEIGHT: u16 = 3;
/// In a smaller terminal nothing useful fits.
const SMALLEST: (u16, u16) = (20, 5);

/// Draws the whole screen.
pub(super) fn draw(frame: &mut Frame<'_>, screen: &Screen, theme: Theme) {
    let all = frame.area();
    if all.width < SMALLEST.0 || all.height < SMALLEST.1 {
        frame.render_widget(Paragraph::new("too small: enlarge it; q quits"), all);
        return;
    }
    let notice = screen.notice.clone().map(escaped);
    let rows = notice.as_ref().map_or(0, |text| rows_of(text, all.width));
    let [title, figures, body, notice_area, foot] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Min(1),
        Constraint::Length(rows),
        Constraint::Length(1),
    ])
    .areas(all);
    frame.render_widget(figures::title(screen, title.width, theme), title);
    frame.render_widget(figures::line(&screen.picture, figures.width), figures);
    match screen.pages.last() {
        Some(page) => pages::draw(frame, body, page, theme),
        None => draw_lists(frame, body, screen, theme),
    }
    if let Some(notice) = notice {
        let text = Paragraph::new(notice).style(theme.notice());
        frame.render_widget(text.wrap(Wrap { trim: true }), notice_area);
    }
    frame.render_widget(foot_line(screen, foot.width, theme), foot);
}

/// The number of rows for a text.
fn rows_of(text: &str, width: u16) -> u16 {
    let rows = text.width().div_ceil(usize::from(width).max(1)) + 1;
    u16::try_from(rows).unwrap_or(NOTICE_HEIGHT).min(NOTICE_HEIGHT)
}

/// The lists next to each other and one below the other, or only the list that receives the keys.
fn draw_lists(frame: &mut Frame<'_>, body: Rect, screen: &Screen, theme: Theme) {
    if body.height < SHARED_HEIGHT {
        return draw_pane(frame, body, screen, screen.focus, theme);
    }
    let heights = [Constraint::Fill(3), Constraint::Fill(2)];
    let [upper, lower] = Layout::vertical(heights).spacing(1).areas(body);
    draw_pane(frame, lower, screen, Pane::Changes, theme);
    if upper.width < SHARED_WIDTH {
        let shown = if screen.focus == Pane::Projects { Pane::Projects } else { Pane::Views };
        return draw_pane(frame, upper, screen, shown, theme);
    }
    let widths = [Constraint::Length(PROJECTS_WIDTH), Constraint::Fill(1)];
    let [left, right] = Layout::horizontal(widths).spacing(2).areas(upper);
    draw_pane(frame, left, screen, Pane::Projects, theme);
    draw_pane(frame, right, screen, Pane::Views, theme);
}

fn draw_pane(frame: &mut Frame<'_>, area: Rect, screen: &Screen, pane: Pane, theme: Theme) {
    match pane {
        Pane::Projects => lists::projects(frame, area, screen, theme),
        Pane::Views => lists::views(frame, area, screen, theme),
        Pane::Changes => lists::changes(frame, area, screen, theme),
    }
}

/// The text of a search that is being typed, or the keys that can be used here.
fn foot_line(screen: &Screen, width: u16, theme: Theme) -> Line<'static> {
    if let Some(text) = &screen.search {
        let text = escaped(text.clone());
        // The end of the text is visible, since the user types there.
        let room = usize::from(width).saturating_sub(2);
        let skipped = text.chars().count().saturating_sub(room);
        let shown: String = text.chars().skip(skipped).collect();
        return Line::from(vec![Span::raw(format!("/{shown}")), Span::styled(" ", theme.cursor())]);
    }
    let keys: &[&str] = match screen.pages.last() {
        None => &["q quit", "? help", "/ search", "Tab next list", "Enter open"],
        Some(Page::Found(_)) => &["q quit", "Esc back", "? help", "/ search", "Enter open view"],
        Some(_) => &["q quit", "Esc back", "? help", "/ search"],
    };
    Line::styled(fitting(keys, "  ", width), theme.faint())
}

/// As many parts as fit.
fn fitting<T: AsRef<str>>(parts: &[T], between: &str, width: u16) -> String {
    let mut line = String::new();
    for part in parts.iter().map(AsRef::as_ref) {
        let between = if line.is_empty() { "" } else { between };
        if (line.width() + between.width() + part.width()) > usize::from(width) {
            break;
        }
        line = line + between + part;
    }
    line
}
