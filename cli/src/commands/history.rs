//! The changes of a view or resource.

use clap::Args;
use viewlink::wire::History;
use viewlink::{HistoryEntry, HistoryEvent, HistoryPage, HistoryPaging, ProjectSnapshot, ViewKey};

use crate::counted::counted;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::moment::moment;
use crate::output::Output;
use crate::resources::{ProjectArguments, TypeArguments};
use crate::store::{PastArguments, StoreArguments};
use crate::table::Table;

const HELP: &str = "\
Examples:
  viewlink history views.viewlink --view my-view
  viewlink history views.viewlink --key checkout-v2
  viewlink history views.viewlink --key production/beta-users --type segments --json

The list is read from the journal, so it ends with the oldest change that the journal keeps.";

/// List the changes of a view or resource, the newest first
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct HistoryArguments {
    #[command(flatten)]
    store: StoreArguments,

    /// The view
    #[arg(long, value_name = "VIEW", conflicts_with = "key")]
    view: Option<ViewKey>,

    /// The key of the resource
    #[arg(long, value_name = "KEY")]
    key: Option<String>,

    #[command(flatten)]
    project: ProjectArguments,

    #[command(flatten)]
    types: TypeArguments,

    /// List at most this many changes; default: 100, and all with --json
    #[arg(long, value_name = "CHANGES")]
    limit: Option<usize>,

    #[command(flatten)]
    past: PastArguments,
}

/// The number of changes that are read at once.
const PAGE: usize = 1_000;
/// The default number of changes in a table.
const TABLE_ROWS: usize = 100;
/// The largest number of events of a change that a table names.
const NAMED: usize = 4;

pub(crate) fn run(arguments: &HistoryArguments, output: &mut Output) -> Result<Exit> {
    let store = arguments.store.read(output)?;
    {
        let snapshot = arguments.past.snapshot(&store)?;
        let project = snapshot.project(arguments.project.key().as_str())?;
        let whole = if output.is_json() { usize::MAX } else { TABLE_ROWS };
        let (mut left, mut shown) = (arguments.limit.unwrap_or(whole), 0);
        let mut paging = HistoryPaging::newest(left.min(PAGE));
        let mut table = Table::new(["REVISION", "TIME", "ACTOR", "WHAT", "COMMENT"]);
        let oldest = loop {
            let page = arguments.page(&project, paging)?;
            show(&page, &mut table, output)?;
            (left, shown) = (left - page.entries.len(), shown + page.entries.len());
            match page.next {
                Some(next) if left > 0 => {
                    paging = HistoryPaging::newest(left.min(PAGE)).before(next)
                }
                _ => break page.oldest,
            }
        };
        output.flush()?;
        if !output.is_json() {
            let shown = counted(shown as u64, "change");
            output.note(format_args!("{shown}; the journal keeps revisions from {oldest} on"));
        }
    }
    store.close()?;
    Ok(Exit::Done)
}

impl HistoryArguments {
    fn page(&self, project: &ProjectSnapshot, paging: HistoryPaging) -> Result<HistoryPage> {
        match (&self.view, &self.key) {
            (Some(view), _) => Ok(project.view_history(view.as_str(), paging)?),
            (None, Some(key)) => Ok(project.resource_history(&self.types.resource(key)?, paging)?),
            (None, None) => Err(Error::Usage("name a view with --view or a resource with --key")),
        }
    }
}

fn show(page: &HistoryPage, table: &mut Table<5>, output: &mut Output) -> Result<()> {
    if output.is_json() {
        return History::new(page).items.iter().try_for_each(|entry| output.json(entry));
    }
    page.entries.iter().for_each(|entry| table.row(row(entry)));
    table.print(output)
}

fn row(entry: &HistoryEntry) -> [String; 5] {
    let mut what: Vec<String> =
        entry.events.iter().take(NAMED).map(HistoryEvent::to_string).collect();
    if let more @ 1.. = entry.events.len().saturating_sub(NAMED) {
        what.push(format!("and {more} more"));
    }
    let reverts = entry.reverts.map(|reverts| format!(" (reverts {reverts})"));
    [
        entry.revision.to_string(),
        moment(entry.time),
        entry.actor.clone().unwrap_or_default(),
        what.join(", ") + &reverts.unwrap_or_default(),
        entry.comment.clone().unwrap_or_default(),
    ]
}
