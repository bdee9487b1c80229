//! Figures of a store.

use clap::Args;
use serde::Serialize;
use viewlink::{KeySort, Paging, Snapshot, Store, TypeCounts, ViewSort, wire};

use crate::error::Result;
use crate::exit::Exit;
use crate::output::Output;
use crate::store::StoreArguments;
use crate::table::Table;

const HELP: &str = "\
Examples:
  viewlink stats views.viewlink
  viewlink stats views.viewlink --json | jq .links.flags";

/// Show how large a store is: tables, links, journal, free space
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct StatsArguments {
    #[command(flatten)]
    store: StoreArguments,
}

pub(crate) fn run(arguments: &StatsArguments, output: &mut Output) -> Result<Exit> {
    let store = arguments.store.open(output)?;
    let figures = Figures::read(&store)?;
    store.close()?;
    if output.is_json() {
        output.json(&figures)?;
    } else {
        figures.print(output)?;
    }
    Ok(Exit::Done)
}

/// The figures, for machines.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Figures {
    id: String,
    revision: u64,
    oldest_kept: u64,
    project_count: u64,
    view_count: u64,
    links: wire::Counts,
    resources: wire::Counts,
}

/// How many rows are read at once.
const PAGE: usize = 1_000;

impl Figures {
    /// Cost: O(projects + views), and O(tables) for their sizes.
    fn read(store: &Store) -> Result<Self> {
        let snapshot = store.snapshot()?;
        let (mut links, mut resources) = (TypeCounts::default(), TypeCounts::default());
        let (mut project_count, mut view_count) = (0, 0);
        let mut paging: Option<Paging<KeySort>> = Some(Paging::first(PAGE));
        while let Some(part) = paging.take() {
            let page = snapshot.projects(part)?;
            project_count = page.total;
            paging = page.next.clone().map(|cursor| Paging::after(cursor, PAGE));
            for project in page {
                view_count += project.views;
                resources += project.resources;
                links += links_of(&snapshot, project.key.as_str())?;
            }
        }
        Ok(Self {
            id: store.id(),
            revision: snapshot.revision(),
            oldest_kept: oldest_kept(&snapshot)?,
            project_count,
            view_count,
            links: (&links).into(),
            resources: (&resources).into(),
        })
    }

    fn print(&self, output: &mut Output) -> Result<()> {
        let mut table = Table::bare();
        let mut row = |name: &str, value: String| table.row([name.to_owned(), value]);
        row("store", self.id.clone());
        row("revision", self.revision.to_string());
        row("projects", self.project_count.to_string());
        row("views", self.view_count.to_string());
        table.print(output)
    }
}

/// The links of all views of a project. A view has their number, so no link is read.
fn links_of(snapshot: &Snapshot, project: &str) -> Result<TypeCounts> {
    let project = snapshot.project(project)?;
    let mut links = TypeCounts::default();
    let mut paging: Option<Paging<ViewSort>> = Some(Paging::first(PAGE));
    while let Some(part) = paging.take() {
        let page = project.views(part)?;
        paging = page.next.clone().map(|cursor| Paging::after(cursor, PAGE));
        page.into_iter().for_each(|view| links += view.links);
    }
    Ok(links)
}

/// The oldest change that the journal keeps; one more than the newest when it keeps none.
pub(super) fn oldest_kept(snapshot: &Snapshot) -> Result<u64> {
    match snapshot.changes(1) {
        Ok(_) => Ok(1),
        Err(viewlink::Error::JournalTrimmed { oldest, .. }) => Ok(oldest),
        Err(error) => Err(error.into()),
    }
}
