//! Processes of their own: a test that does its work only where it is asked to by the environment.

use std::process::{Command, Stdio};

/// What the parent asks for.
const TASK: &str = "VIEWLINK_TEST_TASK";

/// A process that runs one test of this program, its task given.
pub(crate) fn command(test: &str, task: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]).env(TASK, task);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

/// The task, where this is such a process.
pub(crate) fn task() -> Option<String> {
    std::env::var(TASK).ok()
}
