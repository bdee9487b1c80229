//! The commands.

mod backup;
mod change;
mod change_options;
mod compact;
mod compare;
mod completions;
mod copy;
mod described;
mod figures;
mod find;
mod follow;
mod history;
mod link;
mod links;
mod log;
mod move_links;
mod projects;
mod rename;
mod restore;
mod stats;
mod undo;
mod unlink;
mod verify;
mod views;
mod views_of;

use crate::arguments::Command;
use crate::error::Result;
use crate::exit::Exit;
use crate::output::Output;
use crate::{top, transfer};

pub(crate) use backup::BackupArguments;
pub(crate) use compact::CompactArguments;
pub(crate) use compare::CompareArguments;
pub(crate) use completions::CompletionsArguments;
pub(crate) use copy::CopyArguments;
pub(crate) use described::described;
pub(crate) use find::FindArguments;
pub(crate) use follow::{FollowArguments, UnfollowArguments};
pub(crate) use history::HistoryArguments;
pub(crate) use link::LinkArguments;
pub(crate) use links::LinksArguments;
pub(crate) use log::LogArguments;
pub(crate) use move_links::MoveArguments;
pub(crate) use projects::ProjectsArguments;
pub(crate) use rename::RenameArguments;
pub(crate) use restore::RestoreArguments;
pub(crate) use stats::StatsArguments;
pub(crate) use undo::UndoArguments;
pub(crate) use unlink::UnlinkArguments;
pub(crate) use verify::VerifyArguments;
pub(crate) use views::ViewsArguments;
pub(crate) use views_of::ViewsOfArguments;

/// Runs a command.
pub(crate) fn run(command: &Command, output: &mut Output) -> Result<Exit> {
    match command {
        Command::Backup(arguments) => backup::run(arguments, output),
        Command::Compact(arguments) => compact::run(arguments, output),
        Command::Compare(arguments) => compare::run(arguments, output),
        Command::Completions(arguments) => completions::run(arguments, output),
        Command::History(arguments) => history::run(arguments, output),
        Command::Copy(arguments) => copy::run(arguments, output),
        Command::Find(arguments) => find::run(arguments, output),
        Command::Follow(arguments) => follow::follow(arguments, output),
        Command::Unfollow(arguments) => follow::unfollow(arguments, output),
        Command::Link(arguments) => link::run(arguments, output),
        Command::Links(arguments) => links::run(arguments, output),
        Command::Log(arguments) => log::run(arguments, output),
        Command::Move(arguments) => move_links::run(arguments, output),
        Command::Rename(arguments) => rename::run(arguments, output),
        Command::Restore(arguments) => restore::run(arguments, output),
        Command::Stats(arguments) => stats::run(arguments, output),
        Command::Undo(arguments) => undo::run(arguments, output),
        Command::Unlink(arguments) => unlink::run(arguments, output),
        Command::Verify(arguments) => verify::run(arguments, output),
        Command::Projects(arguments) => projects::run(arguments, output),
        Command::Views(arguments) => views::run(arguments, output),
        Command::ViewsOf(arguments) => views_of::run(arguments, output),
        Command::Import(arguments) => transfer::import(arguments, output),
        Command::Export(arguments) => transfer::export(arguments, output),
        Command::Top(arguments) => top::run(arguments, output),
    }
}
