//! Undoing changes.

use clap::Args;
use viewlink::wire::Reverted as RevertedJson;
use viewlink::{LinkPolicy, Reverted, ViewKey};

use crate::counted::counted;
use crate::error::Result;
use crate::exit::Exit;
use crate::output::Output;
use crate::resources::ProjectArguments;
use crate::store::{self, StoreArguments};
use crate::table::Table;

const HELP: &str = "\
Examples:
  viewlink undo views.viewlink 1200 --comment 'wrong view'
  viewlink undo views.viewlink 1200 --dry-run
  viewlink undo views.viewlink 1180 --view my-view

Without --view, the change with this revision is undone, except for the parts that were changed again since. With \
--view, the fields and links of that view are restored to their state at the revision. A part that cannot be undone is \
printed with its code and the reason, and the exit code is 1. Undoing an undo restores the change.";

/// Undo a change, or restore a view as of a revision
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct UndoArguments {
    #[command(flatten)]
    store: StoreArguments,

    /// The revision of the change, as `viewlink log` lists it
    #[arg(value_name = "REVISION")]
    revision: u64,

    /// Restore this view as of the revision
    #[arg(long, value_name = "VIEW")]
    view: Option<ViewKey>,

    #[command(flatten)]
    project: ProjectArguments,

    /// The reason for the change; it is kept in the journal
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,

    /// The author of the change; it is kept in the journal
    #[arg(long, value_name = "NAME", default_value = "viewlink-cli")]
    actor: String,

    /// Restore only links of registered resources, and count others as failures
    #[arg(long)]
    closed: bool,

    /// Change nothing, and report what would be done
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(arguments: &UndoArguments, output: &mut Output) -> Result<Exit> {
    let policy = if arguments.closed { LinkPolicy::Closed } else { LinkPolicy::Open };
    let options = store::options().link_policy(policy).read_only(arguments.dry_run);
    let opened = arguments.store.open(options, output)?;
    let project = opened.project(arguments.project.key().as_str())?.actor(&*arguments.actor);
    let project = match &arguments.comment {
        Some(comment) => project.comment(&**comment),
        None => project,
    };
    let project = if arguments.dry_run { project.dry_run() } else { project };
    let reverted = match &arguments.view {
        Some(view) => project.revert_to(view.as_str(), arguments.revision)?,
        None => project.revert(arguments.revision)?,
    };
    let printed = print(&reverted, output).and_then(|()| output.flush());
    // If the output cannot be written, the summary still reports that the change was made.
    if !output.is_json() || printed.is_err() {
        output.note(summary(arguments, &reverted));
    }
    crate::error::unless_closed(printed)?;
    opened.close()?;
    Ok(if reverted.failures.is_empty() { Exit::Done } else { Exit::KeysFailed })
}

fn summary(arguments: &UndoArguments, reverted: &Reverted) -> String {
    let end = match reverted.revision() {
        Some(revision) => format!("revision {revision}"),
        None if arguments.dry_run => "a dry run changes nothing".to_owned(),
        None => "nothing changed".to_owned(),
    };
    let done = counted(reverted.success_count, "part");
    format!("{done} undone, {} failed; {end}", reverted.failures.len())
}

fn print(reverted: &Reverted, output: &mut Output) -> Result<()> {
    if output.is_json() {
        return output.json(&RevertedJson::new(reverted));
    }
    let mut table = Table::new(["WHAT", "CODE", "REASON"]);
    for failure in &reverted.failures {
        let code = failure.reason.code().to_string();
        table.row([failure.item.to_string(), code, failure.reason.to_string()]);
    }
    table.print(output)
}
