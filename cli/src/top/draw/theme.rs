//! Colours, if the terminal has them.

use std::env;

use ratatui::style::{Color, Modifier, Style};

/// The styles of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::top) struct Theme {
    /// Whether there are colours. Without them, bold and reversed text has the same meaning.
    colours: bool,
}

impl Theme {
    /// The theme without colours.
    #[cfg(test)]
    pub(in crate::top) const PLAIN: Self = Self { colours: false };

    /// The theme for the terminal and the environment variable `NO_COLOR` (<https://no-color.org>).
    pub(in crate::top) fn of_environment() -> Self {
        let set = |name| env::var(name).ok().filter(|value| !value.is_empty());
        Self { colours: set("NO_COLOR").is_none() && has_colours(set("TERM").as_deref()) }
    }

    fn coloured(self, style: Style, colour: Color) -> Style {
        if self.colours { style.fg(colour) } else { style }
    }

    pub(super) fn name(self) -> Style {
        self.coloured(Style::new().add_modifier(Modifier::BOLD), Color::Cyan)
    }

    /// The title of a list, depending on whether it receives the keys.
    pub(super) fn title(self, has_keys: bool) -> Style {
        match has_keys {
            true => self.coloured(Style::new().add_modifier(Modifier::BOLD), Color::Cyan),
            false => self.faint(),
        }
    }

    /// The names of columns.
    pub(super) fn header(self) -> Style {
        self.faint()
    }

    /// The selected row, depending on whether its list receives the keys.
    pub(super) fn selected(self, has_keys: bool) -> Style {
        match has_keys {
            true => Style::new().add_modifier(Modifier::REVERSED),
            false => Style::new().add_modifier(Modifier::BOLD),
        }
    }

    /// Text of less importance.
    pub(super) fn faint(self) -> Style {
        if self.colours { Style::new().fg(Color::DarkGray) } else { Style::new() }
    }

    /// Text that the user should notice.
    pub(super) fn notice(self) -> Style {
        self.coloured(Style::new().add_modifier(Modifier::BOLD), Color::Yellow)
    }

    /// The position at which text is typed.
    pub(super) fn cursor(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }
}

/// Whether a kind of terminal has colours.
fn has_colours(term: Option<&str>) -> bool {
    term.is_some_and(|term| {
        let plain = ["dumb", "unknown", "vt52", "vt100", "vt102", "vt220", "vt320"];
        !plain.contains(&term) && !term.ends_with("-m") && !term.ends_with("-mono")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals_without_colours_get_none() {
        for term in ["xterm-256color", "tmux-256color", "linux", "screen", "vt340"] {
            assert!(has_colours(Some(term)), "{term}");
        }
        for term in ["dumb", "vt100", "linux-m", "xterm-mono"] {
            assert!(!has_colours(Some(term)), "{term}");
        }
        assert!(!has_colours(None));
    }

    #[test]
    fn without_colours_no_style_has_one() {
        let of = |theme: Theme| {
            let all = [theme.name(), theme.title(true), theme.title(false), theme.header()];
            let rest = [theme.selected(true), theme.faint(), theme.notice(), theme.cursor()];
            all.into_iter().chain(rest).filter(|style| style.fg.or(style.bg).is_some()).count()
        };
        assert_eq!(of(Theme::PLAIN), 0);
        assert!(of(Theme { colours: true }) > 0);
    }
}
