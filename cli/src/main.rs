//! The command line of viewlink stores.
//!
//! Each command is a module of [`commands`] with its arguments and its action: it opens the store, calls the crate and
//! prints the result. `docs/cli.md` describes how to use the program.
//!
//! | module | purpose |
//! | --- | --- |
//! | `arguments`, `start`, `resources`, `keys`, `line_reader` | the arguments, and the sources of keys |
//! | `store`, `new_store` | opening a store, and creating one |
//! | `commands`, `transfer`, `top` | the commands |
//! | `change_summary` | a change, read from a store or from a host |
//! | `output`, `table`, `list`, `moment`, `counted`, `progress` | the output |
//! | `error`, `exit` | errors and exit codes |

#![forbid(unsafe_code)]

mod arguments;
mod change_summary;
mod commands;
mod counted;
mod error;
mod exit;
mod keys;
mod line_reader;
mod list;
mod moment;
mod new_store;
mod output;
mod progress;
mod resources;
mod start;
mod store;
mod table;
mod top;
mod transfer;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;

use crate::arguments::Arguments;
use crate::error::{Error, unless_closed};
use crate::exit::Exit;
use crate::output::Output;

fn main() -> ExitCode {
    if std::env::args_os().len() <= 1 {
        // If stderr is closed, the error cannot be printed.
        let _ = writeln!(std::io::stderr(), "{}", start::FIRST_STEPS);
        return Exit::Failed.into();
    }
    let arguments = Arguments::parse();
    let mut output = Output::new(&arguments);
    let result = commands::run(&arguments.command, &mut output);
    // The last output may still be in a buffer.
    let result = result.and_then(|exit| unless_closed(output.flush()).map(|()| exit));
    let exit = match result {
        Ok(exit) => exit,
        // The reader has read enough, as `head` does.
        Err(Error::ClosedPipe) => Exit::Done,
        Err(error) => {
            output.error(&error);
            Exit::Failed
        }
    };
    exit.into()
}
