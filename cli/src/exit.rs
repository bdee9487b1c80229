//! What the program ends with.

use std::process::ExitCode;

/// What a command came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// What was asked for is done.
    Done,
    /// Some keys failed; the others are done.
    KeysFailed,
    /// The call failed and changed nothing, or the store is damaged.
    Failed,
}

impl Exit {
    /// For the help of every command.
    pub(crate) const HELP: &str = "\
Exit codes:
  0  done
  1  some keys or rows failed, and the others are done
  2  the call failed: the error tells why and what became of a change; also damage that `verify`
     finds, and arguments that cannot be read";
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
