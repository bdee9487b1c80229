//! The processes that the harness starts.

use std::process::ExitCode;

use viewlink_power_loss::check::check;
use viewlink_power_loss::load::load;
use viewlink_power_loss::task::Task;

fn main() -> ExitCode {
    let task = std::env::args().nth(1).unwrap_or_default();
    let done = match serde_json::from_str(&task) {
        Ok(Task::Load { root, setup, seed, changes }) => load(&root, &setup, seed, &changes),
        Ok(Task::Check { root, setup, least, most }) => check(&root, &setup, &least, &most).tell(),
        Err(error) => {
            eprintln!("{error}: only the tests of this package start this program, with a task");
            return ExitCode::FAILURE;
        }
    };
    if done.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
