//! The exit codes of the program.

use std::process::ExitCode;

/// The result of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything is done.
    Done,
    /// Some keys failed; the others are done.
    KeysFailed,
    /// The call failed and changed nothing, or the store is damaged.
    Failed,
}

impl Exit {
    /// Part of the help of every command.
    pub(crate) const HELP: &str = "\
Exit codes:
  0  done
  1  some keys or rows failed; the others are done
  2  the call failed: the error has the reason and the outcome of the change; also damage that
     `verify` finds, and invalid arguments";
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::KeysFailed => 1,
            Exit::Failed => 2,
        })
    }
}
