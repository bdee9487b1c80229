//! Child processes: a test that does its work only if an environment variable asks for it.

use std::process::{Command, Stdio};

/// The environment variable with the task.
const TASK: &str = "VIEWLINK_TEST_TASK";

/// A process that runs one test of this program, with a task.
pub(crate) fn command(test: &str, task: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]).env(TASK, task);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

/// The task, if this is such a process.
pub(crate) fn task() -> Option<String> {
    std::env::var(TASK).ok()
}
