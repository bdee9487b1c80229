//! Completion scripts for shells.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::arguments::Arguments;
use crate::error::Result;
use crate::exit::Exit;
use crate::output::Output;

const HELP: &str = "\
Examples:
  viewlink completions bash > ~/.local/share/bash-completion/completions/viewlink
  viewlink completions fish > ~/.config/fish/completions/viewlink.fish
  viewlink completions zsh > ~/.zfunc/_viewlink";

/// Print a script with which a shell completes commands
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct CompletionsArguments {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(crate) fn run(arguments: &CompletionsArguments, output: &mut Output) -> Result<Exit> {
    // It is written to memory first, since the generator panics if it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "viewlink", &mut script);
    output.bytes(&script)?;
    Ok(Exit::Done)
}
