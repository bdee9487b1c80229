//! The terminal. It is restored however the display ends.

use std::env;
use std::io::{self, IsTerminal as _};

use ratatui::DefaultTerminal;

use crate::error::{Error, Result};

/// The terminal while the display is on it. Dropping this value restores the terminal. A panic restores it before its
/// message is printed.
pub(super) struct Taken(DefaultTerminal);

impl Taken {
    /// Takes the terminal.
    pub(super) fn take() -> Result<Self> {
        match ratatui::try_init() {
            Ok(terminal) => Ok(Self(terminal)),
            Err(source) => {
                // Part of the setup may have been done.
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

/// Checks that the terminal can show the display; the error names alternatives.
pub(super) fn check() -> Result<()> {
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        return Err(Error::Usage(
            "`viewlink top` needs a terminal, but stdin or stdout is not one: in a script use `viewlink stats --json` \
             and `viewlink log --json`, or read /metrics and /api/v2/changes of a host",
        ));
    }
    if env::var("TERM").is_ok_and(|term| term == "dumb") {
        return Err(Error::Usage(
            "`viewlink top` needs a terminal that can move its cursor, but TERM is `dumb`: use another terminal, or \
             `viewlink stats` and `viewlink log`",
        ));
    }
    Ok(())
}
