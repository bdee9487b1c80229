//! The command line as a whole.

use clap::{Parser, Subcommand};

use crate::commands;
use crate::exit::Exit;
use crate::top;
use crate::transfer;

/// Show, watch, verify, change, copy, restore, import and export viewlink stores.
///
/// STORE is the directory of a store. Only one process at a time can change it: stop the host first, or work on a copy.
/// Commands that only read do not change any byte of it.
#[derive(Debug, Parser)]
#[command(name = "viewlink", version, after_help = Exit::HELP)]
pub(crate) struct Arguments {
    /// Print JSON instead of tables: one object, or one per line for a list; errors as JSON, too
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// Print only results, failures and errors: no summary and no progress on stderr
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Top(top::TopArguments),
    Stats(commands::StatsArguments),
    Verify(commands::VerifyArguments),
    Projects(commands::ProjectsArguments),
    Views(commands::ViewsArguments),
    Links(commands::LinksArguments),
    ViewsOf(commands::ViewsOfArguments),
    Find(commands::FindArguments),
    Compare(commands::CompareArguments),
    Link(commands::LinkArguments),
    Unlink(commands::UnlinkArguments),
    Undo(commands::UndoArguments),
    Move(commands::MoveArguments),
    Rename(commands::RenameArguments),
    Copy(commands::CopyArguments),
    Follow(commands::FollowArguments),
    Unfollow(commands::UnfollowArguments),
    Import(transfer::ImportArguments),
    Export(transfer::ExportArguments),
    Log(commands::LogArguments),
    History(commands::HistoryArguments),
    Backup(commands::BackupArguments),
    Restore(commands::RestoreArguments),
    Compact(commands::CompactArguments),
    Completions(commands::CompletionsArguments),
}
