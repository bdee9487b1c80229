//! The command line of viewlink stores.
//!
//! Each command is a module of [`commands`] with its arguments and what it does; it opens the store,
//! calls the crate and tells what came of it. How to use it stands in `docs/cli.md`.
//!
//! | module | knows |
//! | --- | --- |
//! | `arguments`, `start`, `resources`, `keys`, `line_reader` | what was asked for, and where keys come from |
//! | `store`, `new_store` | opening a store, and making one |
//! | `commands`, `transfer`, `top` | the commands |
//! | `deed` | what a change did, read from a store or from a host |
//! | `output`, `table`, `list`, `moment`, `counted`, `progress` | what is printed |
//! | `error`, `exit` | what is told when a command fails |

#![forbid(unsafe_code)]

mod arguments;
mod commands;
mod counted;
mod deed;
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
        // Where stderr is closed, nobody is there to be told.
        let _ = writeln!(std::io::stderr(), "{}", start::FIRST_STEPS);
        return Exit::Failed.into();
    }
    let arguments = Arguments::parse();
    let mut output = Output::new(&arguments);
    let result = commands::run(&arguments.command, &mut output);
    // What was printed last may still be on its way.
    let result = result.and_then(|exit| unless_closed(output.flush()).map(|()| exit));
    let exit = match result {
        Ok(exit) => exit,
        // Whoever read has read enough, as `head` does.
        Err(Error::ClosedPipe) => Exit::Done,
        Err(error) => {
            output.error(&error);
            Exit::Failed
        }
    };
    exit.into()
}
