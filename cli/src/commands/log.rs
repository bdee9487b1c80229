//! The changes of a store, from its journal.

use clap::Args;
use viewlink::wire::Changes;
use viewlink::{Change, ChangeKind, ProjectKey, Snapshot, ViewKey};

use super::described::described;
use crate::change_summary::{ChangeSummary, Name};
use crate::counted::counted;
use crate::error::Result;
use crate::exit::Exit;
use crate::moment::moment;
use crate::output::Output;
use crate::store::StoreArguments;
use crate::table::Table;

const HELP: &str = "\
Examples:
  viewlink log views.viewlink --last 20
  viewlink log views.viewlink --key checkout-v2 --view my-view
  viewlink log views.viewlink --from 1200 --json | jq -c 'select(.actor == \"import\")'

A change that removes a whole view, environment or project records only the number of its links, so --key does not \
find it.";

/// List the changes that the journal keeps, the oldest first
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct LogArguments {
    #[command(flatten)]
    store: StoreArguments,

    /// Begin with this revision, which the journal must still keep; default: the oldest
    #[arg(long, value_name = "REVISION")]
    from: Option<u64>,

    /// Begin this many revisions before the end of the journal
    #[arg(long, value_name = "CHANGES", conflicts_with = "from")]
    last: Option<u64>,

    /// List at most this many changes
    #[arg(long, value_name = "CHANGES")]
    limit: Option<u64>,

    #[command(flatten)]
    only: Only,
}

/// Which changes to print. All conditions must hold.
#[derive(Debug, Args)]
struct Only {
    /// Only changes of this project
    #[arg(long, value_name = "KEY")]
    project: Option<ProjectKey>,

    /// Only changes that name this view
    #[arg(long, value_name = "KEY")]
    view: Option<ViewKey>,

    /// Only changes that name this resource, by its key or as ENVIRONMENT/KEY
    #[arg(long, value_name = "KEY")]
    key: Option<String>,

    /// Only changes made by this actor
    #[arg(long, value_name = "NAME")]
    actor: Option<String>,
}

pub(crate) fn run(arguments: &LogArguments, output: &mut Output) -> Result<Exit> {
    let store = arguments.store.read(output)?;
    {
        let snapshot = store.snapshot()?;
        let oldest = oldest_kept(&snapshot)?;
        let end = snapshot.revision().saturating_add(1);
        let changes = snapshot.changes(arguments.first(oldest, end))?;
        let shown = print(arguments, changes, output)?;
        if !output.is_json() {
            output.note(summary(shown, oldest, end));
        }
    }
    store.close()?;
    Ok(Exit::Done)
}

impl LogArguments {
    /// The first revision to print, from `oldest` up, and before `end`.
    fn first(&self, oldest: u64, end: u64) -> u64 {
        match (self.from, self.last) {
            (Some(from), _) => from.max(1),
            (None, Some(last)) => end.saturating_sub(last).max(oldest),
            (None, None) => oldest,
        }
    }
}

/// How many changes were shown, and which ones the journal has; otherwise an empty list would have no meaning.
fn summary(shown: u64, oldest: u64, end: u64) -> String {
    let shown = counted(shown, "change");
    match end.checked_sub(1).filter(|newest| oldest <= *newest) {
        Some(newest) => format!("{shown}; the journal keeps revisions {oldest} to {newest}"),
        None => format!("{shown}; the journal keeps none"),
    }
}

/// The oldest change that the journal keeps; one more than the newest if it keeps none.
fn oldest_kept(snapshot: &Snapshot) -> Result<u64> {
    match snapshot.changes(1) {
        Ok(_) => Ok(1),
        Err(viewlink::Error::JournalTrimmed { oldest, .. }) => Ok(oldest),
        Err(error) => Err(error.into()),
    }
}

/// The number of rows that are aligned with each other.
const ROWS: usize = 256;

/// Prints the requested changes; returns their number.
fn print(
    arguments: &LogArguments,
    changes: impl Iterator<Item = viewlink::Result<Change>>,
    output: &mut Output,
) -> Result<u64> {
    let LogArguments { only, limit, .. } = arguments;
    let header = ["REVISION", "TIME", "PROJECT", "ACTOR", "CHANGE", "COMMENT"];
    let (mut table, mut left) = (Table::new(header), limit.unwrap_or(u64::MAX));
    let mut shown = 0;
    for change in changes {
        if left == 0 {
            break;
        }
        let change = match change {
            Ok(change) => change,
            Err(error) => {
                // The changes that could be read are shown before the error.
                table.print(output)?;
                return Err(error.into());
            }
        };
        if !only.admits(&change) {
            continue;
        }
        (left, shown) = (left - 1, shown + 1);
        if output.is_json() {
            let one = std::slice::from_ref(&change);
            Changes::new(one, change.position)
                .items
                .iter()
                .try_for_each(|change| output.json(change))?;
        } else {
            table.row(row(change, only.key.as_deref()));
            if table.len() == ROWS {
                table.print(output)?;
            }
        }
    }
    table.print(output)?;
    Ok(shown)
}

fn row(change: Change, key: Option<&str>) -> [String; 6] {
    let is_wanted = |of: &Name| {
        key.is_some_and(|key| names(of.environment_id.as_deref(), &of.resource_key, key))
    };
    let what = described(&ChangeSummary::from(&change.kind), change.reverts, &is_wanted);
    [
        change.revision.to_string(),
        moment(change.time),
        change.project.to_string(),
        change.actor.unwrap_or_else(|| "-".to_owned()),
        what,
        change.comment.unwrap_or_default(),
    ]
}

/// Whether a text is the name of a resource.
fn names(environment: Option<&str>, key: &str, text: &str) -> bool {
    match (environment, text.split_once('/')) {
        (Some(environment), Some(named)) => (environment, key) == named,
        _ => key == text,
    }
}

impl Only {
    fn admits(&self, change: &Change) -> bool {
        let Self { project, view, key, actor } = self;
        let is_actor = |actor: &String| change.actor.as_ref() == Some(actor);
        project.as_ref().is_none_or(|project| change.project == *project)
            && actor.as_ref().is_none_or(is_actor)
            && view.as_ref().is_none_or(|view| is_of_view(&change.kind, view))
            && key.as_ref().is_none_or(|key| names_resource(&change.kind, key))
    }
}

fn is_of_view(kind: &ChangeKind, wanted: &ViewKey) -> bool {
    match kind {
        ChangeKind::ViewCreated { view, .. }
        | ChangeKind::ViewUpdated { view, .. }
        | ChangeKind::ViewDeleted { view, .. }
        | ChangeKind::Followed { view, .. }
        | ChangeKind::Unfollowed { view, .. }
        | ChangeKind::LinksChanged { view, .. } => view == wanted,
        ChangeKind::ViewRenamed { view, to } => view == wanted || to == wanted,
        ChangeKind::ManyLinksChanged { parts } => parts.iter().any(|part| part.view == *wanted),
        ChangeKind::Steps { steps } => steps.iter().any(|step| is_of_view(step, wanted)),
        _ => false,
    }
}

fn names_resource(kind: &ChangeKind, key: &str) -> bool {
    let is = |resource: &viewlink::Resource| {
        let of = resource.as_raw();
        names(of.environment(), of.key(), key)
    };
    match kind {
        ChangeKind::LinksChanged { linked, unlinked, holds, .. } => {
            linked.iter().chain(unlinked).chain(&holds.held).chain(&holds.released).any(is)
        }
        ChangeKind::ManyLinksChanged { parts } => parts.iter().any(|part| {
            let links = part.linked.iter().chain(&part.unlinked);
            links.chain(&part.holds.held).chain(&part.holds.released).any(is)
        }),
        ChangeKind::ResourcesPut { resources } => resources.iter().any(|put| is(&put.resource)),
        ChangeKind::ResourceRemoved { resource, .. } => is(resource),
        ChangeKind::ResourcesUnregistered { resources } => resources.iter().any(is),
        ChangeKind::Steps { steps } => steps.iter().any(|step| names_resource(step, key)),
        _ => false,
    }
}
