//! The two lines at the top: the name of the store, and its statistics.

use indicatif::{HumanBytes, HumanCount};
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use super::{Theme, fitting};
use crate::counted::counted;
use crate::table::escaped;
use crate::top::picture::Picture;
use crate::top::screen::Screen;

/// The store, and its revision at the right edge.
pub(super) fn title(screen: &Screen, width: u16, theme: Theme) -> Line<'static> {
    let revision = format!("revision {}", HumanCount(screen.picture.figures.revision));
    let room = usize::from(width).saturating_sub(revision.width() + 1);
    let name = end_of(&escaped(screen.name.clone()), room);
    let gap = usize::from(width).saturating_sub(name.width() + revision.width());
    Line::from(vec![
        Span::styled(name, theme.name()),
        Span::raw(" ".repeat(gap)),
        Span::raw(revision),
    ])
}

/// The end of a text that fits into the room: the end of a path is its most important part.
fn end_of(text: &str, room: usize) -> String {
    let mut rest = text;
    while rest.width() > room {
        let mut characters = rest.chars();
        characters.next();
        rest = characters.as_str();
    }
    rest.to_owned()
}

/// The size of the store, with as many parts as fit.
pub(super) fn line(picture: &Picture, width: u16) -> Line<'static> {
    let figures = &picture.figures;
    let count = |count: u64, one| match counted(count, one).split_once(' ') {
        Some((_, word)) => format!("{} {word}", HumanCount(count)),
        None => String::new(),
    };
    let parts = [
        count(picture.links(), "link"),
        count(picture.views.len() as u64, "view"),
        count(picture.projects.len() as u64, "project"),
        format!("memory {}", HumanBytes(figures.memory)),
        format!("journal {} in {}", HumanBytes(figures.journal), count(figures.segments, "file")),
        format!("checkpoint at {}", HumanCount(figures.checkpoint_revision)),
    ];
    Line::raw(fitting(&parts, "  ", width))
}
