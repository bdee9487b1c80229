//! The terminal: taken for the picture, and given back however that ends.

use std::env;
use std::io::{self, IsTerminal as _};

use ratatui::DefaultTerminal;

use crate::error::{Error, Result};

/// The terminal while the picture is on it. Dropping this restores the terminal; a panic restores it before its message
/// is printed.
pub(super) struct Taken(DefaultTerminal);

impl Taken {
    /// Takes the terminal.
    pub(super) fn take() -> Result<Self> {
        match ratatui::try_init() {
            Ok(terminal) => Ok(Self(terminal)),
            Err(source) => {
                // Some of it may be done.
                ratatui::restore();
                Err(Error::Terminal(source))
            }
        }
    }

    pub(super) const fn terminal(&mut self) -> &mut DefaultTerminal {
        &mut self.0
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

/// Checks that the terminal can show a picture; the error says what else to use.
pub(super) fn check() -> Result<()> {
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        return Err(Error::Usage(
            "`viewlink top` shows a picture on a terminal, and stdin or stdout is none: for a script use `viewlink \
             stats --json` and `viewlink log --json`, or read /metrics and /api/v2/changes of a host",
        ));
    }
    if env::var("TERM").is_ok_and(|term| term == "dumb") {
        return Err(Error::Usage(
            "`viewlink top` needs a terminal that can move its cursor, and TERM says `dumb`: use another terminal, or \
             `viewlink stats` and `viewlink log`",
        ));
    }
    Ok(())
}
